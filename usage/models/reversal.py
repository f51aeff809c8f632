from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Product
from usage.models.debit import Debit
from wallets.models import Account


class Reversal(MovedBySql):
    """Tokens of a debit given back. Written once by `usage/sql`; restored + lapsed + overage = tokens.

    is_whole: all that was left was asked back, and with it allowance and tier units.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    debit = models.ForeignKey(Debit, on_delete=models.PROTECT, related_name="reversals", db_constraint=False)
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    tokens = TokensField()
    restored = TokensField()
    lapsed = TokensField()
    overage = TokensField()
    is_whole = models.BooleanField()
    reason = models.TextField(default="")
    available_after = TokensField()
    held_after = TokensField()
    overage_after = TokensField()
    recorded_by = models.CharField(max_length=150, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens=F("restored") + F("lapsed") + F("overage")),
                name="reversal_is_all_accounted_for",
            ),
            models.CheckConstraint(
                condition=Q(restored__gte=0, lapsed__gte=0, overage__gte=0), name="reversal_is_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(tokens__gt=0) | Q(is_whole=True), name="reversal_of_nothing_is_whole"
            ),
        ]
        indexes = [BrinIndex(fields=["recorded_at"], pages_per_range=32, name="reversal_by_its_time")]

    def __str__(self) -> str:
        return f"reversal of {self.tokens.normalize():f}"


class ReversalLine(MovedBySql):
    """What a reversal took off one line of its debit."""

    pk = models.CompositePrimaryKey("reversal", "account", "position")
    reversal = models.ForeignKey(
        Reversal, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.SmallIntegerField()
    tokens = TokensField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tokens__gt=0), name="reversal_line_is_of_something")
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f} off line {self.position}"
