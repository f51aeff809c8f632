from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class TokenUnit(models.Model):
    """A currency of the producer's own, such as "AIT". Wallets, rate tables and amounts are in one unit."""

    code = models.CharField(max_length=16, unique=True, help_text="Short and lasting, such as AIT.")
    name = models.CharField(max_length=80)
    is_default = models.BooleanField(default=False, help_text="The unit that is meant where none is named.")

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="one_token_unit_is_the_default",
                violation_error_message="Another token unit is the default already.",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Za-z0-9_.-]+$"),
                name="token_unit_code_is_plain",
                violation_error_message="A code is made of letters, digits, points, hyphens and underscores.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
