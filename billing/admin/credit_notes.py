"""Credit notes: the list, one on paper and as PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString

from billing.admin.papers import as_file, on_paper
from billing.models import CreditNote
from billing.queries.documents import document_of_note
from billing.queries.numbers import written_number
from billing.rules.money import written
from billing.rules.numbers import number_in
from config.desk.desks import ReadOnlyDesk
from config.desk.lists import Between, Sought
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import link_to
from wallets.queries.accounts import meant_by


class NotePage(DeskPage):
    """One credit note, as it was sent."""

    permissions = ("billing.view_creditnote",)

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        self.note = get_object_or_404(CreditNote.objects.select_related("invoice"), pk=object_id)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        back = reverse("admin:billing_invoice_change", args=[self.note.invoice_id])
        file = reverse("admin:billing_creditnote_pdf", args=[self.note.pk])
        return on_paper(request, document_of_note(self.note).paper, back, file)


class NotePdf(NotePage):
    """The same as a file."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return as_file(document_of_note(self.note).paper, self.note.issued_at)


@admin.register(CreditNote)
class CreditNoteDesk(Sought, ReadOnlyDesk):
    """Written by the job that finds reversals of invoiced overage, and by hand from an invoice's page."""

    purpose = (
        "What is given back of a final invoice. Reversing usage that an invoice carries makes one by itself; "
        "any other amount is given back from the invoice's page, by Credit."
    )
    file_columns = {
        "number": "written_number",
        "account": "customer__reference",
        "invoice": "invoice_written",
        "currency": "invoice__currency",
        "total": "total",
        "issued_on": "issued_on",
        "issued_by": "issued_by",
        "reason": "reason",
        "id": "id",
    }
    file_money = ["total"]
    list_display = ["number", "of_invoice", "whose", "sum", "why", "origin", "issued_on"]
    list_select_related = ["invoice", "customer"]
    list_filter = [("issued_on", Between), "invoice__currency"]
    search_fields = ["customer__reference", "customer__name", "reason"]
    search_help_text = "A number such as C2026-000123, its invoice's, an account, or words of the reason"
    ordering = ["-issued_at", "-pk"]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<uuid:object_id>/change/", NotePage, "change"),
            self.page("<uuid:object_id>/pdf/", NotePdf, "pdf"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.annotate(
            written_number=written_number(series="C"), invoice_written=written_number("invoice__")
        )

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        if number := number_in(text, "C"):
            return rows.filter(year=number[0], sequence=number[1])
        if number := number_in(text):
            return rows.filter(invoice__year=number[0], invoice__sequence=number[1])
        return rows.filter(Q(customer__in=meant_by(text)) | Q(reason__icontains=text))

    @admin.display(description="Invoice")
    def of_invoice(self, note: CreditNote) -> SafeString:
        return link_to("billing_invoice", note.invoice_id, note.invoice)

    @admin.display(description="Account", ordering="customer__reference")
    def whose(self, note: CreditNote) -> str:
        return str(note.customer)

    @admin.display(description="Gives back", ordering="total")
    def sum(self, note: CreditNote) -> str:
        return written(note.total, note.invoice.currency)

    @admin.display(description="Reason")
    def why(self, note: CreditNote) -> str:
        return note.reason

    @admin.display(description="By")
    def origin(self, note: CreditNote) -> str:
        by = note.issued_by or "a program"
        return f"a reversal by {by}" if note.reversal_id else by
