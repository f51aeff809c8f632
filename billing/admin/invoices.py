"""Invoices: the list, one as a page, on paper and as PDF, and finalising many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.admin.invoice_changes import (
    AddLinePage,
    CreditPage,
    DiscardPage,
    DropLine,
    FinalisePage,
    OfInvoice,
)
from billing.admin.papers import as_file, on_paper
from billing.connectors import registry
from billing.models import Invoice
from billing.queries.heads import erased_at
from billing.queries.invoice_items_shown import elsewhere
from billing.queries.numbers import written_number
from billing.rules.money import written
from billing.rules.months import month_named
from billing.rules.numbers import number_in
from billing.services import invoicing
from billing.services.invoice_items import kinds_that_carry
from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Sought
from config.desk.templatetags.desk import badge, day, link_to
from config.kernel.errors import DomainError
from wallets.queries.accounts import meant_by

TONES = {"draft": "wait", "final": "good", "void": "plain"}
STATES = {"draft": "draft", "final": "final", "void": "discarded"}


class InvoicePage(OfInvoice):
    """One invoice: what it asks money for, from what it came, and what was given back."""

    template_name = "desk/invoices/page.html"

    def title(self) -> str:
        return f"Invoice {self.invoice}"

    def context(self) -> dict[str, Any]:
        context = super().context()
        lines = [line for line, _ in context["lines"]]
        notes = list(self.invoice.credit_notes.order_by("issued_at", "pk").prefetch_related("lines"))
        there = elsewhere(self.invoice, lines, notes, kinds_that_carry(registry.CONNECTORS), timezone.now())
        return {
            **context,
            "lines": [
                (line, row, there.lines.get(line.id) if there else None) for line, row in context["lines"]
            ],
            "tone": TONES[self.invoice.state],
            "erased_at": erased_at(self.invoice.customer) if self.invoice.is_final else None,
            "notes": [(note, there.notes[note.number] if there else []) for note in notes],
            "there": there,
        }


class InvoicePaper(OfInvoice):
    """The invoice as it is printed, outside the admin's frame."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        file = reverse("admin:billing_invoice_pdf", args=[self.invoice.pk])
        return on_paper(request, self.document().paper, self.address(), file)


class InvoicePdf(OfInvoice):
    """The invoice as a file."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return as_file(self.document().paper, self.invoice.issued_at or self.invoice.made_at)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, said.capitalize()) for state, said in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class MonthFilter(admin.SimpleListFilter):
    """The months that invoices are of."""

    title = "month"
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = Invoice.objects.order_by("-period").values_list("period", flat=True).distinct()
        return [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        try:
            return queryset.filter(period=month_named(str(self.value())))
        except ValueError as fault:
            raise IncorrectLookupParameters from fault


@admin.register(Invoice)
class InvoiceDesk(Sought, ReadOnlyDesk):
    """Drafts are made by a job; people look at them, and finalise them one by one or together."""

    purpose = (
        "What customers owe in money for a month. A job drafts what orders ask for at once, and what overage is open "
        "when the month is over; a person looks at it and makes it final. Before the first one say who sells (Seller "
        "on invoices), and what a token of overage costs (Overage rates)."
    )
    file_columns = {
        "number": "written_number",
        "account": "customer__reference",
        "period": "period",
        "currency": "currency",
        "state": "state",
        "total": "total",
        "issued_on": "issued_on",
        "finalised_by": "finalised_by",
        "id": "id",
    }
    file_money = ["total"]
    list_display = ["named", "whose", "of_month", "sum", "status", "issued"]
    list_display_links = ["named"]
    list_filter = [StateFilter, "currency", MonthFilter]
    list_select_related = ["customer"]
    search_fields = ["customer__reference", "customer__name", "finalised_by"]
    search_help_text = "A number such as 2026-000123, an account, or who finalised it"
    ordering = ["-period", "-issued_at", "-pk"]
    actions = ["finalise"]

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            return self.page(f"<uuid:object_id>/{address}", view, name)

        return [
            page("change/", InvoicePage, "change"),
            page("paper/", InvoicePaper, "paper"),
            page("pdf/", InvoicePdf, "pdf"),
            page("finalise/", FinalisePage, "finalise"),
            page("discard/", DiscardPage, "discard"),
            page("line/", AddLinePage, "line"),
            page("line/<uuid:line_id>/drop/", DropLine, "drop_line"),
            page("credit/", CreditPage, "credit"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(written_number=written_number())

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        if number := number_in(text):
            return rows.filter(year=number[0], sequence=number[1])
        return rows.filter(Q(customer__in=meant_by(text)) | Q(finalised_by__icontains=text))

    def has_finalise_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.finalise_invoice")

    @admin.action(description="Finalise", permissions=["finalise"])
    def finalise(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        done = 0
        for invoice in queryset.drafts().select_related("customer").order_by("customer__reference", "period"):
            try:
                invoicing.finalise_as_listed(invoice=invoice, by=request.user.get_username())
            except DomainError as refusal:
                messages.error(request, f"{invoice.customer}, {invoice}: {refusal.detail}")
            else:
                done += 1
        if done:
            messages.success(request, f"{done} invoice{'s are' if done > 1 else ' is'} final.")

    @admin.display(description="Number", ordering="sequence")
    def named(self, invoice: Invoice) -> str:
        return invoice.number or "draft"

    @admin.display(description="Account", ordering="customer__reference")
    def whose(self, invoice: Invoice) -> SafeString:
        return link_to("wallets_account", invoice.customer_id, invoice.customer)

    @admin.display(description="Month", ordering="period")
    def of_month(self, invoice: Invoice) -> str:
        return f"{invoice.period:%b %Y}"

    @admin.display(description="Comes to", ordering="total")
    def sum(self, invoice: Invoice) -> str:
        return written(invoice.total, invoice.currency)

    @admin.display(description="State", ordering="state")
    def status(self, invoice: Invoice) -> SafeString:
        return badge(STATES[invoice.state], TONES[invoice.state])

    @admin.display(description="Issued", ordering="issued_at")
    def issued(self, invoice: Invoice) -> str:
        return day(invoice.issued_at) if invoice.issued_at else "–"
