from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account
from wallets.models.wallet import Wallet


class OverageQuerySet(models.QuerySet["Overage"]):
    def open(self) -> Self:
        """Overage that is neither repaid, reversed nor on a final invoice."""
        return self.filter(is_open=True)


class Overage(MovedBySql):
    """What one item of a debit spent beyond grants. Moved by the functions in `wallets/sql` alone.

    Open is tokens - repaid - reversed - settled. settled: a final invoice carries it, and no credit note gives it back.
    cause_id: the debit. position: of the item in it.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    cause_id = models.UUIDField()
    position = models.SmallIntegerField()
    feature = models.CharField(max_length=128)
    tokens = TokensField()
    repaid = TokensField(default=Decimal(0))
    reversed = TokensField(default=Decimal(0))
    settled = TokensField(default=Decimal(0))
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = OverageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    tokens__gt=0,
                    repaid__gte=0,
                    reversed__gte=0,
                    settled__gte=0,
                    tokens__gte=F("repaid") + F("reversed") + F("settled"),
                ),
                name="overage_is_settled_once",
            ),
            models.CheckConstraint(
                condition=Q(is_open=Q(tokens__gt=F("repaid") + F("reversed") + F("settled"))),
                name="overage_is_open_until_settled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "wallet", "id"],
                condition=Q(is_open=True),
                name="overage_open_oldest_first",
            ),
            models.Index(fields=["cause_id"], name="overage_of_a_debit"),
            models.Index(fields=["wallet"], name="overage_of_a_wallet"),
        ]

    def __str__(self) -> str:
        return f"overage of {self.tokens.normalize():f}"
