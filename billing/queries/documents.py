"""Invoices and credit notes as documents: a final one as it was issued, a draft as it would be now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum

from billing.models import CreditNote, Invoice, InvoicedOverage, InvoiceLine, Seller
from billing.queries import open_overage
from billing.queries.heads import buyer_told, seller_told
from billing.rules.documents import Document, Item, overage_of
from billing.rules.invoicing import Draft, Lot

DEBITS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class UsageOfLine:
    """A debit whose overage a line carries."""

    debit_id: UUID
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of an invoice and what it is made of. count: of debits; the first hundred are told.

    id: None for overage on a draft, whose lines are not written yet. left: what no credit note has given back.
    """

    item: Item
    id: UUID | None
    is_fixed: bool
    debits: list[UsageOfLine]
    count: int
    credited: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        return self.item.amount - self.credited


def lines_of(invoice: Invoice, draft: Draft | None) -> list[ShownLine]:
    """The invoice's lines in their order. draft: what its overage comes to now, where it is one."""
    rows = invoice.lines.annotate(credited=Sum("credits__amount")).order_by("position")
    shown = [_written(row) for row in rows]
    names = open_overage.names_of(line.feature for line in draft.lines) if draft else {}
    for line in draft.lines if draft else ():
        item = Item(overage_of(names[line.feature]), line.tokens, line.unit, line.rate.price, line.amount)
        used = [UsageOfLine(lot.debit_id, lot.tokens) for lot in line.lots]
        shown.append(ShownLine(item, None, False, used[:DEBITS_SHOWN], len(used)))
    return shown


def draft_of(invoice: Invoice) -> Draft | None:
    """What a draft's overage comes to now; None where the invoice is no draft."""
    return open_overage.draft_of(invoice) if invoice.is_draft else None


def unrated_of(invoice: Invoice) -> list[Lot]:
    """Open overage of a draft's customer that no rate prices, so that no invoice can carry it."""
    if not invoice.is_draft:
        return []
    return [
        lot
        for lot in open_overage.open_by_invoice(invoice.customer_id).unrated
        if lot.month <= invoice.period
    ]


def document_of(invoice: Invoice, lines: list[ShownLine]) -> Document:
    """The invoice as it is read on paper. lines: as `lines_of` told them."""
    facts = [("Customer", invoice.customer.reference), ("Period", f"{invoice.period:%B %Y}")]
    if invoice.issued_on:
        facts.insert(0, ("Date", f"{invoice.issued_on:%-d %B %Y}"))
    return Document(
        title="Invoice",
        number=invoice.number,
        issued_on=invoice.issued_on,
        seller=invoice.seller or seller_told(Seller.objects.first()),
        buyer=invoice.buyer or buyer_told(invoice.customer),
        facts=facts,
        items=[line.item for line in lines],
        currency=invoice.currency,
        total=sum((line.item.amount for line in lines), Decimal(0)),
    )


def document_of_note(note: CreditNote) -> Document:
    """The credit note as it is read on paper."""
    invoice = note.invoice
    parts = note.lines.select_related("line").order_by("line__position")
    items = [
        Item(
            part.line.description,
            part.tokens or None,
            part.line.token if part.tokens else "",
            None,
            part.amount,
        )
        for part in parts
    ]
    return Document(
        title="Credit note",
        number=note.number,
        issued_on=note.issued_on,
        seller=note.seller,
        buyer=invoice.buyer,
        facts=[
            ("Date", f"{note.issued_on:%-d %B %Y}"),
            ("Customer", invoice.buyer.get("reference", "")),
            ("For invoice", invoice.number),
        ],
        items=items,
        currency=invoice.currency,
        total=note.total,
        note=note.reason,
    )


def _written(row: InvoiceLine) -> ShownLine:
    used: QuerySet[InvoicedOverage] = row.lots.order_by("pk")
    is_fixed = row.kind == InvoiceLine.Kind.FIXED
    debits = [] if is_fixed else [UsageOfLine(each.debit_id, each.tokens) for each in used[:DEBITS_SHOWN]]
    return ShownLine(
        Item(row.description, row.quantity, row.token, row.unit_price, row.amount),
        row.pk,
        is_fixed,
        debits,
        0 if is_fixed else used.count(),
        getattr(row, "credited", None) or Decimal(0),
    )
