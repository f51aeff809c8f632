"""One credit note: numbered, of lines of one final invoice, and what it takes back of revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum

from billing.errors import NoSeller
from billing.models import CreditLine, CreditNote, Invoice, InvoiceLine, Seller
from billing.queries.heads import seller_told
from billing.services import invoice_lines
from usage.queries.moments import database_clock

NOTHING = Decimal(0)


def left_of(line: InvoiceLine) -> Decimal:
    """What of a line no credit note has given back; of an order's line no more than of its period on the invoice."""
    return min(_left([line]), left_together(line))


def left_together(line: InvoiceLine) -> Decimal:
    """What is left of the lines that stand for one thing with this one."""
    return _left(together_with(line))


def together_with(line: InvoiceLine) -> list[InvoiceLine]:
    """The lines of the invoice that ask for the same period of an order, some of them below zero; else the line."""
    if line.kind != InvoiceLine.Kind.ORDER:
        return [line]
    return list(
        InvoiceLine.objects.filter(
            invoice=line.invoice_id, charged__charge__period=line.charged.charge.period_id
        )
    )


def _left(lines: Sequence[InvoiceLine]) -> Decimal:
    given = CreditLine.objects.filter(line__in=lines).aggregate(total=Sum("amount"))["total"] or NOTHING
    return sum((each.amount for each in lines), NOTHING) - given


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is a note: a reversal's, or somebody's who asked under a key.

    is_booked: an order's charge took it off revenue already.
    """

    reason: str
    by: str
    reversal_id: UUID | None = None
    key: str | None = None
    is_booked: bool = False


def noted(
    invoice: Invoice,
    parts: Sequence[tuple[InvoiceLine, Decimal, Decimal]],
    cause: Cause,
    now: datetime | None,
) -> CreditNote:
    """Write a credit note. parts: line, tokens, amount."""
    seller = Seller.objects.first()
    if seller is None:
        raise NoSeller()
    moment = now or database_clock()
    day = moment.astimezone(ZoneInfo(seller.time_zone)).date()
    note = CreditNote.objects.create(
        invoice=invoice,
        customer_id=invoice.customer_id,
        year=day.year,
        sequence=1,  # the database numbers it
        total=sum((amount for _, _, amount in parts), NOTHING),
        reversal_id=cause.reversal_id,
        key=cause.key,
        reason=cause.reason,
        issued_on=day,
        issued_at=moment,
        issued_by=cause.by,
        seller=seller_told(seller),
    )
    lines = [
        CreditLine.objects.create(note=note, line=line, tokens=tokens, amount=amount)
        for line, tokens, amount in parts
    ]
    if not cause.is_booked:
        invoice_lines.book_credit(note, lines, invoice, moment)
    note.refresh_from_db()
    return note
