"""Revenue: what a job reckoned from the ledger and from what was paid. Reckoned again, it comes to the same."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from billing.models.sale import GrantRepricing
from billing.rules.recognition import Standing, Sums
from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from pricing.models import Product
from wallets.models import Account

NOTHING = Decimal(0)


class LedgerReading(models.Model):
    """Up to which entry of a wallet, and which change of money, revenue is reckoned.

    Numbers have no gaps, so none is passed over. last_repricing: none was read where it is null.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    wallet_id = models.UUIDField()
    last_number = models.BigIntegerField()
    last_repricing = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "wallet_id"], name="wallet_is_read_for_revenue_once")
        ]

    def __str__(self) -> str:
        return f"read to {self.last_number}"


class GrantRevenue(models.Model):
    """One grant: what was paid for it, and where its tokens and that sum are now.

    paid: by a sale and its later changes, or what a transfer brought with the tokens; in `currency`, to its smallest
    amount. repricing: the last such change. tokens: at its making; spent, expired, voided and moved away are of these.
    expired: lapsed ones too, that came back to a grant that was voided. deferred: owed in tokens still.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    grant_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)
    places = models.SmallIntegerField()
    tokens = TokensField()
    spent = TokensField(default=NOTHING)
    expired = TokensField(default=NOTHING)
    voided = TokensField(default=NOTHING)
    moved = TokensField(default=NOTHING)
    paid = MoneyField(default=NOTHING)
    recognised = MoneyField(default=NOTHING)
    breakage = MoneyField(default=NOTHING)
    refunded = MoneyField(default=NOTHING)
    transferred = MoneyField(default=NOTHING)
    deferred = MoneyField(default=NOTHING)
    made_at = models.DateTimeField()
    repricing = models.ForeignKey(
        GrantRepricing,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = "grant's revenue"
        verbose_name_plural = "revenue by grant"
        constraints = [
            models.UniqueConstraint(fields=["account", "grant_id"], name="grant_has_one_revenue"),
            models.CheckConstraint(
                condition=Q(
                    paid=F("recognised") + F("breakage") + F("refunded") + F("transferred") + F("deferred")
                ),
                name="what_was_paid_is_all_accounted_for",
                violation_error_message="Revenue, deferred, breakage, refunded and moved on make what was paid.",
            ),
            models.CheckConstraint(
                condition=Q(
                    paid__gte=0,
                    recognised__gte=0,
                    breakage__gte=0,
                    refunded__gte=0,
                    transferred__gte=0,
                    deferred__gte=0,
                ),
                name="no_sum_of_a_grant_is_below_zero",
            ),
        ]
        indexes = [models.Index(fields=["grant_id"], name="revenue_of_a_grant")]

    def __str__(self) -> str:
        return f"{self.paid.normalize():f} {self.currency}"

    @property
    def standing(self) -> Standing:
        """By its row, read with its `repricing`."""
        return Standing(
            paid=self.paid,
            tokens=self.tokens,
            places=self.places,
            spent=self.spent,
            expired=self.expired,
            voided=self.voided,
            moved=self.moved,
            refunded=self.refunded,
            transferred=self.transferred,
            repriced=self.repricing.repriced if self.repricing else None,
        )

    @property
    def sums(self) -> Sums:
        """As they are stored."""
        return Sums(self.recognised, self.breakage, self.refunded, self.transferred, self.deferred)


class _Moved(models.Model):
    """What a month moved. Sums are signed: a reversal lowers what a month recognised.

    month: its first day in UTC, of the entries' `recorded_at`. product: whose usage spent; none for what no usage did.
    paid: by sales. received, transferred: with tokens that came from another account or went to one.
    """

    month = models.DateField()
    currency = models.CharField(max_length=3)
    product = models.ForeignKey(
        Product, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    paid = MoneyField(default=NOTHING)
    received = MoneyField(default=NOTHING)
    recognised = MoneyField(default=NOTHING)
    breakage = MoneyField(default=NOTHING)
    refunded = MoneyField(default=NOTHING)
    transferred = MoneyField(default=NOTHING)

    class Meta:
        abstract = True

    @property
    def deferred(self) -> Decimal:
        """By how much more is owed in tokens after the month than before it."""
        came: Decimal = self.paid + self.received
        went: Decimal = self.recognised + self.breakage + self.refunded + self.transferred
        return came - went


class GrantMonth(_Moved):
    """What a month moved of one grant for one product, in money and in tokens."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    grant_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    spent = TokensField(default=NOTHING)
    expired = TokensField(default=NOTHING)
    voided = TokensField(default=NOTHING)
    moved = TokensField(default=NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "grant_id", "month", "product"],
                nulls_distinct=False,
                name="month_of_a_grant_is_one_row_a_product",
            )
        ]
        indexes = [models.Index(fields=["month", "currency", "id"], name="grants_of_a_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} of {self.grant_id}"


class RevenueMonth(_Moved):
    """What a month moved of all grants of one currency for one product: the sum of its `GrantMonth` rows."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "currency", "product"],
                nulls_distinct=False,
                name="month_is_one_row_a_currency_and_product",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} in {self.currency}"


class UnpaidMonth(models.Model):
    """Tokens that a month spent and nobody paid: those of free grants, by kind, and overage.

    currency: of `cost`; the row without one carries the tokens. uncosted: of these, tokens whose cost nobody knows.
    """

    OVERAGE = "overage"

    month = models.DateField()
    product = models.ForeignKey(
        Product, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10)
    currency = models.CharField(max_length=3, default="")
    tokens = TokensField(default=NOTHING)
    uncosted = TokensField(default=NOTHING)
    cost = MoneyField(default=NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "product", "kind", "currency"],
                nulls_distinct=False,
                name="unpaid_month_is_one_row_a_product_kind_and_currency",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.kind}"
