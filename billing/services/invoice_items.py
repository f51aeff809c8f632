"""Final invoices of accounts that are billed elsewhere, carried there line by line, each once."""

from __future__ import annotations

from datetime import datetime

from billing.queries.invoice_items_due import ItemDue, items_due
from billing.rules.connecting import INVOICE_ITEM
from billing.services import outgoing
from billing.services.accesses import Connectors
from config.kernel.amounts import plain
from config.kernel.running import alone_at
from usage.queries.moments import database_clock

JOB = "note invoice items"


def put_items(connectors: Connectors, now: datetime | None = None) -> int:
    """Put a message for each line of final invoices, and of credit notes of them, that is to be billed elsewhere.

    Of accounts whose invoices are made elsewhere and that are customers of a connection whose connector carries
    invoice items; invoices issued before the account was linked stay here. Answers how many were put.
    """
    kinds = kinds_that_carry(connectors)
    with alone_at(JOB) as is_alone:
        if not is_alone or not kinds:
            return 0
        return sum(map(_put, items_due(kinds, now or database_clock())))


def kinds_that_carry(connectors: Connectors) -> list[str]:
    """The kinds of connections whose connectors carry invoice items."""
    return [kind for kind, connector in connectors.items() if INVOICE_ITEM in connector.sends]


def _put(item: ItemDue) -> bool:
    content = {
        "amount": plain(item.amount),
        "currency": item.currency,
        "description": item.description,
        "period": f"{item.period:%Y-%m}",
        "document": item.number,
    }
    return outgoing.put(item.connection_id, INVOICE_ITEM, item.key, item.reference, content)
