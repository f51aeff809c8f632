from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from billing.models.order import Order
from billing.rules.top_ups import MOST_PACKS
from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account, TokenUnit

MOST_A_WINDOW = 1000
MOST_REFUSALS = 100


class TopUpRule(models.Model):
    """When an account buys packs by itself, one rule a token unit. A person or a program sets it, each time as a whole.

    threshold, fill_to: tokens available at or below which packs are bought, and up to which.
    most: purchases in a window. most_packs: of one purchase. most_amount: money of a window, in `currency`.
    needs_payment: what is bought waits until somebody confirms that it is paid.
    breaks_after: so many refusals in a row switch it off. is_broken: they did; only a person switches it on again.
    revision: rises with each change, and names the row of the history.
    """

    class Window(models.TextChoices):
        DAY = "day", "a day"
        WEEK = "week", "a week"
        MONTH = "month", "a month"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="top_up_rules", db_index=False, db_constraint=False
    )
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    threshold = TokensField()
    fill_to = TokensField()
    sku = models.CharField(max_length=128)
    most = models.PositiveIntegerField()
    window = models.CharField(max_length=5, choices=Window.choices)
    most_packs = models.PositiveIntegerField(null=True)
    most_amount = MoneyField(null=True)
    currency = models.CharField(max_length=3, default="", blank=True)
    needs_payment = models.BooleanField(default=False)
    breaks_after = models.PositiveSmallIntegerField(default=3)
    is_on = models.BooleanField(default=True)
    is_broken = models.BooleanField(default=False)
    set_by = models.CharField(max_length=150)
    reason = models.TextField(default="")
    set_at = models.DateTimeField()
    switched_at = models.DateTimeField()
    revision = models.PositiveIntegerField()

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["account", "unit"]
        verbose_name = "top-up rule"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "unit"],
                name="top_up_has_one_rule_a_unit",
                violation_error_message="The account has a rule for these tokens already.",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=0, fill_to__gt=F("threshold")),
                name="top_up_fills_beyond_its_threshold",
                violation_error_message="Packs are bought until more is there than the threshold.",
            ),
            models.CheckConstraint(
                condition=Q(most__range=(1, MOST_A_WINDOW)),
                name="top_up_is_limited_a_window",
                violation_error_message="A rule buys 1 to 1,000 times a window.",
            ),
            models.CheckConstraint(
                condition=Q(window__in=["day", "week", "month"]), name="top_up_window_is_known"
            ),
            models.CheckConstraint(
                condition=Q(most_packs=None) | Q(most_packs__range=(1, MOST_PACKS)),
                name="top_up_buys_a_pack_or_more",
                violation_error_message="A rule buys 1 to 1,000,000 packs at once.",
            ),
            models.CheckConstraint(
                condition=Q(most_amount=None, currency="")
                | Q(most_amount__gt=0, currency__regex=r"^[A-Z]{3}$"),
                name="top_up_spends_money_of_a_currency",
                violation_error_message="The money of a window is more than zero, in a currency.",
            ),
            models.CheckConstraint(
                condition=Q(breaks_after__range=(1, MOST_REFUSALS)),
                name="top_up_breaks_after_a_refusal_or_more",
                violation_error_message="A rule is switched off after 1 to 100 refusals in a row.",
            ),
            models.CheckConstraint(
                condition=Q(is_on=False) | Q(is_broken=False), name="top_up_that_broke_is_off"
            ),
        ]

    def __str__(self) -> str:
        return f"top-up with {self.sku}"


class TopUpQuerySet(models.QuerySet["TopUp"]):
    def counted(self) -> Self:
        """What takes one of the purchases of its window: bought, or waiting for its payment."""
        return self.filter(state__in=[TopUp.State.PENDING, TopUp.State.BOUGHT])

    def pending(self) -> Self:
        """What waits until somebody confirms that it is paid."""
        return self.filter(state=TopUp.State.PENDING)


class TopUp(models.Model):
    """One purchase that a rule made or tried to make. What it was judged by stands beside it.

    window_start: the first day of the window, by the account's time zone. number: its place among what was bought in
    that window; the database takes each once and none beyond `most`.
    available, overage: tokens, as they stood when it was made. tokens, amount: of all its packs.
    spent: money of the window up to and with this one, held below `most_amount`.
    reason: why it was refused or cancelled. settled_at, settled_by: when it was bought or refused, and by whom.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waits for payment"
        BOUGHT = "bought", "Bought"
        REFUSED = "refused", "Refused"
        CANCELLED = "cancelled", "Cancelled"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="top_ups", db_constraint=False
    )
    rule = models.ForeignKey(
        TopUpRule, on_delete=models.PROTECT, related_name="top_ups", db_index=False, db_constraint=False
    )
    revision = models.PositiveIntegerField()
    window = models.CharField(max_length=5, choices=TopUpRule.Window.choices)
    window_start = models.DateField()
    number = models.PositiveIntegerField()
    most = models.PositiveIntegerField()
    most_amount = MoneyField(null=True)
    reached_at = models.DateTimeField()
    available = TokensField()
    overage = TokensField()
    threshold = TokensField()
    fill_to = TokensField()
    sku = models.CharField(max_length=128)
    quantity = models.PositiveIntegerField()
    tokens = TokensField()
    amount = MoneyField()
    spent = MoneyField()
    currency = models.CharField(max_length=3, default="")
    needs_payment = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State.choices)
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        related_name="top_ups",
        db_index=False,
        db_constraint=False,
    )
    reason = models.TextField(default="")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=150, default="")

    objects = TopUpQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "top-up"
        indexes = [
            models.Index(fields=["rule", "-id"], name="top_up_of_a_rule"),
            models.Index(fields=["settled_at"], condition=Q(state="refused"), name="top_up_refused_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "rule", "window", "window_start", "number"],
                condition=Q(state__in=["pending", "bought"]),
                name="top_up_is_numbered_once_a_window",
            ),
            models.UniqueConstraint(
                fields=["account", "rule"], condition=Q(state="pending"), name="top_up_waits_alone"
            ),
            models.UniqueConstraint(fields=["account", "order"], name="top_up_has_an_order_of_its_own"),
            models.CheckConstraint(
                condition=Q(number__gte=1)
                & (Q(number__lte=F("most")) | Q(state__in=["refused", "cancelled"])),
                name="top_up_is_within_its_window",
            ),
            models.CheckConstraint(
                condition=Q(most_amount=None)
                | Q(spent__lte=F("most_amount"))
                | Q(state__in=["refused", "cancelled"]),
                name="top_up_is_within_its_money",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") | Q(quantity__gte=1, tokens__gt=0), name="top_up_buys_something"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="top_up_costs_nothing_or_more"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "bought", "refused", "cancelled"]),
                name="top_up_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="bought", order__isnull=False) | (~Q(state="bought") & Q(order=None)),
                name="top_up_that_is_bought_has_its_order",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", settled_at=None)
                | (~Q(state="pending") & Q(settled_at__isnull=False)),
                name="top_up_is_settled_at_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "bought"]) | ~Q(reason=""),
                name="top_up_refusal_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def external_id(self) -> str:
        """The name of its order."""
        return f"top-up-{self.pk}"
