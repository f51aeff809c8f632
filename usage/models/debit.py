from datetime import timedelta
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.lookups import GreaterThan

from config.kernel.fields import MoneyField, QuantityField, TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Feature, Product, Rate, RateTable, Version
from usage.models.api_key import ApiKey
from usage.models.tier_count import TierCount
from wallets.models import Account, TokenUnit, Wallet


class Debit(MovedBySql):
    """One charge: what was asked, what it came to, and the balance it left. Written once by `usage/sql`.

    key: the idempotency key that claimed it; the claim itself stands in `Claim`.
    The rows that all accounts share (product, API key, table, version, unit) are named without foreign keys.
    """

    class Outcome(models.TextChoices):
        CHARGED = "charged"
        COVERED = "covered"
        OVERAGE = "overage"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="debits", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=255)
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    table = models.ForeignKey(
        RateTable, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(
        Version, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    unit = models.ForeignKey(
        TokenUnit, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    epoch = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    tokens = TokensField(checked=False)
    overage = TokensField(checked=False)
    available_after = TokensField(checked=False)
    held_after = TokensField(checked=False)
    overage_after = TokensField(checked=False)
    notices = ArrayField(models.CharField(max_length=100), default=list)
    subject = models.JSONField(null=True)
    metadata = models.JSONField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "recorded_at"], name="debit_of_an_account"),
            BrinIndex(fields=["recorded_at"], pages_per_range=32, name="debit_by_its_time"),
            models.Index(
                fields=["occurred_at"],
                condition=Q(GreaterThan(F("recorded_at") - F("occurred_at"), Value(timedelta(minutes=15)))),
                name="debit_that_came_late",
            ),
        ]

    def __str__(self) -> str:
        return f"debit of {self.tokens.normalize():f}"


class DebitLine(MovedBySql):
    """One item of a debit, priced by one rate and rounded once.

    counted: units that the month had charged before, where tiers count them; counter: what counted them.
    formula_price, formula_per: what a formula came to, as tokens for so many units.
    override_id: what priced the line for this account otherwise than its table.
    cost, cost_currency: what the caller said that the whole line cost; none where it said nothing of it.
    """

    pk = models.CompositePrimaryKey("debit", "account", "position")
    debit = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.SmallIntegerField()
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    quantity = QuantityField(checked=False)
    covered_quantity = QuantityField(checked=False, default=Decimal(0))
    tokens = TokensField(checked=False)
    rate = models.ForeignKey(
        Rate, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    dimensions = models.JSONField(default=dict)
    counted = QuantityField(checked=False, null=True)
    counter = models.ForeignKey(
        TierCount, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    formula_price = models.DecimalField(max_digits=1000, decimal_places=0, null=True)
    formula_per = models.DecimalField(max_digits=1000, decimal_places=0, null=True)
    override_id = models.UUIDField(null=True)
    cost = MoneyField(checked=False, null=True)
    cost_currency = models.CharField(max_length=3, null=True)

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} for {self.tokens.normalize():f}"
