from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

CODE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$"
CODE_WORDING = "A code has up to 128 letters, digits and _ . : / - and begins with a letter, a digit or _."


class Product(models.Model):
    """Something the company sells: it has features and calls with a key of its own."""

    code = models.CharField(max_length=128, unique=True, help_text="Lasts: programs and price files name it.")
    name = models.CharField(max_length=200)

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN),
                name="product_code_is_plain",
                violation_error_message=CODE_WORDING,
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code
