"""Which record of which outside system a gap is about."""

from __future__ import annotations

from dataclasses import dataclass

from billing.models import Connection, ExternalSale, Gap
from billing.queries.orders import order_named
from billing.rules.connecting import FIELDS, INVOICE_ITEM, TASK
from billing.rules.sales_compared import SALE

KINDS = (SALE, INVOICE_ITEM, TASK, FIELDS)


@dataclass(frozen=True, slots=True)
class RecordOfGap:
    """A sale, or a message of a kind, by its name at theirs."""

    row: Connection
    kind: str
    name: str


def record_of(gap: Gap) -> RecordOfGap | None:
    """What a gap with an outside system is about; None where it is of our own books, or of no connection."""
    code, _, rest = gap.subject.partition(" ")
    kind = next((each for each in KINDS if rest.startswith(f"{each} ")), "")
    row = Connection.objects.filter(code=code).first() if kind else None
    return RecordOfGap(row, kind, rest.removeprefix(f"{kind} ")) if row else None


def order_of(record: RecordOfGap) -> object | None:
    """The identity of the order that a sale is here; None where there is none."""
    if record.kind != SALE:
        return None
    sale = ExternalSale.objects.filter(connection=record.row, external_id=record.name).first()
    order = order_named(sale.order) if sale else None
    return order.pk if order else None
