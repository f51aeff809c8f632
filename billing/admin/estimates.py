"""What to offer an account, told from its own usage, and a button that writes the quotation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone

from billing.admin.account_page import account_or_404
from billing.queries.estimates import PERIODS, currencies_on_sale, estimate
from billing.queries.quotation_days import usual_last_day
from billing.queries.quotation_paper import EVERY
from billing.rules.money import rounded, written
from billing.rules.quotations import LineQuoted, QuotationAsked
from billing.services import quoting
from config.desk.forms import DeskForm
from config.desk.pages import DeskFormPage
from config.kernel.errors import Conflict


class EstimateForm(DeskForm):
    """The estimate that the person saw."""

    days = forms.TypedChoiceField(
        choices=[(days, "") for days in PERIODS], coerce=int, widget=forms.HiddenInput
    )
    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)


class EstimatePage(DeskFormPage):
    """A month as the account's last 30 or 90 days went, and the cheapest offers that cover it."""

    permissions = ("billing.add_quotation",)
    template_name = "desk/quotations/estimate.html"
    form_class = EstimateForm

    def find(self, account_id: Any = None, **_kwargs: Any) -> None:
        self.account = account_or_404(account_id)
        self.now = timezone.now()
        self.currencies = currencies_on_sale()
        days, currency = self.request.GET.get("days"), self.request.GET.get("currency")
        self.days = next((each for each in PERIODS if str(each) == days), PERIODS[0])
        self.currency = currency if currency in self.currencies else next(iter(self.currencies), "")

    def title(self) -> str:
        return f"What {self.account} would need"

    def initial(self) -> dict[str, Any]:
        return {"days": self.days, "currency": self.currency}

    def context(self) -> dict[str, Any]:
        found = estimate(self.account, self.days, self.currency, self.now)
        return {
            "account": self.account,
            "estimate": found,
            "periods": PERIODS,
            "currencies": self.currencies,
            "lines": [self._line(*each) for each in found.lines],
            "price": self._money(found.cover.price) if found.cover else "",
            "calls": sum(each.lines for each in found.features),
        }

    def _line(self, offer: Any, count: int, price: Decimal) -> dict[str, Any]:
        return {
            "name": offer.name,
            "sku": offer.code,
            "terms": offer.terms,
            "count": count,
            "listed": f"{written(offer.list_price, offer.currency)} {EVERY[offer.period]}",
            "a_month": self._money(price),
        }

    def _money(self, amount: Decimal) -> str:
        return written(rounded(amount, self.currency), self.currency)

    def act(self, asked: dict[str, Any]) -> str:
        found = estimate(self.account, asked["days"], asked["currency"], self.now)
        if found.cover is None:
            raise Conflict("No offers on sale cover what was used.")
        wanted = QuotationAsked(
            currency=found.currency,
            last_day=usual_last_day(self.account.pk, self.now),
            lines=[LineQuoted(offer.code, Decimal(count)) for offer, count in found.cover.choices],
        )
        made = quoting.draft(
            account_id=self.account.pk, asked=wanted, user=self.request.user, estimate=found.kept()
        )
        messages.success(self.request, "A draft with these lines: change it as you like.")
        return reverse("admin:billing_quotation_edit", args=[made.pk])
