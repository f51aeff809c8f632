"""The board of trials, and what they came to."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils import timezone

from billing.admin import trial_pages as pages
from billing.admin.trial_files import FilePage
from billing.models import Trial, TrialOffer, TrialRequest
from billing.queries import seller_allowances, trials
from billing.queries.trial_report import ReportLine, report
from config.desk.desks import ReadOnlyDesk
from config.desk.files import csv_file
from config.desk.pages import DeskPage
from config.kernel.csv_lines import as_csv
from wallets.models import TokenUnit
from wallets.queries.currencies import reporting_currency

TRIALS_A_PAGE = 50
MONTHS_REPORTED = 12
STATES = {
    "": "all",
    "running": "running",
    "unused": "not used yet",
    "ending": "ending within a week",
    "over": "over",
    "converted": "converted",
    "revoked": "revoked",
}


class BoardPage(DeskPage):
    """Every trial: used how far, how long still, and what can be done with it."""

    permissions = ("billing.view_trial",)
    template_name = "desk/trials/board.html"

    def title(self) -> str:
        return "Trial board"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        asked = {name: self.request.GET.get(name, "").strip() for name in ("state", "offer", "seller", "q")}
        for name in ("offer", "seller"):
            asked[name] = asked[name] if asked[name].isdecimal() and len(asked[name]) < 10 else ""
        page = Paginator(trials.board(asked, now), TRIALS_A_PAGE).get_page(self.request.GET.get("p"))
        return {
            "asked": asked,
            "states": STATES,
            "page": page,
            "rows": trials.stands(page.object_list, now),
            "offers": TrialOffer.objects.all(),
            "has_offers": TrialOffer.objects.on().exists(),
            "sellers": User.objects.filter(pk__in=Trial.objects.values("seller")).order_by("username"),
            "beside": trials.beside_the_board(now),
            "waiting": TrialRequest.objects.waiting().count(),
            "months": self._months(now),
            "keep": "".join(f"{urlencode({name: value})}&" for name, value in asked.items() if value),
        }

    def _months(self, now: datetime) -> list[tuple[TokenUnit, seller_allowances.MonthOfASeller]]:
        """What the reader may still issue this month, of each unit that is offered."""
        if not self.request.user.has_perm("wallets.issue_trial"):
            return []
        units = TokenUnit.objects.filter(pk__in=TrialOffer.objects.on().values("unit")).order_by("code")
        return [
            (unit, seller_allowances.month_of_seller(self.request.user.pk, unit.pk, now)) for unit in units
        ]


class ReportPage(DeskPage):
    """By month, offer and seller: issued, activated, used, converted, tokens and their cost."""

    permissions = ("billing.view_trial",)
    template_name = "desk/trials/report.html"

    def title(self) -> str:
        return "What trials came to"

    def lines(self) -> list[ReportLine] | None:
        now = timezone.now()
        since = seller_allowances.month_of(now)
        for _ in range(MONTHS_REPORTED - 1):
            since = seller_allowances.month_of(since - timedelta(days=1))
        found = report(since, now + timedelta(days=1))
        return None if found is None else list(found)

    def context(self) -> dict[str, Any]:
        lines = self.lines()
        sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for line in lines or []:
            for name in ("issued", "activated", "used", "converted", "tokens", "spent", "cost", "uncosted"):
                sums[line.unit][name] += getattr(line, name)
        totals = {unit: dict(each) for unit, each in sums.items()}
        return {
            "lines": lines,
            "totals": totals,
            "months": MONTHS_REPORTED,
            "currency": reporting_currency(),
        }


REPORTED = (
    *("month", "offer", "seller", "unit", "issued", "activated", "used", "converted"),
    *("tokens", "spent", "cost", "uncosted"),
)


class ReportFile(ReportPage):
    """The same as CSV."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        rows = [[getattr(line, name) for name in REPORTED] for line in self.lines() or []]
        return csv_file("trials", as_csv(REPORTED, rows))


@admin.register(Trial)
class TrialDesk(ReadOnlyDesk):
    """Trials stand on their board and have a page each."""

    def get_urls(self) -> list[URLPattern]:
        page, one = self.page, "<uuid:object_id>"
        return [
            page("", BoardPage, "changelist"),
            page("report/", ReportPage, "report"),
            page("report/csv/", ReportFile, "report_file"),
            page("file/", FilePage, "file"),
            page(f"{one}/change/", pages.TrialPage, "change"),
            page(f"{one}/remind/", pages.RemindPage, "remind"),
            page(f"{one}/extend/", pages.ExtendPage, "extend"),
            page(f"{one}/revoke/", pages.RevokePage, "revoke"),
            page(f"{one}/convert/", pages.ConvertPage, "convert"),
            *super().get_urls(),
        ]
