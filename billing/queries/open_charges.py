"""What orders ask for and no final invoice carries yet, and what is to be given back of those that do."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connection

from billing.models import CreditedCharge, Invoice, InvoicedCharge, OrderCharge
from billing.rules.fees import Due, OpenCharge, due_of
from billing.rules.invoicing import first_open

_IS_OPEN = f"""
NOT EXISTS (SELECT FROM {InvoicedCharge._meta.db_table} i WHERE i.charge_id = c.id)
AND NOT EXISTS (SELECT FROM {CreditedCharge._meta.db_table} n WHERE n.charge_id = c.id)
"""
_TABLE = OrderCharge._meta.db_table
_ACCOUNTS = f"""
SELECT DISTINCT c.account_id FROM {_TABLE} c WHERE NOT c.is_external AND c.amount <> 0 AND {_IS_OPEN} ORDER BY 1
"""
_TO_BE_CREDITED = f"""
SELECT DISTINCT less.account_id
FROM (SELECT c.account_id, c.period_id FROM {_TABLE} c WHERE NOT c.is_external AND c.amount < 0 AND {_IS_OPEN}) AS less
WHERE (SELECT sum(c.amount) FROM {_TABLE} c
       WHERE c.account_id = less.account_id AND c.period_id = less.period_id AND {_IS_OPEN}) < 0
ORDER BY 1
"""


def accounts() -> list[UUID]:
    """Accounts with charges that are on no final invoice and no credit note."""
    return _found(_ACCOUNTS)


def accounts_to_be_credited() -> list[UUID]:
    """Accounts of which final invoices asked more for a period than it costs now, and no credit note has counted it."""
    return _found(_TO_BE_CREDITED)


def _found(statement: str) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [account_id for (account_id,) in cursor.fetchall()]


def due(account_id: UUID) -> list[Due]:
    """What is open of the account's orders, by period."""
    rows = OrderCharge.objects.filter(account=account_id, is_external=False, invoiced=None, credited=None)
    found = rows.exclude(amount=0).order_by("first_day", "period", "number")
    return due_of(
        [
            OpenCharge(*row)
            for row in found.values_list("pk", "period", "number", "amount", "currency", "first_day")
        ]
    )


def due_by_invoice(account_id: UUID) -> dict[tuple[date, str], list[OpenCharge]]:
    """What is asked for, by the month and currency of the invoice that it belongs on."""
    closed = closed_to(account_id)
    found: dict[tuple[date, str], list[OpenCharge]] = {}
    for each in due(account_id):
        if each.total > 0:
            currency = each.charges[0].currency
            found.setdefault((first_open(each.month, currency, closed), currency), []).extend(each.charges)
    return found


def to_be_credited(account_id: UUID) -> list[Due]:
    """What is to be given back: periods that cost less than final invoices asked for."""
    return [each for each in due(account_id) if each.total < 0]


def closed_to(account_id: UUID) -> set[tuple[date, str]]:
    """Months and currencies whose invoice is final or was discarded."""
    done = Invoice.objects.filter(customer=account_id).exclude(state=Invoice.State.DRAFT)
    return set(done.values_list("period", "currency"))
