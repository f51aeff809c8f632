"""What people do with an invoice: write a line on it, finalise or discard it, give money of it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.admin.account_grants import FormToken
from billing.models import Invoice
from billing.queries import documents
from billing.queries.documents import ShownLine
from billing.rules.documents import Document
from billing.rules.money import places_of, written
from billing.services import crediting, invoicing
from billing.services.crediting import CreditOrder
from billing.services.invoicing import FixedLine
from config.desk.forms import AmountField, DeskForm, ReasonField, WhyForm, dress
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.refusals import told
from config.kernel.amounts import MONEY_PLACES, QUANTITY_PLACES


class OfInvoice(DeskPage):
    """What all pages of one invoice share."""

    permissions = ("billing.view_invoice",)

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        self.invoice = get_object_or_404(Invoice.objects.select_related("customer"), pk=object_id)

    def address(self) -> str:
        return reverse("admin:billing_invoice_change", args=[self.invoice.pk])

    def lines(self) -> list[ShownLine]:
        """As they are now."""
        return documents.lines_of(self.invoice, documents.draft_of(self.invoice))

    def document(self, lines: list[ShownLine] | None = None) -> Document:
        return documents.document_of(self.invoice, self.lines() if lines is None else lines)

    def context(self) -> dict[str, Any]:
        lines = self.lines()
        document = self.document(lines)
        return {
            "invoice": self.invoice,
            "back": self.address(),
            "document": document,
            "lines": list(zip(lines, document.rows, strict=True)),
            "unrated": sum(lot.tokens for lot in documents.unrated_of(self.invoice)),
        }


class InvoiceFormPage(DeskFormPage, OfInvoice):
    """A form about one invoice. Its buttons lead back to the invoice."""

    permissions = ("billing.finalise_invoice",)


class FinaliseForm(DeskForm):
    """expected: what the page showed that it comes to."""

    expected = forms.DecimalField(widget=forms.HiddenInput, max_digits=30, decimal_places=12)


class FinalisePage(InvoiceFormPage):
    """Issue it, for good."""

    template_name = "desk/invoices/finalise.html"
    form_class = FinaliseForm

    def title(self) -> str:
        return f"Finalise the {self.invoice}"

    def initial(self) -> dict[str, Any]:
        return {"expected": sum((line.item.amount for line in self.lines()), Decimal(0))}

    def act(self, asked: dict[str, Any]) -> str:
        done = invoicing.finalise(invoice_id=self.invoice.pk, by=self.by, expected=asked["expected"])
        return self.done(f"Invoice {done.number} is final: {written(done.total, done.currency)}.")


class DiscardPage(InvoiceFormPage):
    """Issue nothing for its month."""

    template_name = "desk/invoices/discard.html"
    form_class = WhyForm

    def title(self) -> str:
        return f"Discard the {self.invoice}"

    def act(self, asked: dict[str, Any]) -> str:
        invoicing.discard(invoice_id=self.invoice.pk, by=self.by, reason=asked["reason"])
        return self.done("The draft is discarded. What it carried goes on the next one.")


class LineForm(DeskForm):
    description = forms.CharField(max_length=300)
    quantity = AmountField(places=QUANTITY_PLACES, initial=Decimal(1))
    unit_price = AmountField(label="Price of one", places=MONEY_PLACES, least=Decimal(0))


class AddLinePage(InvoiceFormPage):
    """Write a line of a fixed price on the draft."""

    permissions = ("billing.change_invoice",)
    template_name = "desk/invoices/line.html"
    form_class = LineForm

    def title(self) -> str:
        return f"Add a line to the {self.invoice}"

    def act(self, asked: dict[str, Any]) -> str:
        invoicing.add_line(invoice_id=self.invoice.pk, line=FixedLine(**asked), by=self.by)
        return self.done("The line stands on the draft.")


class DropLine(DeskPage):
    """Take a fixed line off the draft again."""

    permissions = ("billing.change_invoice",)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        raise Http404

    def post(self, request: HttpRequest, object_id: UUID, line_id: UUID) -> HttpResponse:
        with told(request, "The line is off the draft."):
            invoicing.drop_line(invoice_id=object_id, line_id=line_id)
        return HttpResponseRedirect(reverse("admin:billing_invoice_change", args=[object_id]))


class CreditForm(FormToken):
    """An amount a line that something is left of, and why."""

    reason = ReasonField(help_text="It stands on the credit note, for the customer to read.")

    def __init__(self, *args: Any, lines: Any = (), currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.left > 0]
        for line in self.lines:
            field = AmountField(
                label=line.item.description,
                required=False,
                places=places_of(currency),
                least=Decimal(0),
                help_text=f"Of {written(line.left, currency)} that are left.",
            )
            dress(field.widget)
            self.fields[f"line_{line.id}"] = field
        self.order_fields([*(f"line_{line.id}" for line in self.lines), "reason"])

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        named = {line.id: asked.get(f"line_{line.id}") for line in self.lines}
        asked["amounts"] = {line_id: amount for line_id, amount in named.items() if amount}
        if not asked["amounts"] and not self.errors:
            raise forms.ValidationError("Say how much of which line is given back.")
        return asked


class CreditPage(InvoiceFormPage):
    """Give money of a final invoice back."""

    permissions = ("billing.add_creditnote",)
    template_name = "desk/invoices/credit.html"
    form_class = CreditForm

    def find(self, object_id: UUID, **_kwargs: Any) -> None:
        super().find(object_id)
        if not self.invoice.is_final:
            raise Http404

    def title(self) -> str:
        return f"Credit of invoice {self.invoice}"

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        initial = {"form_token": uuid4().hex}
        return CreditForm(data, files, initial=initial, lines=self.lines(), currency=self.invoice.currency)

    def act(self, asked: dict[str, Any]) -> str:
        order = CreditOrder(self.invoice.pk, asked["amounts"], asked["reason"], asked["form_token"])
        note = crediting.credit_by_hand(order=order, by=self.by)
        return self.done(
            f"Credit note {note.number} gives back {written(note.total, self.invoice.currency)}."
        )
