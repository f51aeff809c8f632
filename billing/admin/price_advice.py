"""Advice on prices: features priced under cost, and the rate that would reach a target margin, each with its rows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from billing.queries.price_advice import TARGET, PriceAdvice, Suggestion, UnderCost, price_advice
from billing.rules.usage_view import UsageView
from config.desk.files import csv_file
from config.desk.forms import AmountField, DeskForm
from config.desk.pages import DeskPage
from config.kernel.amounts import plain
from config.kernel.csv_lines import as_csv

SHOWN = 50
HUNDRED = Decimal(100)


class MarginForm(DeskForm):
    margin = AmountField(
        label="Target margin", places=1, required=False, help_text="In %. Rates that earn less are listed."
    )

    def clean_margin(self) -> Decimal:
        margin: Decimal | None = self.cleaned_data["margin"]
        if margin is not None and margin >= HUNDRED:
            raise forms.ValidationError("A margin is less than 100 %.")
        return TARGET * HUNDRED if margin is None else margin


class PriceAdvicePage(DeskPage):
    """Features and rates; `file=csv` takes one of the two lists whole."""

    permissions = ("billing.view_advice", "pricing.view_costrate", "pricing.view_version")
    template_name = "desk/advice/prices.html"

    def title(self) -> str:
        return "Advice on prices"

    def find(self, **_kwargs: Any) -> None:
        usual = {"margin": plain(TARGET * HUNDRED)}
        self.form = MarginForm(self.request.GET or None, initial=usual)
        share = self.form.cleaned_data["margin"] / HUNDRED if self.form.is_valid() else TARGET
        self.advice = price_advice(timezone.now(), share)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        if "file" not in request.GET:
            return self.shown()
        if request.GET["file"] != "csv" or request.GET.get("of") not in _FILES:
            raise Http404
        columns, rows = _FILES[request.GET["of"]](self.advice)
        return csv_file(f"advice-{request.GET['of']}", as_csv(columns, rows))

    def context(self) -> dict[str, Any]:
        percent = plain((self.advice.target.match * HUNDRED).normalize())
        return {
            "form": self.form,
            "advice": self.advice,
            "features": [(each, _usage_of(each)) for each in (self.advice.features or ())[:SHOWN]],
            "rates": self.advice.suggestions[:SHOWN],
            "more": max(len(self.advice.suggestions) - SHOWN, 0),
            "percent": percent,
            "drafted": urlencode({"under": percent, "match": percent, "digits": self.advice.target.digits}),
        }


def _usage_of(row: UnderCost) -> str:
    """Where the usage that it goes by is looked at."""
    view = UsageView(
        days=None, first=row.first, last=row.last, feature=row.feature.code, token=row.token.code
    )
    return f"{reverse('admin:usage_rollups_changelist')}?{urlencode(view.as_query())}"


def _features(advice: PriceAdvice) -> tuple[tuple[str, ...], Iterable[list[Any]]]:
    columns = (
        *("feature", "token_unit", "quantity", "covered", "tokens", "brings", "cost", "currency"),
        *("units_of_unknown_cost", "a_token_brings", "goes_by"),
    )
    return columns, (
        [
            *(each.feature.code, each.token.code, each.used.quantity, each.used.covered, each.used.tokens),
            *(each.brings, each.used.cost, each.worth.currency, each.used.uncosted, each.worth.token),
            f"usage of {each.feature.code} from {each.first} to {each.last}",
        ]
        for each in advice.features or ()
    )


def _rates(advice: PriceAdvice) -> tuple[tuple[str, ...], Iterable[list[Any]]]:
    columns = (
        *("table", "version", "state", "feature", "dimensions", "tokens", "per", "unit_cost", "currency"),
        *("margin", "proposed_tokens", "target_margin", "goes_by"),
    )
    return columns, (_rate(each, advice.target.match) for each in advice.suggestions)


def _rate(each: Suggestion, target: Decimal) -> list[Any]:
    found, row = each.found, each.found.row
    dimensions = " ".join(f"{name}={value}" for name, value in sorted(row.dimensions.items()))
    return [
        *(each.table.table.code, found.version.number, found.state.value, row.feature, dimensions),
        *(row.tokens if row.tokens is not None else "", row.per, found.cost.cost, found.cost.currency),
        *(found.present.share, "" if found.proposed is None else found.proposed, target),
        f"{found.present.why} It goes by: {found.goes_by}",
    ]


_FILES = {"features": _features, "rates": _rates}
