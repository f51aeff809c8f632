from django.db import models
from django.db.models import F, Q

from config.kernel.fields import QuantityField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models.rate import FEATURE_PATTERN
from usage.models.debit import Debit
from wallets.models import Account


class Allowance(models.Model):
    """Units of a feature that an account has included in each window, before any tokens. A dated fact: never changed.

    The latest for a feature or pattern holds, for usage from its start on. units: in one window; none ends it.
    anchor: the day on which months and years begin; none is the first. carries: how many unused units go into the next
    window; none is none.
    """

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        YEAR = "year"
        TOTAL = "total"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="allowances")
    pattern = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")
    units = QuantityField(null=True, blank=True)
    period = models.CharField(max_length=5, choices=Period.choices)
    anchor = models.DateField(null=True, blank=True)
    carries = QuantityField(null=True, blank=True)
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="", blank=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(units=None) | Q(units__gt=0),
                name="allowance_is_of_something",
                violation_error_message="An allowance is of more than 0 units.",
            ),
            models.CheckConstraint(
                condition=Q(carries=None) | Q(carries__gte=0),
                name="allowance_carries_nothing_negative",
                violation_error_message="What goes into the next window is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(pattern__regex=FEATURE_PATTERN),
                name="allowance_names_a_feature_or_a_pattern",
                violation_error_message="An allowance names a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(period__in=["day", "week", "month", "year", "total"]),
                name="allowance_period_is_known",
            ),
            models.CheckConstraint(
                condition=Q(anchor=None) | Q(period__in=["month", "year"]),
                name="allowance_of_a_month_or_a_year_has_an_anchor",
                violation_error_message="Only months and years begin on a day of their own.",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("recorded_at")),
                name="allowance_changes_nothing_past",
                violation_error_message="An allowance holds from now or later.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="allowance_ends_after_it_starts",
                violation_error_message="An allowance ends after it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.pattern} a {self.period}"


class AllowanceWindow(MovedBySql):
    """What one window of an allowance has used, and which units moved between windows. Moved by `usage/sql` alone.

    turned_at: when it was noticed that the window had ended and what it left went into the next one.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    pattern = models.CharField(max_length=128)
    period = models.CharField(max_length=5)
    window_start = models.DateField()
    carried_in = QuantityField()
    carried_out = QuantityField()
    used = QuantityField()
    turned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "pattern", "period", "window_start"], name="allowance_has_a_window_once"
            ),
            models.CheckConstraint(
                condition=Q(carried_in__gte=0, carried_out__gte=0, used__gte=0),
                name="allowance_window_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.used.normalize():f} used"


class AllowanceUse(MovedBySql):
    """The units of a debit's line that a window covered."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    debit = models.ForeignKey(Debit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    position = models.SmallIntegerField()
    window = models.ForeignKey(
        AllowanceWindow, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    units = QuantityField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(units__gt=0), name="allowance_use_is_of_something")]

    def __str__(self) -> str:
        return f"{self.units.normalize():f}"
