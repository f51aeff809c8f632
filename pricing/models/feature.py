from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from pricing.models.product import CODE_PATTERN, CODE_WORDING, Product
from pricing.rules.costs import CODE_PATTERN as COMPONENT_PATTERN
from pricing.rules.costs import CODE_WORDING as COMPONENT_WORDING


class FeatureQuerySet(models.QuerySet["Feature"]):
    def coded(self, codes: Collection[str]) -> Self:
        """The features of these codes, as far as they exist."""
        return self.filter(code__in=codes)


class Feature(models.Model):
    """What a customer uses and is charged for, counted in its unit.

    cost_component: which cost of a model one quantity is, so that a rate for a model finds what it costs us.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="features")
    code = models.CharField(max_length=128, unique=True, help_text="Lasts: programs and price files name it.")
    name = models.CharField(max_length=200)
    unit = models.CharField(
        max_length=64, default="unit", help_text="What one quantity is: token, call, minute."
    )
    cost_component = models.CharField(
        max_length=128,
        blank=True,
        default="",
        help_text="Which cost of a model one quantity is: input, output, cached_input, input:batch, input>200000.",
    )

    objects = FeatureQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN),
                name="feature_code_is_plain",
                violation_error_message=CODE_WORDING,
            ),
            models.CheckConstraint(
                condition=~Q(unit=""),
                name="feature_counts_in_a_unit",
                violation_error_message="A feature needs a unit to count in.",
            ),
            models.CheckConstraint(
                condition=Q(cost_component__regex=COMPONENT_PATTERN),
                name="feature_cost_component_is_plain",
                violation_error_message=COMPONENT_WORDING,
            ),
        ]

    def __str__(self) -> str:
        return self.code
