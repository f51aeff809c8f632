"""Grants as they stood before a movement, from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum

from wallets.models import ExpiryChange, Grant, HoldEntry
from wallets.queries.grants import rank_of
from wallets.rules.draw_order import place


@dataclass(frozen=True, slots=True)
class PastGrant:
    """A grant and what was free and lapsed of it then."""

    grant: Grant
    free: Decimal
    expired: Decimal


@dataclass(frozen=True, slots=True)
class PastPin:
    """A grant and what a hold kept of it then."""

    grant: Grant
    held: Decimal


def grants_before(
    account_id: UUID, wallet_id: UUID, number: int, usage_at: datetime, cause_id: UUID
) -> Sequence[PastGrant]:
    """The grants that could pay for usage of an instant before the movement of this number, in draw order.

    cause_id: of the movement; what it let go of was still held.
    """
    given: dict[str, Any] = {"account": account_id, "wallet": wallet_id, "number": number, "cause": cause_id}
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, given)
        stood = {grant_id: (free, expired) for grant_id, free, expired in cursor.fetchall()}
    rows = _as_they_were(account_id, list(stood), number).values()
    paying = [row for row in rows if row.effective_at <= usage_at and not _is_over(row, usage_at)]
    paying.sort(key=lambda row: place(rank_of(row)))
    return [PastGrant(row, *stood[row.pk]) for row in paying]


def pins_before(hold_id: UUID, account_id: UUID, number: int, cause_id: UUID) -> Sequence[PastPin]:
    """What a hold kept of which grants before the movement of this number, in the order of its pins."""
    given: dict[str, Any] = {"account": account_id, "hold": hold_id, "number": number, "cause": cause_id}
    with connection.cursor() as cursor:
        cursor.execute(_PINNED, given)
        held = dict(cursor.fetchall())
    grants = _as_they_were(account_id, list(held), number)
    return [PastPin(grants[grant_id], tokens) for grant_id, tokens in held.items()]


def room_held_before(
    account_id: UUID, wallet_id: UUID, number: int, cause_id: UUID, hold_id: UUID | None = None
) -> Decimal:
    """The room for overage, in tokens, that a wallet's holds kept before the movement of this number.

    cause_id: of the movement. hold_id: whose room alone is meant.
    """
    rows = HoldEntry.objects.filter(account_id=account_id, wallet_id=wallet_id, grant=None)
    before = rows.filter(after_number__lt=number).exclude(cause_id=cause_id)
    if hold_id is not None:
        before = before.filter(hold_id=hold_id)
    made = Sum("tokens", filter=Q(kind=HoldEntry.Kind.MADE), default=Decimal(0))
    used = Sum("tokens", filter=~Q(kind=HoldEntry.Kind.MADE), default=Decimal(0))
    sums = before.aggregate(made=made, used=used)
    return Decimal(sums["made"] - sums["used"])


def _as_they_were(account_id: UUID, ids: Sequence[UUID], number: int) -> dict[UUID, Grant]:
    """These grants, each with the expiry that held before the movement of this number."""
    found = {row.pk: row for row in Grant.objects.filter(account_id=account_id, pk__in=ids)}
    later = ExpiryChange.objects.filter(account_id=account_id, grant_id__in=ids, after_number__gte=number)
    for change in later.order_by("-pk"):
        found[change.grant_id].expires_at = change.expires_before
    return found


def _is_over(grant: Grant, moment: datetime) -> bool:
    return grant.expires_at is not None and grant.expires_at <= moment


_HELD = "CASE e.kind WHEN 'made' THEN e.tokens ELSE -e.tokens END"
_BEFORE = f"""
SELECT moved.grant_id, moved.remaining - coalesce(held.tokens, 0), moved.expired
FROM (SELECT grant_id, sum(d_remaining) AS remaining, sum(d_expired) AS expired FROM wallets_movement
      WHERE account_id = %(account)s AND wallet_id = %(wallet)s AND number < %(number)s AND grant_id IS NOT NULL
      GROUP BY grant_id) AS moved
LEFT JOIN (SELECT e.grant_id, sum({_HELD}) AS tokens FROM wallets_holdentry e
           WHERE e.account_id = %(account)s AND e.wallet_id = %(wallet)s AND e.after_number < %(number)s
             AND e.grant_id IS NOT NULL AND e.cause_id <> %(cause)s
           GROUP BY e.grant_id) AS held ON held.grant_id = moved.grant_id
WHERE moved.remaining > coalesce(held.tokens, 0) OR moved.expired > 0
"""
_PINNED = f"""
SELECT e.grant_id, sum({_HELD}) AS tokens FROM wallets_holdentry e
JOIN wallets_pin p ON p.hold_id = e.hold_id AND p.account_id = e.account_id AND p.grant_id = e.grant_id
WHERE e.account_id = %(account)s AND e.hold_id = %(hold)s AND e.after_number < %(number)s AND e.cause_id <> %(cause)s
GROUP BY e.grant_id, p.position HAVING sum({_HELD}) > 0 ORDER BY p.position
"""
