"""Final invoices of accounts that are billed elsewhere, carried there line by line, each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from billing.models.invoice import numbered
from billing.rules.connecting import CUSTOMER, INVOICE_ITEM
from billing.services import outgoing
from billing.services.accesses import Connectors
from config.kernel.amounts import plain
from config.kernel.running import alone_at
from usage.queries.moments import database_clock

JOB = "note invoice items"
DAYS = 62
"""So long after it was issued a line is looked for, should nobody have looked meanwhile."""

# One connection an account: where it was linked first. A line that any connection carries is on its way for good.
_ITEMS = """
WITH carrier AS (
    SELECT DISTINCT ON (b.customer_id) b.customer_id, k.connection_id, k.created_at
    FROM billing_accountbilling b
    JOIN billing_link k ON k.about_id = b.customer_id AND k.kind = %(customer)s AND k.state = 'linked'
        AND k.connection_id = ANY (%(connections)s)
    WHERE b.billing = 'external' ORDER BY b.customer_id, k.id
), line AS (
    SELECT c.connection_id, i.customer_id, 'line:' || l.id AS key, l.amount, i.currency, l.description, i.period,
           i.year, i.sequence, '' AS series, l.position
    FROM carrier c JOIN billing_invoice i ON i.customer_id = c.customer_id AND i.state = 'final'
        AND i.issued_at >= greatest(c.created_at, %(now)s - make_interval(days => %(days)s))
    JOIN billing_invoiceline l ON l.invoice_id = i.id WHERE l.amount <> 0
    UNION ALL
    SELECT c.connection_id, n.customer_id, 'credit:' || d.id, -d.amount, i.currency, l.description, i.period,
           n.year, n.sequence, 'C', l.position
    FROM carrier c JOIN billing_creditnote n ON n.customer_id = c.customer_id
        AND n.issued_at >= greatest(c.created_at, %(now)s - make_interval(days => %(days)s))
    JOIN billing_creditline d ON d.note_id = n.id JOIN billing_invoiceline l ON l.id = d.line_id
    JOIN billing_invoice i ON i.id = l.invoice_id
    JOIN billing_outgoing o ON o.connection_id = c.connection_id AND o.key = 'line:' || l.id
    WHERE d.amount <> 0
)
SELECT n.connection_id, a.reference, n.key, n.amount, n.currency, n.description, n.period, n.year, n.sequence, n.series
FROM line n JOIN wallets_account a ON a.id = n.customer_id
WHERE NOT EXISTS (SELECT FROM billing_connection c JOIN billing_outgoing o ON o.connection_id = c.id AND o.key = n.key)
ORDER BY n.year, n.sequence, n.position
"""


def put_items(connectors: Connectors, now: datetime | None = None) -> int:
    """Put a message for each line of final invoices, and of credit notes of them, that is to be billed elsewhere.

    Of accounts whose invoices are made elsewhere and that are customers of a connection whose connector carries
    invoice items; invoices issued before the account was linked stay here. Answers how many were put.
    """
    kinds = [kind for kind, connector in connectors.items() if INVOICE_ITEM in connector.sends]
    with alone_at(JOB) as is_alone:
        if not is_alone or not kinds:
            return 0
        return sum(_put(*row) for row in _items(kinds, now or database_clock()))


def _items(kinds: list[str], now: datetime) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM billing_connection WHERE state <> 'off' AND kind = ANY (%s)", [kinds])
        connections = [pk for (pk,) in cursor.fetchall()]
        asked: dict[str, Any] = {"customer": CUSTOMER, "connections": connections, "days": DAYS, "now": now}
        cursor.execute(_ITEMS, asked)
        return list(cursor.fetchall())


def _put(connection_id: int, reference: str, key: str, amount: Any, *of: Any) -> bool:
    currency, description, period, year, sequence, series = of
    content = {
        "amount": plain(amount),
        "currency": currency,
        "description": description,
        "period": f"{period:%Y-%m}",
        "document": numbered(year, sequence, series),
    }
    return outgoing.put(connection_id, INVOICE_ITEM, key, reference, content)
