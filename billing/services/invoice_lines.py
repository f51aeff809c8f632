"""The lines that an invoice gets when it becomes final, what they settle, and the months that earn them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from billing.models import (
    BilledMonth,
    CreditLine,
    CreditNote,
    Invoice,
    InvoicedCharge,
    InvoicedOverage,
    InvoiceLine,
    OrderCharge,
)
from billing.queries import open_overage
from billing.queries.revenue import last_closed
from billing.rules.documents import overage_of
from billing.rules.fees import OpenCharge, Used, month_of, overage_by_month
from billing.rules.invoicing import Draft, Line
from billing.rules.months import next_month
from billing.services.book_locks import let_nobody_close
from wallets.services import ledger

NOTHING = Decimal(0)
AT_ONCE = 1000


def write(invoice: Invoice, draft: Draft, moment: datetime) -> None:
    """Write what the draft carries as lines, settle its overage in the ledger, and book what its lines earn."""
    fixed = list(invoice.lines.all())
    position = max((line.position for line in fixed), default=0)
    _ask_for_charges(invoice, draft.charges, position)
    overage = _settle(invoice, draft, position + len(draft.charges), moment)
    let_nobody_close()
    closed = last_closed()
    first_open = next_month(closed.month) if closed else date.min
    rows = [
        _row(line, BilledMonth.Kind.FEE, month_of(moment), None, line.amount, line.amount) for line in fixed
    ]
    for row, line in zip(overage, draft.lines, strict=True):
        rows += _earned(row, line, month_of(moment), first_open)
    BilledMonth.objects.bulk_create(row for row in rows if row.billed or row.earned)


def book_credit(note: CreditNote, lines: Sequence[CreditLine], invoice: Invoice, moment: datetime) -> None:
    """Take back what the credited lines earned, in the month of the note."""
    BilledMonth.objects.bulk_create(
        BilledMonth(
            account_id=note.customer_id,
            month=month_of(moment),
            currency=invoice.currency,
            kind=_kind(line.line),
            product_id=_product(line.line),
            credit=line,
            billed=-line.amount,
            earned=-line.amount,
        )
        for line in lines
        if line.amount
    )


def _kind(line: InvoiceLine) -> BilledMonth.Kind:
    is_overage = line.kind == InvoiceLine.Kind.OVERAGE
    return BilledMonth.Kind.OVERAGE if is_overage else BilledMonth.Kind.FEE


def _product(line: InvoiceLine) -> int | None:
    """Whose usage a line is of, of several the one that earned most of it."""
    rows = line.months.exclude(product=None).values("product").annotate(most=Sum("earned"))
    return rows.order_by("-most", "product").values_list("product", flat=True).first()


def _ask_for_charges(invoice: Invoice, charges: Iterable[OpenCharge], position: int) -> None:
    """A line for each charge, as it was written down."""
    rows = OrderCharge.objects.in_bulk([each.id for each in charges])
    lines = []
    for place, each in enumerate(charges, position + 1):
        charge = rows[each.id]
        line = InvoiceLine.objects.create(
            invoice=invoice,
            position=place,
            kind=InvoiceLine.Kind.ORDER,
            description=charge.description,
            quantity=charge.quantity,
            unit_price=charge.unit_price,
            list_amount=charge.list_amount,
            amount=charge.amount,
            first_day=charge.first_day,
            last_day=charge.last_day,
        )
        lines.append(InvoicedCharge(charge=charge, customer_id=invoice.customer_id, line=line))
    InvoicedCharge.objects.bulk_create(lines)


def _settle(invoice: Invoice, draft: Draft, position: int, moment: datetime) -> list[InvoiceLine]:
    """Settle the draft's overage in the ledger, and write which entry is on which line."""
    names = open_overage.names_of(line.feature for line in draft.lines)
    lines = [
        _written(invoice, place, line, overage_of(names[line.feature]))
        for place, line in enumerate(draft.lines, position + 1)
    ]
    lots = {lot.id: (row, lot) for row, line in zip(lines, draft.lines, strict=True) for lot in line.lots}
    settled = ledger.settle_overage(
        account_id=invoice.customer_id, lot_ids=list(lots), invoice_id=invoice.pk, now=moment
    )
    links = [
        InvoicedOverage(
            line=lots[each.lot_id][0],
            customer_id=invoice.customer_id,
            lot_id=each.lot_id,
            entry_id=each.entry_id,
            debit_id=lots[each.lot_id][1].debit_id,
            tokens=each.tokens,
        )
        for each in settled
    ]
    _check(invoice, links, {pk: lot.tokens for pk, (_, lot) in lots.items()})
    InvoicedOverage.objects.bulk_create(links, batch_size=AT_ONCE)
    return lines


def _check(invoice: Invoice, links: Sequence[InvoicedOverage], asked: Mapping[UUID, Decimal]) -> None:
    if {link.lot_id: link.tokens for link in links} != asked:
        raise RuntimeError(f"what was settled for {invoice.pk} is not what its lines ask for")


def _written(invoice: Invoice, position: int, line: Line, description: str) -> InvoiceLine:
    assert line.rate.price is not None
    return InvoiceLine.objects.create(
        invoice=invoice,
        position=position,
        kind=InvoiceLine.Kind.OVERAGE,
        description=description[:300],
        feature=line.feature,
        token=line.unit,
        rate_id=line.rate.id,
        quantity=line.tokens,
        unit_price=line.rate.price,
        amount=line.amount,
    )


def _earned(row: InvoiceLine, line: Line, issued: date, first_open: date) -> list[BilledMonth]:
    """What of a line of overage each month earned, by product, and what is asked for in the month of the invoice."""
    used = [Used(lot.booked, lot.product, lot.tokens) for lot in line.lots]
    earned = overage_by_month(line.amount, used, row.invoice.currency, first_open)
    billed: dict[tuple[date, int | None], Decimal] = defaultdict(Decimal)
    for (_, product), part in earned.items():
        billed[issued, product] += part
    return [
        _row(row, BilledMonth.Kind.OVERAGE, *which, billed.get(which, NOTHING), earned.get(which, NOTHING))
        for which in {**earned, **billed}
    ]


def _row(
    line: InvoiceLine,
    kind: BilledMonth.Kind,
    month: date,
    product: int | None,
    billed: Decimal,
    earned: Decimal,
) -> BilledMonth:
    return BilledMonth(
        account_id=line.invoice.customer_id,
        month=month,
        currency=line.invoice.currency,
        kind=kind,
        product_id=product,
        line=line,
        billed=billed,
        earned=earned,
    )
