"""Advice: what somebody should do about which account or price, with the evidence."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.admin import advice_rows
from billing.admin.price_advice import PriceAdvicePage
from billing.models import Advice
from config.desk.counting import UncountedChangeList
from config.desk.desks import ReadOnlyDesk
from config.desk.templatetags.desk import link_to


class AdviceList(UncountedChangeList):
    """Knows what the rows are called that the advice on its page goes by."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        listed = list(self.result_list)
        names = advice_rows.names_of(row for each in listed for row in each.rows)
        for each in listed:
            each.names = names
        self.result_list = listed


@admin.register(Advice)
class AdviceDesk(ReadOnlyDesk):
    purpose = (
        "Accounts to call and packs that fit better, with the evidence. Every account is looked at once a day; what "
        "there is no reason for any more is gone. A CRM that knows the account gets the same as tasks."
    )
    counted_as = ("piece of advice", "pieces of advice")
    list_before_template = "desk/advice/above.html"
    file_columns = {
        "found_at": "found_at",
        "account": "customer__reference",
        "kind": "code",
        "title": "title",
        "due_on": "due_on",
        "evidence": "evidence",
        "rows": "rows",
    }
    list_display = ["about", "whose", "kind", "by_when"]
    list_display_links = None
    list_filter = ["code"]
    list_select_related = ["customer"]
    search_fields = ["customer__reference"]
    search_help_text = "Part of the account's reference"
    ordering = ["due_on", "pk"]

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[AdviceList]:
        return AdviceList

    def get_urls(self) -> list[URLPattern]:
        return [self.page("prices/", PriceAdvicePage, "prices"), *super().get_urls()]

    @admin.display(description="What")
    def about(self, row: Advice) -> SafeString:
        rows = format_html_join(", ", "{}", ((advice_rows.led(row, each, row.names),) for each in row.rows))
        goes_by = format_html('<div class="d-faint d-small">It goes by: {}</div>', rows) if row.rows else ""
        said = format_html('<span class="d-strong">{}</span><div>{}</div>', row.title, row.evidence)
        return format_html('<div class="d-advice">{}{}</div>', said, goes_by)

    @admin.display(description="Account")
    def whose(self, row: Advice) -> SafeString:
        return link_to("wallets_account", row.customer_id, row.customer)

    @admin.display(description="Kind", ordering="code")
    def kind(self, row: Advice) -> str:
        return row.get_code_display()

    @admin.display(description="By", ordering="due_on")
    def by_when(self, row: Advice) -> str:
        return f"{row.due_on:%-d %b %Y}"

    def has_change_permission(self, request: HttpRequest, obj: Advice | None = None) -> bool:
        return False
