"""Accounts whose orders have something to give or to end by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection

PAGE = 500


def accounts_due(now: datetime | None = None) -> Iterator[UUID]:
    """Accounts with a change that is due, or whose seats or included units people changed, in the order of their locks.

    Closed ones take nothing: they are due when they are opened again.

    now: null in production; the database's clock decides.
    """
    after = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_DUE, {"now": now, "after": after, "page": PAGE})
            page = [row[0] for row in cursor.fetchall()]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]


def is_due(account_id: UUID, now: datetime | None = None) -> bool:
    """Whether the account is one of these."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_DUE, {"now": now, "account": account_id, "page": 1})
        return cursor.fetchone() is not None


_CHANGED = """
    SELECT p.account_id FROM billing_pushedterm p JOIN billing_orderclock c ON c.account_id = p.account_id
    JOIN wallets_account a ON a.id = p.account_id AND a.state <> 'closed'
    WHERE p.kind = '{kind}' AND p.told IS NOT NULL AND p.{which} AND EXISTS (
        SELECT FROM {table} f WHERE f.account_id = p.account_id AND f.pattern = p.pattern AND NOT f.id = ANY (p.facts)
          AND f.recorded_at > c.reconciled_at AND f.effective_from <= coalesce(%(now)s, clock_timestamp()))
"""


def _due(which: str) -> str:
    return f"""
SELECT account_id FROM billing_orderclock JOIN wallets_account a ON a.id = account_id AND a.state <> 'closed'
WHERE next_change_at <= coalesce(%(now)s, clock_timestamp()) AND {which}
UNION {_CHANGED.format(kind="seats", table="usage_seats", which=which)}
UNION {_CHANGED.format(kind="allowance", table="usage_allowance", which=which)}
ORDER BY account_id LIMIT %(page)s
"""


_DUE, _IS_DUE = _due("account_id > %(after)s"), _due("account_id = %(account)s")
