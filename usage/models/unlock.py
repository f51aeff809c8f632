from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from pricing.models import Feature
from pricing.models.rate import FEATURE_PATTERN
from usage.rules.access import PERIOD_PATTERN, PERIOD_WORDING


class Unlock(models.Model):
    """A feature that opens others: each unit that is charged of it opens `pattern` for a period.

    period: an ISO 8601 duration of one part, such as P30D, P1M or PT12H.
    """

    feature = models.OneToOneField(
        Feature, on_delete=models.PROTECT, related_name="+", help_text="What the customer is charged for."
    )
    pattern = models.CharField("opens", max_length=128, help_text="A code, or a pattern that ends in *.")
    period = models.CharField("for", max_length=8, help_text="Such as P30D, P1M or PT12H.")
    is_active = models.BooleanField("active", default=True)

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["feature__code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pattern__regex=FEATURE_PATTERN),
                name="unlock_names_a_feature_or_a_pattern",
                violation_error_message="It opens a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(period__regex=PERIOD_PATTERN),
                name="unlock_is_for_a_period",
                violation_error_message=PERIOD_WORDING,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feature_id} opens {self.pattern} for {self.period}"
