"""One rehearsal: watching it, reading what it found, holding it against another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from billing.queries import rehearsals as shown
from config.desk.files import csv_file
from config.desk.pages import DeskPage
from config.desk.refusals import tell
from config.kernel.csv_lines import as_csv
from config.kernel.errors import DomainError
from pricing.models import Version
from usage.models import Rehearsal
from usage.queries import rehearsals
from usage.services import rehearsing
from wallets.models import Account

ACCOUNTS_A_PAGE = 25


class OfRehearsal(DeskPage):
    """What all pages of one rehearsal share."""

    permissions = ("usage.view_rehearsal",)

    def find(self, object_id: int, **_kwargs: Any) -> None:
        rows = Rehearsal.objects.select_related("table", "version", "asked_by")
        self.rehearsal = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return f"Rehearsal of {self.rehearsal.table} v{self.rehearsal.number}"

    def context(self) -> dict[str, Any]:
        rehearsal = self.rehearsal
        return {
            "rehearsal": rehearsal,
            "table": rehearsal.table,
            "version": rehearsal.version,
            "is_stale": shown.is_stale(rehearsal),
        }


class RehearsalPage(OfRehearsal):
    """A bar while it is under way; then what it found, alone or beside another."""

    template_name = "desk/rehearsals/page.html"

    def context(self) -> dict[str, Any]:
        context = super().context()
        if not self.rehearsal.is_done:
            return context
        asked = self.request.GET.get("against", "")
        others = shown.comparable(self.rehearsal)
        other = others.filter(pk=int(asked)).first() if asked.isdigit() and len(asked) < 12 else None
        context |= {"others": others[: shown.OTHERS_OFFERED], "other": other}
        context["impact"] = shown.impact(self.rehearsal)
        if other:
            context |= {"other_impact": shown.impact(other), "beside": shown.beside(self.rehearsal, other)}
        return context


class AccountsPage(OfRehearsal):
    """Every account, those hit hardest first."""

    template_name = "desk/rehearsals/accounts.html"

    def context(self) -> dict[str, Any]:
        sides = rehearsals.sides(self.rehearsal)
        page = Paginator(range(sides.accounts), ACCOUNTS_A_PAGE).get_page(self.request.GET.get("p"))
        first = max(page.start_index() - 1, 0)
        rows = rehearsals.hit(self.rehearsal, most=ACCOUNTS_A_PAGE, after=first)
        return {**super().context(), "sides": sides, "page": page, "rows": rows}


class AccountPage(OfRehearsal):
    """One account: each feature before and after, and what next month would cost it."""

    template_name = "desk/rehearsals/account.html"

    def find(self, object_id: int, account_id: UUID, **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        self.account = Account.objects.filter(pk=account_id).first()
        found = rehearsals.of_account(self.rehearsal, account_id) if self.account else None
        if found is None:
            raise Http404
        self.found = found

    def title(self) -> str:
        return str(self.found.account)

    def context(self) -> dict[str, Any]:
        rehearsal, account = self.rehearsal, self.found.account
        features = shown.features_of(rehearsal, account)
        ahead = shown.month_ahead(rehearsal, account, features, timezone.now())
        return {**super().context(), "found": self.found, "features": features, "ahead": ahead}


class Progress(OfRehearsal):
    """How far it is, for the page's script."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        told = {
            "under_way": self.rehearsal.is_under_way,
            "percent": self.rehearsal.percent,
            "done": self.rehearsal.lines_done,
            "total": self.rehearsal.lines_total,
        }
        return JsonResponse(told, headers={"Cache-Control": "no-store"})


class Cancel(OfRehearsal):
    """The button "Cancel"."""

    permissions = ("usage.add_rehearsal",)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(page_of(self.rehearsal))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        try:
            rehearsing.cancel(rehearsal=self.rehearsal)
        except DomainError as refusal:
            tell(request, refusal)
        else:
            messages.success(request, "The rehearsal is cancelled.")
        return HttpResponseRedirect(page_of(self.rehearsal))


class Discard(OfRehearsal):
    """The button "Remove this rehearsal"."""

    permissions = ("usage.delete_rehearsal",)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(page_of(self.rehearsal))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        try:
            rehearsing.discard(rehearsal=self.rehearsal)
        except DomainError as refusal:
            tell(request, refusal)
            return HttpResponseRedirect(page_of(self.rehearsal))
        messages.success(request, "The rehearsal is removed.")
        return HttpResponseRedirect(reverse("admin:usage_rehearsal_changelist"))


class Export(OfRehearsal):
    """What each feature came to for each account, as CSV."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        columns = ("account", "feature", *rehearsals.EXPORTED)
        lines = as_csv(columns, rehearsals.rows_of(self.rehearsal))
        return csv_file(f"rehearsal-{self.rehearsal.pk}", lines)


def page_of(rehearsal: Rehearsal) -> str:
    return reverse("admin:usage_rehearsal_change", args=[rehearsal.pk])


def newest(version: Version) -> dict[str, Any]:
    """For the page that publishes a draft: what the newest rehearsal of the draft as it is found."""
    rehearsal = shown.newest_of(version)
    found = shown.impact(rehearsal) if rehearsal and rehearsal.is_done else None
    return {"rehearsal": rehearsal, "impact": found}
