from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class Seller(models.Model):
    """Who sells: what stands at the head and the foot of an invoice. One row.

    time_zone: whose year numbers are of. terms: when and how to pay, and what is to be said of taxes.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=200)
    address = models.TextField(
        blank=True, default="", help_text="As it is written on a letter, line by line."
    )
    tax_id = models.CharField("tax number", max_length=50, blank=True, default="")
    contact = models.CharField(
        max_length=200, blank=True, default="", help_text="For questions about invoices."
    )
    bank = models.TextField("bank account", blank=True, default="")
    terms = models.TextField(
        "payment terms",
        blank=True,
        default="",
        help_text="When and how to pay, and what is to be said of taxes.",
    )
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="IANA name; invoices are numbered and dated by its days."
    )

    history: Any = HistoricalRecords()

    class Meta:
        verbose_name_plural = "seller"
        constraints = [
            models.CheckConstraint(
                condition=Q(id=1),
                name="seller_is_one",
                violation_error_message="There is one seller.",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="seller_has_a_name",
                violation_error_message="The seller needs a name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
