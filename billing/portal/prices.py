"""Prices, and what a job would cost by them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from billing.portal.frame import BuyerPage
from billing.queries.buyer_prices import prices_of
from billing.queries.job_estimates import JobLine, Priced, priced_for
from billing.services.job_estimating import cost_of
from config.desk.forms import AmountField
from config.kernel.amounts import QUANTITY_PLACES
from config.kernel.errors import DomainError

LINES = 4
NOT_PRICED = {"invalid_choice": "%(value)s has no price now. Choose another usage."}


class Prices(BuyerPage):
    name, title, template_name = "prices", "Prices", "my/prices.html"

    def context(self) -> dict[str, Any]:
        return {"prices": prices_of(self.account, self.now)}


class JobForm(forms.Form):
    """Up to LINES lines; one without a quantity is none."""

    def __init__(self, *args: Any, known: dict[str, Priced], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        choices = [
            ("", "–"),
            *((code, f"{each.label}, by {each.unit or 'unit'}") for code, each in known.items()),
        ]
        for place in range(1, LINES + 1):
            self.fields[f"usage_{place}"] = forms.ChoiceField(
                label=f"Usage {place}", choices=choices, required=False, error_messages=NOT_PRICED
            )
            self.fields[f"quantity_{place}"] = AmountField(
                label=f"Quantity {place}",
                places=QUANTITY_PLACES,
                least=Decimal("0.000000001"),
                required=False,
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"usage_{place}"], self[f"quantity_{place}"]) for place in range(1, LINES + 1)]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        pairs = [
            (asked.get(f"usage_{place}"), asked.get(f"quantity_{place}")) for place in range(1, LINES + 1)
        ]
        for place, (code, much) in enumerate(pairs, 1):
            if code and much is None and f"quantity_{place}" not in self.errors:
                self.add_error(f"quantity_{place}", "Say how much of it.")
            if much is not None and not code and f"usage_{place}" not in self.errors:
                self.add_error(f"usage_{place}", "Choose what it is of.")
        asked["lines"] = [
            JobLine(self.known[code], much) for code, much in pairs if code and much is not None
        ]
        if not asked["lines"] and not self.errors:
            raise forms.ValidationError("Choose a usage and say how much of it.")
        return asked


class Estimate(BuyerPage):
    """Asked by GET, so that an estimate has an address of its own; it changes nothing."""

    name, title, template_name = "estimate", "Estimate", "my/estimate.html"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        known = {each.code: each for each in priced_for(self.account, self.now)}
        asked = any(name.startswith("usage_") for name in request.GET)
        form = JobForm(request.GET if asked else None, known=known)
        cost = None
        if asked and form.is_valid():
            try:
                cost = cost_of(self.account, form.cleaned_data["lines"], self.now)
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
        return self.shown(self.template_name, form=form, cost=cost, has_prices=bool(known))
