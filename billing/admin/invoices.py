"""Invoices: the list, one as a page, on paper and as PDF, and finalising many at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.admin.invoice_changes import AddLinePage, CreditPage, DiscardPage, DropLine, FinalisePage
from billing.models import Invoice
from billing.queries import documents
from billing.rules.documents import Document
from billing.rules.money import written
from billing.rules.pdf import pdf_of
from billing.services import invoicing
from config.desk.desks import ReadOnlyDesk
from config.desk.pages import DeskPage
from config.desk.templatetags.desk import badge, day
from config.kernel.errors import DomainError

TONES = {"draft": "wait", "final": "good", "void": "plain"}


def invoice_or_404(object_id: UUID) -> Invoice:
    found = Invoice.objects.select_related("customer").filter(pk=object_id).first()
    if found is None:
        raise Http404
    return found


class InvoicePage(DeskPage):
    """One invoice: what it asks money for, from what it came, and what was given back."""

    permissions = ("billing.view_invoice",)
    template_name = "desk/invoices/page.html"

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        self.invoice = invoice_or_404(object_id)

    def title(self) -> str:
        return f"Invoice {self.invoice}"

    def context(self) -> dict[str, Any]:
        lines = documents.lines_of(self.invoice, documents.draft_of(self.invoice))
        unrated = documents.unrated_of(self.invoice)
        document = documents.document_of(self.invoice, lines)
        return {
            "invoice": self.invoice,
            "tone": TONES[self.invoice.state],
            "lines": list(zip(lines, document.rows, strict=True)),
            "document": document,
            "notes": self.invoice.credit_notes.order_by("issued_at", "pk"),
            "unrated": sum(lot.tokens for lot in unrated),
        }


class InvoicePaper(InvoicePage):
    """The invoice as it is printed, outside the admin's frame."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return on_paper(request, self.document(), self.back())

    def document(self) -> Document:
        return documents.document_of(
            self.invoice, documents.lines_of(self.invoice, documents.draft_of(self.invoice))
        )

    def back(self) -> str:
        return reverse("admin:billing_invoice_change", args=[self.invoice.pk])


class InvoicePdf(InvoicePaper):
    """The invoice as a file."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return as_file(self.document(), self.invoice.issued_at or self.invoice.made_at)


def on_paper(request: HttpRequest, document: Document, back: str) -> HttpResponse:
    return render(request, "desk/invoices/paper.html", {"document": document, "back": back})


def as_file(document: Document, made_at: Any) -> HttpResponse:
    font = Path(settings.INVOICE_FONT) if settings.INVOICE_FONT else None
    content = pdf_of(document, made_at=made_at, font=font)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{document.name}.pdf"'
    return response


@admin.register(Invoice)
class InvoiceDesk(ReadOnlyDesk):
    """Drafts are made by a job; people look at them, and finalise them one by one or together."""

    list_display = ["named", "whose", "of_month", "sum", "status", "issued"]
    list_display_links = ["named"]
    list_filter = ["state", "currency", "period"]
    list_select_related = ["customer"]
    search_fields = ["customer__reference", "customer__name", "finalised_by"]
    search_help_text = "Parts of the account's reference or name"
    ordering = ["-period", "-issued_at", "-pk"]
    actions = ["finalise"]

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view.as_view(desk=self))
            return path(f"<uuid:object_id>/{address}", wrapped, name=f"billing_invoice_{name}")

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
        address = reverse("admin:wallets_account_change", args=[invoice.customer_id])
        return format_html('<a class="d-inlist" href="{}">{}</a>', address, invoice.customer)

    @admin.display(description="Month", ordering="period")
    def of_month(self, invoice: Invoice) -> str:
        return f"{invoice.period:%b %Y}"

    @admin.display(description="Comes to", ordering="total")
    def sum(self, invoice: Invoice) -> str:
        return written(invoice.total, invoice.currency)

    @admin.display(description="State", ordering="state")
    def status(self, invoice: Invoice) -> SafeString:
        return badge("discarded" if invoice.state == "void" else invoice.state, TONES[invoice.state])

    @admin.display(description="Issued", ordering="issued_at")
    def issued(self, invoice: Invoice) -> str:
        return day(invoice.issued_at) if invoice.issued_at else "–"
