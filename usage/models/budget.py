from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models.rate import FEATURE_PATTERN
from usage.models.debit import Debit
from wallets.models import Account, TokenUnit

CODE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}$"
CODE_WORDING = "A code has up to 64 letters, digits and _ . : / -, the first no sign but _."


class Budget(models.Model):
    """What is counted together inside an account: whose usage, of what, over which time. Never changed.

    subject, dimensions: values that the usage carries. feature: a code or a pattern ending in `*`.
    per: a subject field whose every value is counted apart; usage that does not carry it is counted as one value more.
    """

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        TOTAL = "total"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="budgets", db_index=False)
    code = models.CharField(max_length=64, help_text="Lasts: refusals and notices name it.")
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    feature = models.CharField(max_length=128, default="*")
    dimensions = models.JSONField(default=dict, blank=True)
    subject = models.JSONField(default=dict, blank=True)
    per = models.CharField(max_length=128, default="", blank=True)
    period = models.CharField(max_length=5, choices=Period.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code"],
                name="budget_code_is_unique_within_its_account",
                violation_error_message="The account has a budget of this code already.",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN),
                name="budget_code_is_plain",
                violation_error_message=CODE_WORDING,
            ),
            models.CheckConstraint(
                condition=Q(feature__regex=FEATURE_PATTERN),
                name="budget_names_a_feature_or_a_pattern",
                violation_error_message="A budget names a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(period__in=["day", "week", "month", "total"]), name="budget_period_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class BudgetLimit(models.Model):
    """How much a budget allows, from the moment it was recorded. A dated fact: never changed; the latest holds.

    tokens: in one window; none ends the budget, and what it counted stays. is_hard: beyond it is refused.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="limits", db_constraint=False)
    tokens = TokensField(null=True, blank=True)
    is_hard = models.BooleanField()
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="", blank=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens=None) | Q(tokens__gte=0),
                name="budget_is_not_negative",
                violation_error_message="A budget is zero or more.",
            ),
        ]

    def __str__(self) -> str:
        return "ended" if self.tokens is None else f"{self.tokens.normalize():f}"


class BudgetCount(MovedBySql):
    """What a window has spent of a budget, for one value of what it is counted by. Moved by `usage/sql` alone."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    budget = models.ForeignKey(
        Budget, on_delete=models.PROTECT, related_name="counts", db_index=False, db_constraint=False
    )
    value = models.CharField(max_length=128)
    window_start = models.DateField()
    spent = TokensField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "budget", "value", "window_start"], name="budget_counts_a_window_once"
            ),
            models.CheckConstraint(condition=Q(spent__gte=0), name="budget_spent_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.spent.normalize():f}"


class BudgetUse(MovedBySql):
    """What a debit took of a budget, by its lines. tokens: of these lines together."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    debit = models.ForeignKey(Debit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    counter = models.ForeignKey(BudgetCount, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    lines = ArrayField(models.SmallIntegerField())
    tokens = TokensField()

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f}"
