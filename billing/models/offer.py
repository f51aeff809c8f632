from typing import Any, Self

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from billing.models.trial_offer import TrialOffer
from billing.rules.buyer_roles import MOST_PACKS
from config.kernel.fields import MoneyField, TokensField

CODE = r"^[!-~]+$"


class OfferQuerySet(models.QuerySet["Offer"]):
    def on_sale(self) -> Self:
        """What new lines of orders may name."""
        return self.filter(is_sold=True)

    def packs_for_buyers(self) -> Self:
        """Packs that the people of accounts may order by themselves."""
        return self.on_sale().filter(kind="pack", is_for_buyers=True)

    def with_parts(self) -> Self:
        """Offers with all that they give."""
        return self.prefetch_related("tokens__unit", "seats", "allowances", "access")


class Offer(models.Model):
    """One thing that is sold under a code of its own: a pack of tokens, a plan, seats. Its parts say what it gives.

    list_price: of one, in `currency`; of one period, where it has periods. An order keeps what the offer meant when
    its line was ordered, so an edit touches new lines only.
    rate_table: the table by which an account pays while it has this. policy: as `billing.rules.offers` spells it.
    entitlements: what an account may use while it has this; empty says nothing.
    trial: what is issued beside it, once a line of an order.
    is_for_buyers: whether people of accounts see the pack and may order it by themselves, where they may order any.
    buyers_budget_most, buyers_packs_most: what the people of an account that has it may do, as `BuyerRule` says it for
    one account; none says nothing. They hold as they are now, not as they were when a line was ordered.
    """

    class Kind(models.TextChoices):
        PACK = "pack", "Pack"
        PLAN = "plan", "Plan"
        SEATS = "seats", "Seats"

    class Period(models.TextChoices):
        ONCE = "", "Once"
        MONTH = "month", "Each month"
        YEAR = "year", "Each year"

    class Entitlements(models.TextChoices):
        UNSAID = "", "As the account has it"
        PORTFOLIO = "portfolio", "The whole portfolio"
        BOUGHT = "bought", "Only what was bought"

    code = models.CharField(
        "SKU",
        max_length=128,
        unique=True,
        help_text="What orders name it by; it lasts. Letters, digits, signs.",
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.PACK)
    period = models.CharField(
        max_length=5, choices=Period.choices, blank=True, default="", help_text="How often it is paid for."
    )
    list_price = MoneyField(help_text="Of one; of one period where it is paid for each month or year.")
    currency = models.CharField(max_length=3, help_text="ISO 4217, such as EUR.")
    is_sold = models.BooleanField(
        "on sale", default=True, help_text="Off: no new line of an order may name it."
    )
    rate_table = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="The price list of accounts that have it, by its code.",
    )
    policy = models.JSONField(null=True, blank=True)
    trial = models.ForeignKey(
        TrialOffer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="gives the trial",
        help_text="Trial tokens that come with a line of an order once, by the trial offer's own rules.",
    )
    is_for_buyers = models.BooleanField(
        "buyers order it themselves",
        default=True,
        db_default=True,
        help_text="Off: the pack is not shown on the customers' own pages; you alone sell it.",
    )
    buyers_budget_most = TokensField(
        "largest budget of theirs",
        null=True,
        blank=True,
        help_text="Tokens a period that people of an account which has this may set by themselves; empty says nothing.",
    )
    buyers_packs_most = models.PositiveIntegerField(
        "packs of theirs in thirty days",
        null=True,
        blank=True,
        help_text="How many packs people of an account which has this may order by themselves; empty says nothing.",
    )
    entitlements = models.CharField(max_length=9, choices=Entitlements.choices, blank=True, default="")

    objects = OfferQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE),
                name="offer_code_is_visible",
                violation_error_message="A SKU is made of letters, digits and signs, without blanks.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["pack", "plan", "seats"]), name="offer_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(period__in=["", "month", "year"]), name="offer_period_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind="pack") | Q(period=""),
                name="offer_of_a_pack_is_paid_once",
                violation_error_message="A pack is paid for once; what is paid for each month or year is a plan.",
            ),
            models.CheckConstraint(
                condition=Q(list_price__gte=0),
                name="offer_costs_nothing_or_more",
                violation_error_message="A price is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="offer_is_in_a_currency",
                violation_error_message="A currency is three capital letters, such as EUR.",
            ),
            models.CheckConstraint(
                condition=Q(entitlements__in=["", "portfolio", "bought"]), name="offer_entitlements_are_known"
            ),
            models.CheckConstraint(
                condition=Q(buyers_budget_most=None) | Q(buyers_budget_most__gt=0),
                name="offer_lets_buyers_set_a_budget_of_something",
                violation_error_message="The largest budget is above zero; empty says nothing.",
            ),
            models.CheckConstraint(
                condition=Q(buyers_packs_most=None) | Q(buyers_packs_most__lte=MOST_PACKS),
                name="offer_lets_buyers_order_so_many_packs_at_most",
                violation_error_message=f"At most {MOST_PACKS} packs in thirty days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
