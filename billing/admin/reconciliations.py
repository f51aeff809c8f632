"""Reconciliation: the equation of all tokens, the books beside each other day by day, and asking for a run."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from billing.admin.months import day_asked, month_asked
from billing.connectors.registry import CONNECTORS
from billing.models import Connection, Reconciliation
from billing.queries import compared, reconciliation, revenue
from billing.queries.comparisons_due import answers_for
from billing.rules.months import last_day, next_month
from billing.services import absences, reconciling
from billing.services.comparing import askable
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, WhyForm
from config.desk.pages import DeskFormPage, DeskPage
from usage.queries.moments import database_clock

SEEN = ("billing.view_reconciliation",)


def page_of(month: date) -> str:
    return f"{reverse('admin:billing_reconciliation_changelist')}?month={month:%Y-%m}"


class ReconciliationPage(DeskPage):
    """A month: where all tokens are now, and day by day what each of the books says."""

    permissions = SEEN
    template_name = "desk/reconciliation/month.html"

    def find(self, **_kwargs: Any) -> None:
        self.today = database_clock().date()
        self.month = month_asked(self.request.GET.get("month", f"{self.today:%Y-%m}"))

    def title(self) -> str:
        return "Reconciliation"

    def context(self) -> dict[str, Any]:
        shown = reconciliation.month_shown(self.month, self.request.GET.get("unit", ""), self.today)
        following = next_month(self.month)
        last = min(last_day(self.month), self.today)
        return {
            "shown": shown,
            "equation": reconciliation.equation(),
            "gaps": reconciliation.open_gaps(self.month, last),
            "run": reconciliation.under_way(),
            "runs": reconciliation.newest_runs(),
            "before": (self.month - timedelta(days=1)).replace(day=1),
            "following": following if following <= self.today else None,
            "compared": compared.month_with_connections(self.month, askable(CONNECTORS)),
            "not_askable": compared.not_askable(askable(CONNECTORS)),
            "is_over": following <= self.today,
            "may_close": self.month == revenue.next_to_close() and not revenue.why_not_to_close(self.month),
            "is_closed": self._is_closed(),
        }

    def _is_closed(self) -> bool:
        last = revenue.last_closed()
        return last is not None and self.month <= last.month


class DayPage(DeskPage):
    """One day: what each of the books says in each token unit, and its gaps, open and closed."""

    permissions = SEEN
    template_name = "desk/reconciliation/day.html"

    def find(self, day: str, **_kwargs: Any) -> None:
        self.day = day_asked(day)

    def title(self) -> str:
        return f"{self.day:%-d %B %Y}"

    def context(self) -> dict[str, Any]:
        kept, sums, gaps = reconciliation.day_shown(self.day)
        beside = compared.day_with_connections(self.day, askable(CONNECTORS))
        found = {"day": self.day, "kept": kept, "sums": sums, "gaps": gaps, "compared": beside}
        return {**found, "back": page_of(self.day)}


class DayInput(forms.DateInput):
    input_type = "date"


class AskForm(DeskForm):
    """From which day until which."""

    first = forms.DateField(label="First day", widget=DayInput(format="%Y-%m-%d"), help_text="Of UTC.")
    last = forms.DateField(label="Last day", widget=DayInput(format="%Y-%m-%d"), help_text="It is included.")

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("first") and asked.get("last") and asked["first"] > asked["last"]:
            self.add_error("last", "The last day is not before the first.")
        return asked


class AskPage(DeskFormPage):
    """The button "Reconcile now"."""

    permissions = ("billing.add_reconciliation",)
    template_name = "desk/reconciliation/ask.html"
    form_class = AskForm

    def find(self, **_kwargs: Any) -> None:
        self.today = database_clock().date()
        self.month = month_asked(self.request.GET.get("month", f"{self.today:%Y-%m}"))

    def title(self) -> str:
        return "Reconcile now"

    def context(self) -> dict[str, Any]:
        return {"back": page_of(self.month)}

    def initial(self) -> dict[str, Any]:
        return {"first": self.month, "last": min(last_day(self.month), self.today)}

    def act(self, asked: dict[str, Any]) -> str:
        run = reconciling.ask(first=asked["first"], last=asked["last"], by=self.by)
        messages.success(self.request, f"A worker compares the books of {run} now.")
        return page_of(run.first_day)


class WithoutPage(DeskFormPage):
    """Close a month without what a connection has not answered, for a reason."""

    permissions = ("billing.accept_gap",)
    template_name = "desk/reconciliation/without.html"
    form_class = WhyForm

    def find(self, month: str, connection_id: int, **_kwargs: Any) -> None:
        self.month = month_asked(month)
        self.connection = get_object_or_404(Connection, pk=connection_id)

    def title(self) -> str:
        return f"Close {self.month:%B %Y} without {self.connection}"

    def context(self) -> dict[str, Any]:
        found = answers_for(self.month, [self.connection.kind])
        answer = next((each for each in found if each.row.pk == self.connection.pk), None)
        shown = {"connection": self.connection, "month": self.month, "answer": answer}
        return {**shown, "back": page_of(self.month)}

    def act(self, asked: dict[str, Any]) -> str:
        absences.accept(
            connection=self.connection,
            month=self.month,
            kinds=askable(CONNECTORS),
            user=self.request.user,  # type: ignore[arg-type]
            reason=asked["reason"],
        )
        messages.success(self.request, f"{self.month:%B %Y} may be closed without {self.connection}.")
        return page_of(self.month)


class Progress(DeskPage):
    """How far a run is, for the page's script."""

    permissions = SEEN

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.run = get_object_or_404(Reconciliation, pk=object_id)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        told = {
            "under_way": self.run.is_under_way,
            "percent": self.run.percent,
            "done": self.run.days_done,
            "total": self.run.days,
            "of": "days",
        }
        return JsonResponse(told, headers={"Cache-Control": "no-store"})


@admin.register(Reconciliation)
class ReconciliationDesk(ReadOnlyDesk):
    """Pages in the place of a list: what is looked at are days, not runs."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", ReconciliationPage, "changelist"),
            self.page("ask/", AskPage, "ask"),
            self.page("days/<slug:day>/", DayPage, "day"),
            self.page("without/<slug:month>/<int:connection_id>/", WithoutPage, "without"),
            self.page("<uuid:object_id>/progress/", Progress, "progress"),
        ]
