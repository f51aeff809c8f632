"""How the lines of a final invoice fare, and those of its credit notes, that are billed elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.models import Connection, CreditNote, Invoice, Outgoing
from billing.models.order_charge import Billing
from billing.queries.documents import ShownLine
from billing.queries.invoice_items_due import items_due
from billing.queries.order_money import billing_of
from billing.rules.connecting import INVOICE_ITEM


@dataclass(frozen=True, slots=True)
class Way:
    """A line on its way to who bills it. message: none as long as a job has not put it on its way."""

    row: Connection
    message: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What of an invoice goes elsewhere. lines: by their identities. notes: by their numbers, a way a line.

    is_meant: the account's invoices are made elsewhere.
    """

    lines: Mapping[UUID, Way]
    notes: Mapping[str, Sequence[Way]]
    is_meant: bool

    @property
    def rows(self) -> list[Connection]:
        """Who bills the invoice, each once."""
        return list({each.row.pk: each.row for each in self.lines.values()}.values())

    @property
    def arrived(self) -> int:
        """How many of its lines are there."""
        ways = self.lines.values()
        return sum(each.message is not None and each.message.state == Outgoing.State.SENT for each in ways)


def elsewhere(
    invoice: Invoice,
    lines: Sequence[ShownLine],
    notes: Sequence[CreditNote],
    kinds: Sequence[str],
    now: datetime,
) -> Elsewhere | None:
    """None of one that is not final. kinds: of connections that carry lines of invoices."""
    if not invoice.is_final:
        return None
    keys = {f"line:{each.id}" for each in lines}
    of_notes = {note.number: [f"credit:{line.pk}" for line in note.lines.all()] for note in notes}
    ways = _ways(invoice, keys.union(*of_notes.values()), kinds, now)
    return Elsewhere(
        {each.id: ways[key] for each in lines if each.id and (key := f"line:{each.id}") in ways},
        {number: [ways[key] for key in named if key in ways] for number, named in of_notes.items()},
        billing_of(invoice.customer_id) == Billing.EXTERNAL,
    )


def _ways(invoice: Invoice, keys: Iterable[str], kinds: Sequence[str], now: datetime) -> dict[str, Way]:
    """By the keys of messages, put or due."""
    anywhere = list(
        Connection.objects.values_list("pk", flat=True)
    )  # messages are found by connection and key
    sent = Outgoing.objects.filter(connection__in=anywhere, key__in=keys, kind=INVOICE_ITEM)
    ways = {each.key: Way(each.connection, each) for each in sent.select_related("connection")}
    due = {each.key: each.connection_id for each in items_due(kinds, now, invoice.customer_id)}
    rows = Connection.objects.in_bulk(set(due.values()))
    return {key: Way(rows[pk]) for key, pk in due.items()} | ways
