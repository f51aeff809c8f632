"""What people hand out and take back at the desk, and when another person has to agree."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from billing.rules.hand_acts import ActLimit
from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class ActKind(models.TextChoices):
    GRANT = "grant", "Grants: bought, included and promotional tokens"
    ADJUSTMENT = "adjustment", "Adjustments"
    VOID = "void", "Taking back, which refunds what was paid"
    REVERSAL = "reversal", "Reversals of debits"


class ActRuleQuerySet(models.QuerySet["ActRule"]):
    def active(self) -> Self:
        """Rules that are asked before something is done at the desk."""
        return self.filter(is_active=True)


class ActRule(models.Model):
    """When a hand-made act needs a second person. Without rules none does.

    limit: tokens of one unit that a person may move by such acts within 24 hours alone; none: a second person, always.
    """

    kind = models.CharField("for", max_length=10, choices=ActKind.choices)
    limit = TokensField(
        "tokens a day",
        null=True,
        blank=True,
        help_text="What one person may hand out or take back alone within 24 hours, of each token unit. "
        "Empty: a second person is needed always.",
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
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.allows.title}"

    @property
    def allows(self) -> ActLimit:
        """The rule as the rules of acts know it."""
        return ActLimit(self.limit)


class HandAct(models.Model):
    """One act at the desk: done alone, or put before a second person who approves or declines it.

    order: what is to be granted or reversed; empty where a grant is taken back. grant_id: that was made or is taken
    back. tokens: what it moves; of a void or a whole reversal, what was left when it was asked. why: the rule that
    needs a second person.
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
    unit = models.CharField(max_length=32)
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
        return f"{self.kind.capitalize()} of {self.tokens.normalize():f} {self.unit}"

    @property
    def is_waiting(self) -> bool:
        return self.state == HandAct.State.WAITING
