from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from config.kernel.fields import MoneyField


class Currency(models.Model):
    """A currency that tokens are paid in, with its present rate to the reporting currency."""

    code = models.CharField(max_length=3, unique=True, help_text="ISO 4217, such as EUR.")
    reporting_rate = MoneyField(help_text="How much of the reporting currency one unit is worth.")
    is_reporting = models.BooleanField(default=False)

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "currencies"
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]{3}$"),
                name="currency_code_is_three_capitals",
                violation_error_message="A currency is three capital letters, such as EUR.",
            ),
            models.CheckConstraint(
                condition=Q(reporting_rate__gt=0),
                name="currency_rate_is_positive",
                violation_error_message="The rate must be positive.",
            ),
            models.CheckConstraint(
                condition=Q(is_reporting=False) | Q(reporting_rate=1),
                name="reporting_currency_has_rate_one",
                violation_error_message="The reporting currency is worth exactly one of itself.",
            ),
            models.UniqueConstraint(
                fields=["is_reporting"],
                condition=Q(is_reporting=True),
                name="one_currency_is_reported_in",
                violation_error_message="Another currency is the reporting currency already.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
