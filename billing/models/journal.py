from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class JournalAccount(models.Model):
    """How the general ledger calls what the journal books on."""

    class Role(models.TextChoices):
        RECEIVABLE = "receivable", "Paid or to be paid by customers"
        DEFERRED = "deferred", "Owed to customers in tokens"
        REVENUE = "revenue", "Earned by usage"
        BREAKAGE = "breakage", "Earned by expiry"
        REFUNDS = "refunds", "To be given back to customers"
        UNEARNED = "unearned", "Owed to customers in time"
        FEES = "fees", "Earned by time"
        UNBILLED = "unbilled", "Used beyond prepaid tokens, and on no invoice yet"
        OVERAGE = "overage", "Earned by use beyond prepaid tokens"
        TRANSFERS = "transfers", "Moved between customers; comes to zero"

    role = models.CharField(max_length=10, choices=Role.choices, unique=True, editable=False)
    code = models.CharField(max_length=20, unique=True, help_text="As the general ledger calls it.")
    name = models.CharField(max_length=100)

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    role__in=[
                        *("receivable", "deferred", "revenue", "breakage", "refunds", "transfers"),
                        *("unearned", "fees", "unbilled", "overage"),
                    ]
                ),
                name="journal_account_has_a_role",
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name=""),
                name="journal_account_has_a_code_and_a_name",
                violation_error_message="An account has a code and a name.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
