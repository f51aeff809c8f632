"""Credit notes of orders: an invoiced period costs less since, by a later version or a cancellation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.models import BilledMonth, CreditedCharge, CreditLine, CreditNote, InvoiceLine, OrderCharge
from billing.queries.open_charges import to_be_credited
from billing.rules.fees import Due, month_of
from billing.services.credit_notes import Cause, left_of, left_together, noted
from usage.queries.moments import database_clock

NOTHING = Decimal(0)


def credit(customer_id: UUID, now: datetime | None) -> list[CreditNote]:
    """Give back what the account's invoiced periods cost less by now, under its lock; a note for each invoice.

    Never more than is left of the lines: where somebody gave it back by hand before, that counts, and no longer takes
    anything off revenue, for the charge does.
    """
    moment, notes = now or database_clock(), []
    for due in to_be_credited(customer_id):
        notes += _credited(due, moment)
    return notes


def _credited(due: Due, moment: datetime) -> list[CreditNote]:
    charges = OrderCharge.objects.select_related("period__order").in_bulk([each.id for each in due.charges])
    last = charges[due.charges[-1].id]
    parts = _parts(last, -due.total)
    order = last.period.order
    said = order.versions.get(number=last.version)
    cause = Cause(
        f"Order {order.external_id}, version {said.number}: {last.description}.",
        said.placed_by,
        key=f"order {last.pk}",
        is_booked=True,
    )
    notes = []
    for invoice in dict.fromkeys(line.invoice for line, _ in parts):
        its = [(line, NOTHING, amount) for line, amount in parts if line.invoice_id == invoice.pk]
        notes.append(noted(invoice, its, cause, moment))
    by_hand = -due.total - sum((amount for _, amount in parts), NOTHING)
    note = notes[-1] if notes else None
    if by_hand:
        given = _given_by_hand(last)
        _count(last, given.line, by_hand, moment)
        note = note or given.note
    CreditedCharge.objects.bulk_create(
        CreditedCharge(charge_id=each.id, customer_id=order.account_id, note=note) for each in due.charges
    )
    return notes


def _parts(charge: OrderCharge, amount: Decimal) -> Sequence[tuple[InvoiceLine, Decimal]]:
    """How much of which line of the period's is given back, the latest first."""
    lines = InvoiceLine.objects.filter(charged__charge__period=charge.period_id).select_related("invoice")
    parts: list[tuple[InvoiceLine, Decimal]] = []
    room: dict[UUID, Decimal] = {}
    for line in lines.order_by("-invoice__issued_at", "-position"):
        left = room.setdefault(line.invoice_id, left_together(line))
        part = min(amount, left_of(line), left)
        if part > 0:
            parts.append((line, part))
            room[line.invoice_id] -= part
            amount -= part
    return parts


def _given_by_hand(charge: OrderCharge) -> CreditLine:
    """The last credit by hand of the period's lines."""
    rows = CreditLine.objects.filter(line__charged__charge__period=charge.period_id).select_related(
        "line", "note"
    )
    return rows.exclude(note__key__startswith="order ").latest("note__issued_at", "pk")


def _count(charge: OrderCharge, line: InvoiceLine, by_hand: Decimal, moment: datetime) -> None:
    """Count what was given back by hand once: revenue got it back then, and again by the charge."""
    BilledMonth.objects.create(
        account_id=charge.account_id,
        month=month_of(moment),
        currency=charge.currency,
        kind=BilledMonth.Kind.FEE,
        charge=charge,
        line=line,
        billed=by_hand,
        earned=by_hand,
    )
