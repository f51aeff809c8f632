"""The seller's own data, as they stand on invoices."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from billing.models import Seller
from config.desk.desks import Desk, ReasonForm


class SellerForm(ReasonForm):
    class Meta:
        model = Seller
        fields = ["name", "address", "tax_id", "contact", "bank", "terms", "time_zone"]

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise forms.ValidationError(f"There is no time zone {zone}.")
        return zone


@admin.register(Seller)
class SellerDesk(Desk):
    """One row. Invoices that are final keep what they were issued with."""

    purpose = (
        "Who sells: the name, address, tax number, bank account and terms at the head and foot of each invoice. "
        "Say it once; no invoice becomes final before."
    )
    form = SellerForm
    counted_as = ("seller", "sellers")
    list_display = ["name", "tax_id", "contact", "time_zone"]
    fields = ["name", "address", "tax_id", "contact", "bank", "terms", "time_zone"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Seller.objects.exists()
