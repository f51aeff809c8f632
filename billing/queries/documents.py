"""Invoices and credit notes as documents: a final one as it was issued, a draft as it would be now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from billing.models import (
    CreditLine,
    CreditNote,
    Invoice,
    InvoicedOverage,
    InvoiceLine,
    Order,
    OrderCharge,
)
from billing.queries import open_overage
from billing.queries.heads import heads_now
from billing.rules.documents import Document, Item, overage_of
from billing.rules.fees import OpenCharge
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

    id: None for what is not written yet on a draft. order: of which it is. left: what no credit note has given back.
    """

    item: Item
    id: UUID | None
    is_fixed: bool
    debits: list[UsageOfLine]
    count: int
    credited: Decimal = Decimal(0)
    order: Order | None = None

    @property
    def left(self) -> Decimal:
        return self.item.amount - self.credited


def lines_of(invoice: Invoice, draft: Draft | None) -> list[ShownLine]:
    """The invoice's lines in their order. draft: what it would carry now, where it is one."""
    credits = CreditLine.objects.filter(line=OuterRef("pk")).order_by().values("line")
    credited = Subquery(credits.annotate(sum=Sum("amount")).values("sum"))
    rows = invoice.lines.annotate(credited=credited).order_by("position")
    shown = [_written(row) for row in rows.select_related("charged__charge__period__order")]
    shown += _open(draft.charges) if draft else []
    names = open_overage.names_of(line.feature for line in draft.lines) if draft else {}
    for line in draft.lines if draft else ():
        item = Item(overage_of(names[line.feature]), line.tokens, line.unit, line.rate.price, line.amount)
        used = [UsageOfLine(lot.debit_id, lot.tokens) for lot in line.lots]
        shown.append(ShownLine(item, None, False, used[:DEBITS_SHOWN], len(used)))
    return shown


def _open(charges: Sequence[OpenCharge]) -> list[ShownLine]:
    """Lines of charges that no final invoice asks for yet."""
    rows = OrderCharge.objects.select_related("period__order").in_bulk([each.id for each in charges])
    return [
        ShownLine(_item(row), None, False, [], 0, order=row.period.order)
        for row in (rows[each.id] for each in charges)
    ]


def _item(row: InvoiceLine | OrderCharge, unit: str = "") -> Item:
    days = {"first_day": row.first_day, "last_day": row.last_day}
    return Item(
        row.description, row.quantity, unit, row.unit_price, row.amount, list_amount=row.list_amount, **days
    )


def draft_of(invoice: Invoice) -> Draft | None:
    """What a draft would carry now; None where the invoice is no draft."""
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
    heads = heads_now(invoice.customer)
    if invoice.issued_on:
        facts.insert(0, ("Date", f"{invoice.issued_on:%-d %B %Y}"))
    return Document(
        title="Invoice",
        number=invoice.number,
        issued_on=invoice.issued_on,
        seller=invoice.seller or heads.seller,
        buyer=invoice.buyer or heads.buyer,
        facts=facts,
        items=[line.item for line in lines],
        currency=invoice.currency,
        total=sum((line.item.amount for line in lines), Decimal(0)),
    )


def document_of_note(note: CreditNote) -> Document:
    """The credit note as it is read on paper. It asks for nothing, so it tells no way to pay."""
    invoice = note.invoice
    parts = note.lines.select_related("line").order_by("line__position")
    items = [
        Item(
            part.line.description,
            part.tokens or None,
            part.line.token if part.tokens else "",
            None,
            part.amount,
            part.line.first_day,
            part.line.last_day,
        )
        for part in parts
    ]
    return Document(
        title="Credit note",
        number=note.number,
        issued_on=note.issued_on,
        seller={name: text for name, text in note.seller.items() if name not in ("bank", "terms")},
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
    is_overage = row.kind == InvoiceLine.Kind.OVERAGE
    debits = [UsageOfLine(each.debit_id, each.tokens) for each in used[:DEBITS_SHOWN]] if is_overage else []
    return ShownLine(
        _item(row, row.token),
        row.pk,
        row.kind == InvoiceLine.Kind.FIXED,
        debits,
        used.count() if is_overage else 0,
        getattr(row, "credited", None) or Decimal(0),
        row.charged.charge.period.order if row.kind == InvoiceLine.Kind.ORDER else None,
    )
