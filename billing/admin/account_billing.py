"""Who asks for the money of an account's orders, as a page of the account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages

from billing.admin.account_grants import AccountFormPage
from billing.models.order_charge import Billing
from billing.queries.order_money import billing_of
from billing.services import charging
from config.desk.forms import DeskForm, ReasonField


class BillingForm(DeskForm):
    billing = forms.ChoiceField(
        label="Invoices for orders are made", choices=[("invoice", "here"), ("external", "elsewhere")]
    )
    reason = ReasonField()


class BillingPage(AccountFormPage):
    """Say whether invoices for the account's orders are made here."""

    permissions = ("billing.change_accountbilling",)
    template_name = "desk/account/billing.html"
    form_class = BillingForm

    def title(self) -> str:
        return "Who invoices its orders"

    def initial(self) -> dict[str, Any]:
        return {"billing": billing_of(self.account.pk)}

    def act(self, asked: dict[str, Any]) -> str:
        charging.choose_billing(customer_id=self.account.pk, user=self.request.user, **asked)  # type: ignore[arg-type]
        where = Billing(asked["billing"]).label.lower()
        messages.success(self.request, f"Orders are billed {where} from their next period on.")
        return self.address()
