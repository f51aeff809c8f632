"""Revenue month by month: what a month came to, its grants, its journal, closing it and opening it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from billing.admin.months import month_asked
from billing.connectors.registry import CONNECTORS
from billing.models import Invoice
from billing.queries import journal, revenue
from billing.queries.revenue import MonthFigures
from billing.rules.journal import Line, as_csv, lines_of
from billing.rules.money import places_of
from billing.rules.months import last_day
from billing.services import periods
from config.desk import charts
from config.desk.faults import NotHere
from config.desk.files import csv_file
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage, DeskPage

SEEN = ("billing.view_revenuemonth",)
MONTHS_CHARTED = 12
GRANTS_PREVIEWED = 25


class MonthsPage(DeskPage):
    """Every month that moved something, the newest first."""

    permissions = SEEN
    template_name = "desk/revenue/months.html"

    def title(self) -> str:
        return "Revenue"

    def context(self) -> dict[str, Any]:
        months = revenue.months()
        names = sorted({each.currency for month in months for each in month.currencies})
        asked, due = self.request.GET.get("currency", ""), revenue.next_to_close()
        chosen = asked if asked in names else (names[0] if names else "")
        return {
            "months": [(month, month.in_currency(chosen) or revenue.Figures(chosen)) for month in months],
            "currencies": names,
            "currency": chosen,
            "places": places_of(chosen),
            "chart": _chart(months, chosen),
            "next": due,
            "why_not": revenue.why_not_to_close(due) if due else "",
        }


def _chart(months: list[MonthFigures], currency: str) -> charts.Sizes | None:
    """What was earned a month, by product, by fees and overage, and by expiry."""
    shown = [each for each in reversed(months[:MONTHS_CHARTED]) if each.currencies]
    if not shown:
        return None
    figures = [each.in_currency(currency) or revenue.Figures(currency) for each in shown]
    products = sorted({name for each in figures for name in each.by_product})
    series = [
        (name, [max(each.by_product.get(name, revenue.ZERO), revenue.ZERO) for each in figures])
        for name in products
    ]
    for name, parts in (
        ("fees", [each.fees for each in figures]),
        ("overage", [each.overage for each in figures]),
    ):
        if any(part.earned > 0 for part in parts):
            series.append((name, [max(part.earned, revenue.ZERO) for part in parts]))
    series.append(("expired", [max(each.breakage, revenue.ZERO) for each in figures]))
    return charts.columns([f"{each.month:%b %Y}" for each in shown], series)


class _OfMonth:
    month: date

    def find(self, month: str, **_kwargs: Any) -> None:
        self.month = month_asked(month)
        self.period = next(
            (each for each in [revenue.last_closed()] if each and each.month == self.month), None
        )

    def context(self) -> dict[str, Any]:
        return {"month": self.month, "back": month_page(self.month)}


def month_page(month: date) -> str:
    return reverse("admin:billing_revenuemonth_month", args=[f"{month:%Y-%m}"])


class MonthPage(_OfMonth, DeskPage):
    """What one month came to, by currency, product and kind."""

    permissions = SEEN
    template_name = "desk/revenue/month.html"

    def title(self) -> str:
        return f"{self.month:%B %Y}"

    def context(self) -> dict[str, Any]:
        found = next((each for each in revenue.months() if each.month == self.month), None)
        if found is None:
            raise NotHere(f"Nothing was paid, earned or closed in {self.month:%B %Y}.")
        why_not = revenue.why_not_to_close(self.month)
        return {
            **super().context(),
            "figures": found,
            "is_last_closed": self.period is not None,
            "why_not": "" if found.period else why_not,
            "may_close": not why_not,
        }


class GrantsOfMonthPage(_OfMonth, DeskPage):
    """The grants that moved in a month, in one currency."""

    permissions = SEEN
    template_name = "desk/revenue/grants.html"

    def find(self, month: str, currency: str = "", **_kwargs: Any) -> None:
        super().find(month)
        found = next((each for each in revenue.months() if each.month == self.month), None)
        if found is None or found.in_currency(currency) is None:
            raise NotHere(f"Nothing was paid or earned in “{currency}” until the end of {self.month:%B %Y}.")
        self.currency = currency

    def title(self) -> str:
        return f"Grants of {self.month:%B %Y} in {self.currency}"

    def context(self) -> dict[str, Any]:
        page = revenue.grants_of(self.month, self.currency, self._after())
        places = places_of(self.currency)
        return {**super().context(), "page": page, "currency": self.currency, "places": places}

    def _after(self) -> UUID | None:
        try:
            return UUID(self.request.GET["after"])
        except (KeyError, ValueError):
            return None


class _OfJournal(_OfMonth):
    permissions = SEEN

    def find(self, month: str, currency: str = "", **_kwargs: Any) -> None:
        super().find(month)
        if currency not in journal.currencies_of(self.month):
            raise NotHere(f"{self.month:%B %Y} has no journal in “{currency}”.")
        self.currency = currency

    def lines(self, most: int | None = None) -> Iterator[Line]:
        return (line for row in journal.moved_in(self.month, self.currency, most) for line in lines_of(row))


class JournalPage(_OfJournal, DeskPage):
    """The first lines of a month's journal, as the file has them."""

    template_name = "desk/revenue/journal.html"

    def title(self) -> str:
        return f"Journal of {self.month:%B %Y} in {self.currency}"

    def context(self) -> dict[str, Any]:
        accounts = journal.accounts()
        lines = [(accounts[line.role], line) for line in self.lines(GRANTS_PREVIEWED)]
        return {
            **super().context(),
            "lines": lines,
            "currency": self.currency,
            "places": places_of(self.currency),
            "is_closed": self.period is not None,
            "day": last_day(self.month),
        }


