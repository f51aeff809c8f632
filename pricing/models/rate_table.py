from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from pricing.models.product import CODE_PATTERN, CODE_WORDING


class RateTable(models.Model):
    """A price list in one token unit. What it charges, and when, stands in its versions."""

    code = models.CharField(max_length=128, unique=True, help_text="Lasts: programs and price files name it.")
    name = models.CharField(max_length=200)
    token = models.CharField(
        max_length=16, help_text="Code of the token unit that the prices are in; it lasts."
    )

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN),
                name="rate_table_code_is_plain",
                violation_error_message=CODE_WORDING,
            ),
            models.CheckConstraint(
                condition=~Q(token=""),
                name="rate_table_is_in_one_token_unit",
                violation_error_message="A rate table needs a token unit.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code
