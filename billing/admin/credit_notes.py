"""Credit notes: the list, one on paper and as PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.admin.invoices import as_file, on_paper
from billing.models import CreditNote
from billing.queries.documents import document_of_note
from billing.rules.money import written
from config.desk.desks import ReadOnlyDesk
from config.desk.pages import DeskPage


class NotePage(DeskPage):
    """One credit note, as it was sent."""

    permissions = ("billing.view_creditnote",)

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        found = CreditNote.objects.select_related("invoice").filter(pk=object_id).first()
        if found is None:
            raise Http404
        self.note = found

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        back = reverse("admin:billing_invoice_change", args=[self.note.invoice_id])
        return on_paper(request, document_of_note(self.note), back)


class NotePdf(NotePage):
    """The same as a file."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return as_file(document_of_note(self.note), self.note.issued_at)


@admin.register(CreditNote)
class CreditNoteDesk(ReadOnlyDesk):
    """Written by the job that finds reversals of invoiced overage, and by hand from an invoice's page."""

    list_display = ["number", "of_invoice", "whose", "sum", "why", "origin", "issued_on"]
    list_select_related = ["invoice", "customer"]
    list_filter = ["invoice__currency"]
    search_fields = ["customer__reference", "customer__name", "reason"]
    search_help_text = "Parts of the account's reference or name, or of the reason"
    ordering = ["-issued_at", "-pk"]

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(view.as_view(desk=self))

        return [
            path("<uuid:object_id>/change/", page(NotePage), name="billing_creditnote_change"),
            path("<uuid:object_id>/pdf/", page(NotePdf), name="billing_creditnote_pdf"),
            *super().get_urls(),
        ]

    @admin.display(description="Invoice")
    def of_invoice(self, note: CreditNote) -> SafeString:
        address = reverse("admin:billing_invoice_change", args=[note.invoice_id])
        return format_html('<a class="d-inlist" href="{}">{}</a>', address, note.invoice)

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
