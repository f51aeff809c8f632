"""Lines of final invoices, and of credit notes of them, that are to be billed elsewhere and are not on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from billing.models.invoice import numbered
from billing.rules.connecting import CUSTOMER

DAYS = 62
"""So long after it was issued a line is looked for, should nobody have looked meanwhile."""


@dataclass(frozen=True, slots=True)
class ItemDue:
    """One line to be carried. key: for good. reference: of the account. amount: below 0 where it is given back.

    period: a day of the month that is billed. number: of our invoice or credit note.
    """

    connection_id: int
    reference: str
    key: str
    amount: Decimal
    currency: str
    description: str
    period: date
    number: str


# One connection an account: where it was linked first. A line that any connection carries is on its way for good.
_ITEMS = """
WITH carrier AS (
    SELECT DISTINCT ON (b.customer_id) b.customer_id, k.connection_id, k.created_at
    FROM billing_accountbilling b
    JOIN billing_link k ON k.about_id = b.customer_id AND k.kind = %(customer)s AND k.state = 'linked'
        AND k.connection_id = ANY (%(connections)s)
    WHERE b.billing = 'external' AND b.customer_id = coalesce(%(account)s, b.customer_id) ORDER BY b.customer_id, k.id
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


def items_due(kinds: Sequence[str], now: datetime, account_id: UUID | None = None) -> list[ItemDue]:
    """What connections of these kinds carry, in the order of the documents. One that is off carries nothing.

    account_id: of this account alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM billing_connection WHERE state <> 'off' AND kind = ANY (%s)", [list(kinds)]
        )
        connections = [pk for (pk,) in cursor.fetchall()]
        asked: dict[str, Any] = {"customer": CUSTOMER, "connections": connections, "days": DAYS, "now": now}
        asked["account"] = account_id
        cursor.execute(_ITEMS, asked)
        rows = cursor.fetchall()
    return [
        ItemDue(
            connection_id=row[0],
            reference=row[1],
            key=row[2],
            amount=row[3],
            currency=row[4],
            description=row[5],
            period=row[6],
            number=numbered(*row[7:10]),
        )
        for row in rows
    ]
