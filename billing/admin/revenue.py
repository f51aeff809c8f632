"""The desks of finance: revenue by month and by grant, closed months, and the accounts that the journal books on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.admin import revenue_pages as pages
from billing.admin.finance_files import FocusFile, LedgerFile
from billing.models import AccountingPeriod, GrantRevenue, JournalAccount, RevenueMonth
from billing.queries.revenue import figures_at_closing, months_of_grant
from billing.rules.money import places_of
from config.desk.desks import Desk, ReadOnlyDesk
from config.desk.lists import Between, Sought
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import badge, link_to, moment, money
from wallets.queries.accounts import meant_by


@admin.register(RevenueMonth)
class RevenueDesk(ReadOnlyDesk):
    """Pages in the place of a list: a month has several rows."""

    def get_urls(self) -> list[URLPattern]:
        one = "<slug:month>"
        return [
            self.page("", pages.MonthsPage, "changelist"),
            self.page(f"{one}/", pages.MonthPage, "month"),
            self.page(f"{one}/focus.csv", FocusFile, "focus"),
            self.page(f"{one}/ledger.csv", LedgerFile, "ledger"),
            self.page(f"{one}/close/", pages.ClosePage, "close"),
            self.page(f"{one}/reopen/", pages.ReopenPage, "reopen"),
            self.page(f"{one}/grants/<slug:currency>/", pages.GrantsOfMonthPage, "grants"),
            self.page(f"{one}/journal/<slug:currency>/", pages.JournalPage, "journal"),
            self.page(f"{one}/journal/<slug:currency>.csv", pages.JournalFile, "file"),
        ]


class GrantRevenuePage(DeskPage):
    """What was paid for one grant and where that is now, and what each month moved of it."""

    permissions = ("billing.view_grantrevenue",)
    template_name = "desk/revenue/grant.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.revenue = get_object_or_404(
            GrantRevenue.objects.select_related("account", "repricing"), pk=object_id
        )

    def title(self) -> str:
        return f"{self.revenue.kind.capitalize()} of {self.revenue.account}"

    def context(self) -> dict[str, Any]:
        return {"revenue": self.revenue, "months": months_of_grant(self.revenue)}


def _sum(name: str, label: str = "") -> Any:
    """A column that shows a sum of a grant in the decimals of its currency."""

    @admin.display(description=label or name.capitalize())
    def shown(_desk: Any, row: GrantRevenue) -> str:
        return money(getattr(row, name), row.places) if row.currency else "–"

    return shown


@admin.register(GrantRevenue)
class GrantRevenueDesk(Sought, ReadOnlyDesk):
    purpose = (
        "Of each grant that was made: what was paid for it, what of that is earned, owed, lapsed or given back. "
        "It fills by itself within a minute or two of the first sale."
    )
    counted_as = ("grant", "grants")
    file_columns = {
        "made_at": "made_at",
        "account": "account__reference",
        "grant": "grant_id",
        "kind": "kind",
        "currency": "currency",
        "tokens": "tokens",
        "spent": "spent",
        "expired": "expired",
        "voided": "voided",
        "moved": "moved",
        "paid": "paid",
        "recognised": "recognised",
        "breakage": "breakage",
        "refunded": "refunded",
        "transferred": "transferred",
        "deferred": "deferred",
    }
    file_money = ["paid", "recognised", "breakage", "refunded", "transferred", "deferred"]
    list_display = ["made", "customer", "kind", "currency", "sold", "earned", "owed", "lapsed", "returned"]
    list_display_links = ["made"]
    list_filter = [("made_at", Between), "currency", "kind"]
    list_select_related = ["account"]
    search_fields = ["=account__reference"]
    search_help_text = "An account's reference, name or id elsewhere"
    ordering = ["-id"]

    sold, earned, owed = _sum("paid"), _sum("recognised"), _sum("deferred")
    lapsed, returned = _sum("breakage"), _sum("refunded")

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(account__in=meant_by(text))

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<uuid:object_id>/change/", GrantRevenuePage, "change"),
            *super().get_urls(),
        ]

    @admin.display(description="Made")
    def made(self, row: GrantRevenue) -> str:
        return moment(row.made_at)

    @admin.display(description="Account")
    def customer(self, row: GrantRevenue) -> SafeString:
        return link_to("wallets_account", row.account_id, row.account, query="?tab=grants")


class PeriodPage(DeskPage):
    """What a month came to when it was closed, by whom and why."""

    permissions = ("billing.view_accountingperiod",)
    template_name = "desk/revenue/period.html"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        rows = AccountingPeriod.objects.select_related("closed_by", "reopened_by")
        self.period = get_object_or_404(rows, pk=object_id)

    def title(self) -> str:
        return f"{self.period} as it was closed"

    def context(self) -> dict[str, Any]:
        figures = list(figures_at_closing(self.period).select_related("product"))
        for each in figures:
            each.places = places_of(each.currency)  # type: ignore[attr-defined]
        return {"period": self.period, "figures": figures}


@admin.register(AccountingPeriod)
class AccountingPeriodDesk(ReadOnlyDesk):
    purpose = (
        "Months whose books are closed, with what they came to then. Begin at Revenue: "
        "the first month that is over has a button to close it."
    )
    list_display = ["name", "state", "closed", "why"]
    list_display_links = ["name"]
    list_select_related = ["closed_by", "reopened_by"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:object_id>/change/", PeriodPage, "change"),
            *super().get_urls(),
        ]

    @admin.display(description="Month")
    def name(self, period: AccountingPeriod) -> str:
        return str(period)

    @admin.display(description="State")
    def state(self, period: AccountingPeriod) -> SafeString:
        return badge("closed", "good") if period.is_closed else badge("opened again", "wait")

    @admin.display(description="Closed")
    def closed(self, period: AccountingPeriod) -> SafeString:
        return format_html("{} by {}", moment(period.closed_at), period.closed_by)

    @admin.display(description="Reason")
    def why(self, period: AccountingPeriod) -> str:
        return period.reason if period.is_closed else f"Opened again: {period.reopening_reason}"


@admin.register(JournalAccount)
class JournalAccountDesk(Desk):
    """How the general ledger calls its accounts; which there are follows from what the journal books."""

    purpose = (
        "What your general ledger calls the accounts that the journal books on. Which there are follows from "
        "what is booked; their codes and names are yours."
    )
    list_display = ["code", "name", "used_for"]
    list_display_links = ["code"]
    fields = ["code", "name"]
    actions = None

    @admin.display(description="Used for")
    def used_for(self, account: JournalAccount) -> str:
        return account.get_role_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
