from django.db import models
from django.db.models import F, Q

from billing.rules.recognition import Repriced
from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class GrantSale(models.Model):
    """What a customer pays for a grant as a whole, where it came by a sale. Written once, beside the grant.

    A grant's `unit_cost` is this by its tokens, cut to 12 decimals; this is exact. paid, list_price: in `currency`,
    after and before what was taken off.
    """

    grant_id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    paid = MoneyField()
    list_price = MoneyField()
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(paid__gte=0, list_price__gte=0),
                name="sale_is_for_nothing_or_more",
                violation_error_message="What is paid for tokens is zero or more.",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="sale_is_in_a_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.paid.normalize():f} {self.currency}"


class GrantRepricing(models.Model):
    """A version of an order changed what is paid for a grant, and no token moved. Written once, a dated fact.

    after_number: of the wallet's last ledger entry before it. spent, remaining: the grant's tokens then. The sums say
    where the money stands from then on, in the currency of its sale, to the smallest amount; together they are `paid`.
    lost: is earned without tokens that carry it: they were taken back, and what they cost is not given back.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    wallet_id = models.UUIDField()
    grant_id = models.UUIDField()
    after_number = models.BigIntegerField()
    version = models.BigIntegerField()
    spent = TokensField()
    remaining = TokensField()
    paid = MoneyField()
    recognised = MoneyField()
    deferred = MoneyField()
    lost = MoneyField()
    refunded = MoneyField()
    transferred = MoneyField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    paid=F("recognised") + F("deferred") + F("lost") + F("refunded") + F("transferred")
                ),
                name="repricing_accounts_for_what_is_paid",
                violation_error_message="Earned, owed, lost, refunded and moved on make what is paid.",
            ),
            models.CheckConstraint(
                condition=Q(
                    spent__gte=0,
                    remaining__gte=0,
                    recognised__gte=0,
                    deferred__gte=0,
                    lost__gte=0,
                    refunded__gte=0,
                    transferred__gte=0,
                ),
                name="repricing_leaves_no_sum_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(deferred=0) | Q(remaining__gt=0), name="repricing_owes_in_tokens_that_are_left"
            ),
            models.CheckConstraint(
                condition=Q(recognised=0) | Q(spent__gt=0), name="repricing_earns_by_tokens_that_are_spent"
            ),
        ]
        indexes = [
            models.Index(fields=["grant_id", "id"], name="repricing_of_a_grant"),
            models.Index(fields=["wallet_id", "id"], name="repricing_of_a_wallet"),
        ]

    def __str__(self) -> str:
        return f"{self.paid.normalize():f}"

    @property
    def repriced(self) -> Repriced:
        return Repriced(
            paid=self.paid,
            spent=self.spent,
            remaining=self.remaining,
            recognised=self.recognised,
            deferred=self.deferred,
            lost=self.lost,
            refunded=self.refunded,
            transferred=self.transferred,
        )