class JournalFile(_OfJournal, DeskPage):
    """The journal as a file, sent as it is read."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        lines = as_csv(self.lines(), journal.accounts(), last_day(self.month), places_of(self.currency))
        return csv_file(f"journal-{self.month:%Y-%m}-{self.currency}", lines)


class CloseForm(DeskForm):
    reason = ReasonField(help_text="Such as who has checked it. It stands with the closing.")


class ClosePage(_OfMonth, DeskFormPage):
    """Close the books of a month, where that can be done; else why not."""

    permissions = ("billing.close_accountingperiod",)
    template_name = "desk/revenue/close.html"
    form_class = CloseForm

    def title(self) -> str:
        return f"Close {self.month:%B %Y}"

    def context(self) -> dict[str, Any]:
        drafts = Invoice.objects.drafts().filter(period=self.month).count()
        return {**super().context(), "drafts": drafts, "why_not": revenue.why_not_to_close(self.month)}

    def act(self, asked: dict[str, Any]) -> str:
        periods.close(
            month=self.month,
            user=self.request.user,  # type: ignore[arg-type]
            reason=asked["reason"],
            connectors=CONNECTORS,
        )
        messages.success(self.request, f"The books of {self.month:%B %Y} are closed.")
        return month_page(self.month)


class ReopenPage(_OfMonth, DeskFormPage):
    """Open the month that was closed last again."""

    permissions = ("billing.close_accountingperiod",)
    template_name = "desk/revenue/reopen.html"
    form_class = CloseForm

    def find(self, month: str, **_kwargs: Any) -> None:
        super().find(month)
        if self.period is None:
            raise NotHere("Only the month that was closed last can be opened again.")

    def title(self) -> str:
        return f"Open {self.month:%B %Y} again"

    def act(self, asked: dict[str, Any]) -> str:
        assert self.period is not None
        periods.reopen(period=self.period, user=self.request.user, reason=asked["reason"])  # type: ignore[arg-type]
        messages.success(self.request, f"The books of {self.month:%B %Y} are open again.")
        return month_page(self.month)
