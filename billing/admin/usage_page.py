"""Usage: what was used, when, by how many, what it earned and cost, and what was refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern

from billing.admin import usage_charts
from billing.admin.usage_files import sheets_of
from billing.admin.usage_form import UsageForm
from billing.queries.usage_figures import Largest
from billing.queries.usage_money import Money
from billing.queries.usage_prices import PriceHistory
from billing.queries.usage_report import UsageReport, report
from billing.rules.usage_view import UsageView
from config.desk.desks import ReadOnlyDesk
from config.desk.files import csv_file, workbook
from config.desk.heat import HOURS
from config.desk.pages import DeskPage
from config.kernel.csv_lines import as_csv
from config.kernel.errors import InvalidRequest
from usage.models import RollUps
from usage.queries.moments import database_clock

SEEN, MONEY = "usage.view_rollups", "pricing.view_costrate"
STACKS = ("feature", "product")


class UsagePage(DeskPage):
    """All parts of one view; `file` in the address takes them as a file instead."""

    permissions = (SEEN,)
    template_name = "desk/usage/page.html"
    asked: UsageReport | None = None

    def title(self) -> str:
        return "Usage"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        self.form = UsageForm(request.GET)
        self.view = self.form.view() if self.form.is_valid() else None
        if self.view is not None:
            self._ask(self.view)
        if "file" in request.GET:
            return self._file(request.GET["file"], request.GET.get("of", "features"))
        return self.shown()

    def _ask(self, view: UsageView) -> None:
        stacked_by = self.request.GET.get("stack", "")
        try:
            self.asked = report(
                view,
                database_clock(),
                with_money=self.request.user.has_perm(MONEY),
                stacked_by=stacked_by if stacked_by in STACKS else STACKS[0],
            )
        except InvalidRequest as refusal:
            for fault in refusal.errors:
                self.form.add_error(fault.pointer.lstrip("/"), fault.detail)

    def _file(self, kind: str, part: str) -> HttpResponseBase:
        if self.asked is None:
            raise Http404
        sheets, name = sheets_of(self.asked), f"usage-{self.asked.scope.span.until:%Y-%m-%d}"
        if kind == "xlsx":
            return workbook(sheets, name)
        sheet = next((each for each in sheets if each.name == part), None)
        if kind != "csv" or sheet is None:
            raise Http404
        return csv_file(
            f"{name}-{sheet.name}",
            as_csv(sheet.columns, ([_or_empty(each) for each in row] for row in sheet.rows)),
        )

    def context(self) -> dict[str, Any]:
        if self.asked is None or self.view is None:
            return {"form": self.form, "report": None}
        return {
            "form": self.form,
            "keep": urlencode(self.view.as_query()),
            "view": self.view,
            "stacks": STACKS,
            **shown_of(self.asked),
        }


def shown_of(asked: UsageReport) -> dict[str, Any]:
    """A report with its pictures, and its rows as the templates show them."""
    peaks, busiest = asked.peaks, asked.peaks.busiest if asked.peaks else None
    return {
        "report": asked,
        "features": [
            (each, asked.earned.by_feature.get(each.key, Money()) if asked.earned else None)
            for each in asked.features or ()
        ],
        "burn_chart": usage_charts.burnt(asked.burn) if asked.burn else None,
        "peak_map": usage_charts.map_of(peaks) if peaks else None,
        "hours": [f"{hour:02d}" for hour in range(HOURS)],
        "timeline": usage_charts.timeline(peaks, asked.scope) if peaks else None,
        "timeline_is_of_days": bool(peaks and len(peaks.hours) > usage_charts.HOURS_DRAWN),
        "busiest": usage_charts.hour_said(busiest[0], asked.scope.view.zone) if busiest else "",
        "adoption_chart": usage_charts.adopted(asked.adoption) if asked.adoption else None,
        "price_chart": usage_charts.priced(asked.prices, asked.scope) if asked.prices else None,
        "price_rows": _price_rows(asked.prices) if asked.prices else (),
        "largest_rows": _largest_rows(asked.largest) if asked.largest else (),
        "cohort_rows": [
            (each, *(each.share(count) for count in (each.activated, each.used, each.converted)))
            for each in asked.cohorts or ()
        ],
    }


def _price_rows(history: PriceHistory) -> list[tuple[Any, Any, Any]]:
    worth = history.worth.token
    return [
        (each, each.sold.price_at(worth), each.sold.margin_at(worth))
        for each in history.stretches
        if each.version or each.sold.quantity
    ]


def _largest_rows(largest: Largest) -> list[tuple[Any, Any, Any]]:
    whole = largest.tokens
    return [(each, row, row.tokens / whole if whole > 0 else None) for each, row in largest.accounts]


def _or_empty(cell: Any) -> Any:
    return "" if cell is None else cell


@admin.register(RollUps)
class UsageDesk(ReadOnlyDesk):
    """No list of rows: the page stands in its place."""

    def get_urls(self) -> list[URLPattern]:
        return [self.page("", UsagePage, "changelist")]
