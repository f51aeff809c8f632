from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from wallets.models import Account


class Buyer(models.Model):
    """Whom an account's invoices are for, where that is more than its name. It may name a person, who can be erased."""

    customer = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    name = models.CharField(max_length=200)
    address = models.TextField(
        blank=True, default="", help_text="As it is written on a letter, line by line."
    )
    tax_id = models.CharField("tax number", max_length=50, blank=True, default="")

    history: Any = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="buyer_has_a_name",
                violation_error_message="Whoever buys needs a name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
