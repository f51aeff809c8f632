from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from pricing.models import RateTable
from pricing.models.product import CODE_PATTERN, CODE_WORDING


class Segment(models.Model):
    """A named price list for many accounts: it points at a rate table, so that all of them move at once.

    notice_days: how long before it takes effect a change of its prices must be published.
    """

    code = models.CharField(max_length=128, unique=True, help_text="Lasts: programs name it.")
    name = models.CharField(max_length=200)
    notice_days = models.PositiveSmallIntegerField(
        default=0, help_text="Price changes take effect this many days after they are published, or later."
    )

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN),
                name="segment_code_is_plain",
                violation_error_message=CODE_WORDING,
            ),
            models.CheckConstraint(
                condition=Q(notice_days__lte=366),
                name="segment_is_given_notice_of_a_year_at_most",
                violation_error_message="A notice period has 366 days at most.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class SegmentTerms(models.Model):
    """Which rate table a segment pays by, from an instant of its usage on; none is always, for the first.

    A dated fact: never changed. Written by `usage_segment_table_v1` alone.
    """

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="terms")
    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="+", db_index=False)
    effective_from = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    class Meta:
        verbose_name_plural = "segment terms"

    def __str__(self) -> str:
        return f"{self.segment_id} by {self.table_id} from {self.effective_from or 'always'}"
