"""Whom an account's invoices are for, as a page of the account."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.admin.account_grants import AccountFormPage
from billing.models import Buyer, Invoice
from billing.services import buyers
from billing.services.buyers import BuyerWish
from config.desk.forms import DeskForm, ReasonField, WhyForm


class BuyerForm(DeskForm):
    name = forms.CharField(max_length=200)
    address = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="As it is written on a letter."
    )
    tax_id = forms.CharField(label="Tax number", max_length=50, required=False)
    reason = ReasonField(required=False)


class BuyerPage(AccountFormPage):
    """Say whom the account's invoices are for."""

    permissions = ("billing.change_buyer",)
    template_name = "desk/account/buyer.html"
    form_class = BuyerForm

    def title(self) -> str:
        return "Address for invoices"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "is_kept": Buyer.objects.filter(pk=self.account.pk).exists()}

    def initial(self) -> dict[str, Any]:
        buyer = Buyer.objects.filter(pk=self.account.pk).first()
        if buyer is None:
            return {"name": str(self.account)}
        return {"name": buyer.name, "address": buyer.address, "tax_id": buyer.tax_id}

    def act(self, asked: dict[str, Any]) -> str:
        reason = asked.pop("reason")
        buyers.describe(
            customer_id=self.account.pk, wish=BuyerWish(**asked), user=self.request.user, reason=reason
        )
        return self.done("It stands so on invoices that become final from now on.")


class EraseBuyerPage(AccountFormPage):
    """Forget whom the account's invoices were for."""

    permissions = ("billing.delete_buyer",)
    template_name = "desk/account/buyer_erase.html"
    form_class = WhyForm

    def title(self) -> str:
        return "Erase the address for invoices"

    def context(self) -> dict[str, Any]:
        finals = Invoice.objects.final().filter(customer=self.account).exclude(buyer={})
        return {**super().context(), "finals": finals.count()}

    def act(self, asked: dict[str, Any]) -> str:
        buyers.erase(customer_id=self.account.pk, user=self.request.user, reason=asked["reason"])
        return self.done("It is erased. Invoices that are final keep what they were issued with.")
