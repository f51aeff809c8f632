from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account
from wallets.models.grant import Grant
from wallets.models.wallet import Wallet


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> Self:
        """Holds that nothing has settled; those past their end are among them until the wallet is settled."""
        return self.filter(state=Hold.State.HELD)


class Hold(MovedBySql):
    """Tokens of named grants, and room for overage, kept for one piece of work. Moved by `wallets/sql` alone.

    tokens: of grants, as pinned when it was made; held: what of them it still keeps.
    overage, overage_held: the same of the room that its policy gives. expires_at: from when on it keeps nothing.
    ended_at: when it was settled, or its end was booked.
    """

    class State(models.TextChoices):
        HELD = "held"
        CAPTURED = "captured"
        RELEASED = "released"
        EXPIRED = "expired"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="holds", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="holds", db_index=False, db_constraint=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    tokens = TokensField()
    held = TokensField()
    overage = TokensField(default=Decimal(0))
    overage_held = TokensField(default=Decimal(0))
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="held", ended_at=None)
                | Q(
                    state__in=["captured", "released", "expired"],
                    ended_at__isnull=False,
                    held=0,
                    overage_held=0,
                ),
                name="hold_keeps_nothing_once_it_ended",
                violation_error_message="A hold that has ended keeps nothing.",
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0, held__lte=F("tokens"))
                & Q(overage_held__gte=0, overage_held__lte=F("overage")),
                name="hold_keeps_no_more_than_was_pinned",
                violation_error_message="A hold keeps no more than it pinned.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "wallet", "expires_at"], condition=Q(state="held"), name="hold_open_ones"
            ),
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="hold_to_expire"),
            models.Index(fields=["account", "wallet", "created_at"], name="hold_of_a_wallet"),
        ]

    def __str__(self) -> str:
        return f"hold of {(self.tokens + self.overage).normalize():f}"


class Pin(MovedBySql):
    """What a hold keeps of one grant: tokens = captured + released + held.

    position: in the order of drawing. released: given back, by whatever way the hold ended.
    """

    pk = models.CompositePrimaryKey("hold", "account", "grant")
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, related_name="pins", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, related_name="pins", db_index=False, db_constraint=False
    )
    position = models.SmallIntegerField()
    tokens = TokensField()
    held = TokensField()
    captured = TokensField(default=Decimal(0))
    released = TokensField(default=Decimal(0))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens=F("captured") + F("released") + F("held"))
                & Q(tokens__gt=0, held__gte=0, captured__gte=0, released__gte=0),
                name="pin_is_all_accounted_for",
                violation_error_message="What a hold pinned was captured, released, or is still held.",
            ),
        ]
        indexes = [models.Index(fields=["grant"], condition=Q(held__gt=0), name="pin_of_a_grant")]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f} pinned"


class HoldEntry(MovedBySql):
    """One change of what is held: written once and never changed, so that any past instant can be told.

    grant, tokens: what of which grant; a row without a grant is of the room for overage, or of the end alone.
    expires_at: the end that holds from then on, of a hold made or extended. cause_id: the hold, or the debit of a
    capture. after_number: of the wallet's last ledger entry before it.
    """

    class Kind(models.TextChoices):
        MADE = "made"
        CAPTURED = "captured"
        RELEASED = "released"
        EXPIRED = "expired"
        EXTENDED = "extended"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    grant = models.ForeignKey(
        Grant, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    tokens = TokensField()
    expires_at = models.DateTimeField(null=True)
    cause_id = models.UUIDField()
    after_number = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "hold entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["made", "extended"], grant=None, expires_at__isnull=False)
                | Q(kind="made", grant__isnull=False, expires_at=None)
                | Q(kind__in=["captured", "released", "expired"], expires_at=None),
                name="hold_entry_tells_the_end_once",
                violation_error_message="The making and the extension of a hold tell its end, and nothing else does.",
            ),
            models.CheckConstraint(
                condition=Q(tokens__gt=0) | Q(tokens=0, grant=None, kind__in=["made", "extended", "expired"]),
                name="hold_entry_changes_something",
                violation_error_message="What is held changes by a positive number of tokens.",
            ),
        ]
        indexes = [
            models.Index(fields=["hold", "id"], name="hold_entry_of_a_hold"),
            models.Index(fields=["wallet", "recorded_at"], name="hold_entry_by_its_time"),
            models.Index(fields=["id"], condition=Q(kind="expired"), name="hold_entry_of_an_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.tokens.normalize():f}"
