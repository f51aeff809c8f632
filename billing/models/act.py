"""What people hand out and take back at the desk, and when another person has to agree."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from billing.rules.hand_acts import ActLimit
from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class ActKind(models.TextChoices):
    GRANT = "grant", "Grants: bought, included and promotional tokens"
    ADJUSTMENT = "adjustment", "Adjustments"
    VOID = "void", "Taking back, which refunds what was paid"
    REVERSAL = "reversal", "Reversals of debits"
    EXPIRY = "expiry", "Moved expiries"
    ORDER = "order", "Orders placed by hand"
    CANCEL = "cancel", "Orders cancelled by hand"


OF_ORDERS = ("order", "cancel")


class ActRuleQuerySet(models.QuerySet["ActRule"]):
    def active(self) -> Self:
        """Rules that are asked before something is done at the desk."""
        return self.filter(is_active=True)


class ActRule(models.Model):
    """When a hand-made act needs a second person. Without rules none does.

    limit: tokens of one unit that a person may move by such acts within 24 hours alone. money: of orders, their list
    price in `currency`. With neither: a second person, always.
    """

    kind = models.CharField("for", max_length=10, choices=ActKind.choices)
    limit = TokensField(
        "tokens a day",
        null=True,
        blank=True,
        help_text="What one person may hand out or take back alone within 24 hours, of each token unit. "
        "Empty: a second person is needed always, or beyond the list price.",
    )
    money = MoneyField(
        "list price a day",
        null=True,
        blank=True,
        help_text="Of orders alone: the list price of what one person may place or cancel alone within 24 hours.",
    )
    currency = models.CharField(
        max_length=3, blank=True, default="", help_text="Of the list price, such as EUR."
    )
    is_active = models.BooleanField("active", default=True)

    objects = ActRuleQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        verbose_name = "rule for acts by hand"
        verbose_name_plural = "rules for acts by hand"
        ordering = ["kind", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(limit=None) | Q(limit__gte=0),
                name="act_limit_is_not_negative",
                violation_error_message="A limit is zero or more tokens.",
            ),
            models.CheckConstraint(condition=Q(kind__in=ActKind.values), name="act_rule_is_for_a_known_kind"),
            models.CheckConstraint(
                condition=Q(money=None, currency="")
                | Q(money__gte=0, currency__regex=r"^[A-Z]{3}$", kind__in=OF_ORDERS),
                name="act_money_is_of_orders",
                violation_error_message="A list price is of orders, zero or more, in a currency such as EUR.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.allows.title}"

    @property
    def allows(self) -> ActLimit:
        """The rule as the rules of acts know it."""
        return ActLimit(self.limit, self.money, self.currency)


class HandAct(models.Model):
    """One act at the desk: done alone, or put before a second person who approves or declines it.

    order: what is to be granted, reversed, moved, placed or cancelled; of a void what was at stake. grant_id: that was
    made, moved or taken back. tokens: what it moves; of a void, a moved expiry or a whole reversal, what was left when
    it was asked; of an order, of its unit, which is empty where it is of several. why: the rule that needs a second
    person.
    A trigger lets a waiting act be decided once, by somebody else, and nothing of it be changed otherwise.
    """

    class State(models.TextChoices):
        DONE = "done"
        WAITING = "waiting"
        APPROVED = "approved"
        DECLINED = "declined"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=ActKind.choices)
    unit = models.CharField(max_length=32, blank=True)
    tokens = TokensField()
    order = models.JSONField(default=dict)
    grant_id = models.UUIDField(null=True)
    reason = models.TextField()
    key = models.CharField(max_length=64)
    fingerprint = models.BinaryField(max_length=32)
    why = models.TextField(default="")
    state = models.CharField(max_length=8, choices=State.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(default="")

    class Meta:
        verbose_name = "act by hand"
        verbose_name_plural = "acts by hand"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "asked_by", "key"], name="act_happens_once_a_form"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="act_is_decided_by_somebody_else",
                violation_error_message="Who asks for it does not decide on it: a second person does.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "waiting"], decided_by=None, decided_at=None)
                | Q(state__in=["approved", "declined"], decided_by__isnull=False, decided_at__isnull=False),
                name="act_is_decided_or_not",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(decision=""),
                name="act_is_declined_with_a_reason",
                violation_error_message="Say why it is declined.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="act_has_a_reason", violation_error_message="Say why."
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "kind", "asked_at"], name="act_of_a_person"),
            models.Index(fields=["id"], condition=Q(state="waiting"), name="act_that_waits"),
        ]

    def __str__(self) -> str:
        if self.kind in OF_ORDERS:
            return f"{self.kind.capitalize()} {self.order['asked']['external_id']}"
        return f"{self.kind.capitalize()} of {self.tokens.normalize():f} {self.unit}"

    @property
    def is_waiting(self) -> bool:
        return self.state == HandAct.State.WAITING
