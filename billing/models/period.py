"""Months whose books are closed, and what they came to."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.kernel.fields import MoneyField
from pricing.models import Product


class AccountingPeriodQuerySet(models.QuerySet["AccountingPeriod"]):
    def closed(self) -> Self:
        """Closings that stand: of months that nobody opened again since."""
        return self.filter(reopened_at=None)


class AccountingPeriod(models.Model):
    """That the books of a month were closed, by whom and why; and if so, that they were opened again.

    month: its first day, in UTC. A month that is closed once more has a row more.
    """

    month = models.DateField(editable=False)
    closed_at = models.DateTimeField(editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    reason = models.TextField(editable=False)
    reopened_at = models.DateTimeField(null=True, editable=False)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    reopening_reason = models.TextField(default="", editable=False)

    objects = AccountingPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-month", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(reopened_at=None),
                name="month_is_closed_once",
                violation_error_message="This month is closed already.",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="period_is_a_month"),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="closing_has_a_reason",
                violation_error_message="Say why the month is closed.",
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reopened_by=None, reopening_reason="")
                | Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopening_reason=""),
                name="reopening_has_an_author_and_a_reason",
                violation_error_message="Say why the month is opened again.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"

    @property
    def is_closed(self) -> bool:
        return self.reopened_at is None


class PeriodFigure(models.Model):
    """What a month came to when it was closed, in one currency for one product. Written once.

    kind: of tokens, of fees or of overage. paid: of fees and overage what was billed. deferred: what was owed in tokens
    at the month's end, or billed and not earned by then (below zero: earned and not billed); in the row without a
    product alone.
    """

    period = models.ForeignKey(
        AccountingPeriod, on_delete=models.PROTECT, related_name="figures", db_index=False
    )
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=7, default="tokens")
    product = models.ForeignKey(
        Product, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    paid = MoneyField()
    recognised = MoneyField()
    breakage = MoneyField()
    refunded = MoneyField()
    deferred = MoneyField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "currency", "kind", "product"],
                nulls_distinct=False,
                name="closed_month_has_one_figure_a_currency_and_product",
            ),
            models.CheckConstraint(
                condition=Q(product=None, deferred__isnull=False)
                | Q(product__isnull=False, deferred__isnull=True),
                name="deferred_is_of_no_product",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["tokens", "fee", "overage"]), name="figure_is_of_a_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} in {self.currency}"
