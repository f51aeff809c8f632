"""What overage costs in money: the rates that were ever set, and setting one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html

from billing.models import OverageRate
from billing.services import overage_rates
from billing.services.overage_rates import OverageRateOrder
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import AmountField, DeskForm, MomentField, ReasonField
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import moment, tokens
from config.kernel.amounts import MONEY_PLACES
from usage.services.authors import Author
from wallets.models import Account, Currency, TokenUnit


class OverageRateForm(DeskForm):
    account = forms.CharField(
        max_length=128,
        required=False,
        help_text="The reference of the account; empty: everybody who has no rate.",
    )
    token = forms.ModelChoiceField(TokenUnit.objects.all(), label="Token", to_field_name="code")
    price = AmountField(
        label="Price of one token",
        required=False,
        places=MONEY_PLACES,
        least=0,
        help_text="Money, up to 12 decimals; empty ends what was before.",
    )
    currency = forms.ModelChoiceField(Currency.objects.all(), to_field_name="code")
    effective_from = MomentField(
        label="From",
        required=False,
        help_text="For usage from then on, in UTC; empty is now. An earlier time prices what is not invoiced yet.",
    )
    reason = ReasonField()

    def clean_account(self) -> Account | None:
        reference = self.cleaned_data["account"].strip()
        found = Account.objects.filter(reference=reference).first() if reference else None
        if reference and found is None:
            raise forms.ValidationError("No account has this reference.")
        return found


class SetRatePage(DeskFormPage):
    """Let overage cost so much."""

    permissions = ("billing.add_overagerate",)
    template_name = "desk/invoices/rate.html"
    form_class = OverageRateForm

    def title(self) -> str:
        return "Set a rate of overage"

    def initial(self) -> dict[str, Any]:
        unit = TokenUnit.objects.filter(is_default=True).first()
        currency = Currency.objects.filter(is_reporting=True).first()
        return {
            "account": self.request.GET.get("account", ""),
            "token": unit and unit.code,
            "currency": currency and currency.code,
        }

    def act(self, asked: dict[str, Any]) -> str:
        order = OverageRateOrder(
            price=asked["price"],
            currency=asked["currency"].code,
            account_id=asked["account"].pk if asked["account"] else None,
            token=asked["token"].code,
            effective_from=asked["effective_from"],
        )
        author = Author.of(self.request.user, asked["reason"])
        made = overage_rates.set_rate(order=order, author=author)
        whose = asked["account"] or "everybody who has no rate"
        said = format_html("Overage of {} has {} from {}.", whose, made, moment(made.effective_from))
        messages.success(self.request, said)
        return reverse("admin:billing_overagerate_changelist")


@admin.register(OverageRate)
class OverageRateDesk(ReadOnlyDesk):
    """Dated facts: what is new is another row, and final invoices keep theirs."""

    purpose = (
        "What a token costs in money that was spent beyond the grants: for everybody or one account, from when on. "
        "Without a rate overage is on no invoice. A rate may begin in the past, for a month that is over."
    )
    list_display = ["whose", "token", "costs", "since", "written", "set_by", "reason"]
    list_display_links = None
    list_select_related = ["customer", "unit"]
    list_filter = ["currency"]
    search_fields = ["customer__reference", "customer__name", "reason"]
    search_help_text = "Parts of the account's reference or name, or of the reason"

    def get_urls(self) -> list[URLPattern]:
        return [self.page("add/", SetRatePage, "add"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("billing.add_overagerate"))

    @admin.display(description="Of", ordering="customer__reference")
    def whose(self, rate: OverageRate) -> str:
        return str(rate.customer) if rate.customer else "everybody else"

    @admin.display(description="Token", ordering="unit")
    def token(self, rate: OverageRate) -> str:
        return rate.unit.code

    @admin.display(description="One token costs", ordering="price")
    def costs(self, rate: OverageRate) -> str:
        return "ends" if rate.price is None else f"{tokens(rate.price)} {rate.currency}"

    @admin.display(description="For usage from", ordering="effective_from")
    def since(self, rate: OverageRate) -> str:
        return moment(rate.effective_from)

    @admin.display(description="Set", ordering="recorded_at")
    def written(self, rate: OverageRate) -> str:
        return moment(rate.recorded_at)
