"""What many accounts can pay with, in one query. Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from config.kernel import shaped
from wallets.rules.funds import Funds, funds
from wallets.rules.holding import Part
from wallets.rules.repaying import OpenLot

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Purses:
    """What each of some accounts can pay with, by token unit."""

    known: Mapping[UUID, Mapping[int, Funds]]

    def of(self, account_id: UUID, unit_id: int) -> Funds:
        """In a unit in which the account has no wallet yet: nothing, with the floor of its other wallets."""
        wallets = self.known.get(account_id, {})
        return wallets.get(unit_id) or Funds(_floor_of(wallets), NOTHING)


def purses_of(account_ids: Collection[UUID], moment: datetime) -> Purses:
    """What these accounts can pay with for usage of `moment`, which is now."""
    with connection.cursor() as cursor:
        cursor.execute(_FUNDS, {"accounts": list(account_ids), "now": moment})
        rows = cursor.fetchall()
    found: defaultdict[UUID, dict[int, Funds]] = defaultdict(dict)
    for account_id, unit_id, floor, owed, held, grants, lots in rows:
        found[account_id][unit_id] = funds(
            _read(grants, Part),
            floor=floor,
            owed=owed,
            lots=_read(lots, OpenLot),
            moment=moment,
            overage_held=held,
        )
    return Purses(found)


def _read(text: str | None, shape: Any) -> Any:
    return shaped.decode(text, list[shape]) if text else []


def _floor_of(wallets: Mapping[int, Funds]) -> Decimal | None:
    """The floor that a further wallet begins with (`wallets_new_floor_v1`)."""
    floors = [each.floor for each in wallets.values() if each.floor is not None]
    return max(floors) if floors else (None if wallets else NOTHING)


# Lots and ended holds are read only where something is due: the number of lots grows with the debits that owe.
_FUNDS = """
SELECT w.account_id, w.unit_id, w.floor, w.overage,
    w.overage_held - coalesce((
        SELECT sum(overage_held) FROM wallets_hold
        WHERE w.next_due_at <= %(now)s AND account_id = w.account_id AND wallet_id = w.id
          AND state = 'held' AND expires_at <= %(now)s), 0),
    (SELECT json_agg(json_build_object(
        'id', id, 'kind', kind, 'features', features, 'remaining', remaining, 'held', held, 'is_starting', is_pending,
        'effective_at', effective_at, 'expires_at', expires_at, 'created_at', created_at,
        'is_void', voided_at IS NOT NULL, 'tokens', tokens,
        'ended', coalesce((
            SELECT json_agg(json_build_object('at', h.expires_at, 'tokens', p.held) ORDER BY h.id)
            FROM wallets_hold h JOIN wallets_pin p ON p.hold_id = h.id AND p.account_id = h.account_id AND p.held > 0
            WHERE w.next_due_at <= %(now)s AND h.account_id = w.account_id AND h.wallet_id = w.id
              AND h.state = 'held' AND h.expires_at <= %(now)s AND p.grant_id = g.id), '[]')))::text
     FROM wallets_grant g
     WHERE account_id = w.account_id AND wallet_id = w.id AND is_open AND effective_at <= %(now)s),
    (SELECT json_agg(json_build_object('feature', feature, 'owed', tokens - repaid - reversed - settled)
                     ORDER BY created_at, id)::text
     FROM wallets_overage
     WHERE w.overage > 0 AND w.next_due_at <= %(now)s AND account_id = w.account_id AND wallet_id = w.id AND is_open)
FROM wallets_wallet w WHERE w.account_id = ANY (%(accounts)s)
"""
