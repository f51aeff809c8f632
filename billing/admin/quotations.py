"""The desk of quotations: all of them, and the pages of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.admin.estimates import EstimatePage
from billing.admin.quotation_changes import (
    AcceptPage,
    AskPage,
    DecidePage,
    DeclinePage,
    RevisePage,
    SendPage,
)
from billing.admin.quotation_forms import AddQuotationPage, EditQuotationPage
from billing.admin.quotation_pages import TONES, QuotationPage, QuotationPaper, QuotationPdf
from billing.models import Quotation
from billing.queries.numbers import quotation_number
from billing.rules.money import written
from billing.rules.numbers import number_in
from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Between, Sought
from config.desk.templatetags.desk import badge, day, link_to
from wallets.queries.accounts import meant_by


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label).capitalize()) for value, label in Quotation.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Quotation)
class QuotationDesk(Sought, ReadOnlyDesk):
    """Written, sent and answered on pages of their own; once sent nobody changes them."""

    purpose = (
        "What was offered to whom at which price, until which day. Accepting a quotation places the order. "
        "It takes a catalogue. Begin at an account, with what it uses: More, Estimate and quote."
    )
    file_columns = {
        "number": "written_number",
        "created_at": "created_at",
        "year": "year",
        "serial": "serial",
        "revision": "revision",
        "account": "account__reference",
        "currency": "currency",
        "list_amount": "list_amount",
        "amount": "amount",
        "author": "author__username",
        "sent_at": "sent_at",
        "valid_until": "valid_until",
        "id": "id",
    }
    file_money = ["list_amount", "amount"]
    list_display = ["named", "whose", "status", "to_pay", "off", "valid", "written_by"]
    list_display_links = ["named"]
    list_filter = [
        ("created_at", Between),
        StateFilter,
        "currency",
        ("author", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["account", "author"]
    search_fields = ["account__reference"]
    search_help_text = "An account's reference, name or id elsewhere, or a number such as Q-2026-0007"
    ordering = ["-id"]
    list_before_template = "desk/quotations/above.html"

    def get_urls(self) -> list[URLPattern]:
        page = self.page
        one, to = "<uuid:object_id>", "to/<uuid:account_id>"
        return [
            page(f"{to}/", AddQuotationPage, "write"),
            page(f"{to}/estimate/", EstimatePage, "estimate"),
            page(f"{one}/change/", QuotationPage, "change"),
            page(f"{one}/edit/", EditQuotationPage, "edit"),
            page(f"{one}/paper/", QuotationPaper, "paper"),
            page(f"{one}/pdf/", QuotationPdf, "pdf"),
            page(f"{one}/ask/", AskPage, "ask"),
            page(f"{one}/decide/", DecidePage, "decide"),
            page(f"{one}/send/", SendPage, "send"),
            page(f"{one}/revise/", RevisePage, "revise"),
            page(f"{one}/accept/", AcceptPage, "accept"),
            page(f"{one}/decline/", DeclinePage, "decline"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).standing(timezone.now()).annotate(written_number=quotation_number())
        )

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        if number := number_in(text.split("/")[0], "Q-"):
            return rows.filter(year=number[0], serial=number[1])
        return rows.filter(account__in=meant_by(text))

    @admin.display(description="Number", ordering="serial")
    def named(self, quotation: Quotation) -> str:
        return quotation.number

    @admin.display(description="Account", ordering="account__reference")
    def whose(self, quotation: Quotation) -> SafeString:
        return link_to("wallets_account", quotation.account_id, quotation.account)

    @admin.display(description="State", ordering="state")
    def status(self, quotation: Any) -> SafeString:
        return badge(Quotation.State(quotation.state).label.lower(), TONES[quotation.state])

    @admin.display(description="To pay", ordering="amount")
    def to_pay(self, quotation: Quotation) -> str:
        return written(quotation.amount, quotation.currency)

    @admin.display(description="Off the list", ordering="widest_share")
    def off(self, quotation: Quotation) -> str:
        return written(quotation.taken_off, quotation.currency) if quotation.taken_off else "–"

    @admin.display(description="Valid until", ordering="valid_until")
    def valid(self, quotation: Quotation) -> str:
        return day(quotation.last_moment)

    @admin.display(description="By", ordering="author__username")
    def written_by(self, quotation: Quotation) -> str:
        return str(quotation.author)
