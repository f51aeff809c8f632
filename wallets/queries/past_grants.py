"""Grants as they stood before a movement, from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from wallets.models import Grant


@dataclass(frozen=True, slots=True)
class PastGrant:
    """A grant and what was left and lapsed of it then."""

    grant: Grant
    remaining: Decimal
    expired: Decimal


def grants_before(account_id: UUID, wallet_id: UUID, number: int, usage_at: datetime) -> Sequence[PastGrant]:
    """The grants that could pay for usage of an instant before the movement of this number, in draw order."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, {"account": account_id, "wallet": wallet_id, "number": number})
        stood = {grant_id: (remaining, expired) for grant_id, remaining, expired in cursor.fetchall()}
    rows = Grant.objects.filter(account_id=account_id, pk__in=stood).in_force(usage_at).in_draw_order()
    return [PastGrant(row, *stood[row.pk]) for row in rows]


_BEFORE = """
SELECT grant_id, sum(d_remaining), sum(d_expired) FROM wallets_movement
WHERE account_id = %(account)s AND wallet_id = %(wallet)s AND number < %(number)s AND grant_id IS NOT NULL
GROUP BY grant_id HAVING sum(d_remaining) > 0 OR sum(d_expired) > 0
"""
