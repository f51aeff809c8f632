from datetime import datetime
from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account
from wallets.models.grant import Grant
from wallets.models.overage import Overage
from wallets.models.wallet import Wallet


class EntryQuerySet(models.QuerySet["Entry"]):
    def recorded_by(self, moment: datetime) -> Self:
        """Entries that stood in the ledger at `moment`."""
        return self.filter(recorded_at__lte=moment)

    def newest_first(self) -> Self:
        """As a ledger is read."""
        return self.order_by("-number")


class Entry(MovedBySql):
    """One movement of tokens: a line of the ledger, written once and never changed.

    amount: positive; the kind says which way it goes. number: gapless within the wallet.
    cause: the debit, reversal, grant, void, taking back, transfer, hold, invoice or sweep that moved them.
    corrects: the entry that this one gives back. floor: what a draw or an overage was judged by.
    The trigger of `wallets_shapes_v1` holds that balances follow from the kind and that overage never passes the floor.
    """

    class Kind(models.TextChoices):
        GRANT = "grant"
        TRANSFER_IN = "transfer_in"
        TRANSFER_OUT = "transfer_out"
        DRAW = "draw"
        LATE_DRAW = "late_draw"
        LATE_HOLD = "late_hold"
        OVERAGE = "overage"
        REPAY = "repay"
        EXPIRE = "expire"
        VOID = "void"
        RESTORE = "restore"
        OVERAGE_REVERSAL = "overage_reversal"
        SETTLE = "settle"
        CREDIT = "credit"

    class Cause(models.TextChoices):
        GRANT = "grant"
        DEBIT = "debit"
        REVERSAL = "reversal"
        TRANSFER = "transfer"
        VOID = "void"
        TAKE_BACK = "take_back"
        EXPIRY = "expiry"
        HOLD = "hold"
        INVOICE = "invoice"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    number = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount = TokensField(checked=False)
    balance_before = TokensField(checked=False)
    balance_after = TokensField(checked=False)
    overage_after = TokensField(checked=False)
    floor = TokensField(checked=False, null=True)
    grant = models.ForeignKey(
        Grant,
        null=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    overage = models.ForeignKey(
        Overage,
        null=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    cause_kind = models.CharField(max_length=10, choices=Cause.choices)
    cause_id = models.UUIDField()
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    recorded_at = models.DateTimeField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "wallet", "number"], name="entry_numbers_never_repeat"
            ),
        ]
        indexes = [
            models.Index(fields=["grant"], name="entry_of_a_grant"),
            models.Index(fields=["cause_id"], name="entry_of_a_cause"),
            models.Index(fields=["overage"], condition=Q(overage__isnull=False), name="entry_of_an_overage"),
            models.Index(
                fields=["corrects"], condition=Q(corrects__isnull=False), name="entry_correcting_another"
            ),
            models.Index(fields=["id"], condition=Q(kind="expire"), name="entry_of_an_expiry"),
            models.Index(fields=["id"], condition=Q(kind="credit"), name="entry_of_a_credit"),
            BrinIndex(fields=["recorded_at"], pages_per_range=32, name="entry_by_its_time"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.amount.normalize():f}"
