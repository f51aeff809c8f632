"""Entries by which reversals gave back invoiced overage, and of which there is no credit note yet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

_UNCREDITED = """
SELECT e.account_id, e.id, e.cause_id, l.invoice_id, l.id, e.amount, r.reason, r.recorded_by
FROM (SELECT * FROM wallets_entry WHERE kind = 'credit') e
JOIN billing_invoicedoverage i ON i.entry_id = e.corrects_id
JOIN billing_invoiceline l ON l.id = i.line_id
JOIN usage_reversal r ON r.id = e.cause_id AND r.account_id = e.account_id
WHERE (%(customer)s::uuid IS NULL OR e.account_id = %(customer)s)
  AND NOT EXISTS (SELECT FROM billing_creditedoverage c WHERE c.entry_id = e.id)
ORDER BY e.account_id, e.id
"""


@dataclass(frozen=True, slots=True)
class Uncredited:
    """An entry of kind credit, the line that had asked money for it, and the reversal's reason and author."""

    customer_id: UUID
    entry_id: UUID
    reversal_id: UUID
    invoice_id: UUID
    line_id: UUID
    tokens: Decimal
    reason: str
    by: str


def uncredited(customer_id: UUID | None = None) -> list[Uncredited]:
    """All there are, or those of one account."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCREDITED, {"customer": customer_id})
        return [Uncredited(*row) for row in cursor.fetchall()]
