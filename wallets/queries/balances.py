"""What an account holds in a token unit, now and at any past instant. One query each; nothing is written."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from wallets.rules.holding import Ended, Holding, Part, holding
from wallets.rules.repaying import OpenLot

NOTHING = Decimal(0)


def holding_now(account_id: UUID, unit_id: int, now: datetime | None = None) -> Holding:
    """What the account holds. now: the database's clock where it is None."""
    rows = _read(_NOW, {"account": account_id, "unit": unit_id, "now": now})
    moment, owed, held, features, amounts = rows[0][:5]
    lots = [OpenLot(*lot) for lot in zip(features or [], amounts or [], strict=True)]
    parts = [_part(row[5:]) for row in rows if row[5] is not None]
    return holding(parts, owed=owed or NOTHING, held=held or NOTHING, lots=lots, moment=moment)


def holding_at(account_id: UUID, unit_id: int, moment: datetime) -> Holding:
    """What `holding_now` answered at a past instant: what was recorded by then, grants and holds judged then."""
    rows = _read(_THEN, {"account": account_id, "unit": unit_id, "moment": moment})
    oldest_first = sorted(
        (row for row in rows if row[0] == "lot" and row[5] > 0), key=lambda row: (row[9], row[2])
    )
    lots = [OpenLot(row[4][0], row[5]) for row in oldest_first]
    return holding(
        [_part_then(row, moment) for row in rows if row[0] == "grant" and row[5] > 0],
        owed=sum((lot.owed for lot in lots), NOTHING),
        held=sum((row[6] for row in rows if row[0] == "held"), NOTHING),
        lots=lots,
        moment=moment,
    )


def _part(row: Sequence[Any]) -> Part:
    grant_id, kind, features, remaining, held, starts_at, ends_at, created_at, is_starting, is_void, *ends = (
        row
    )
    ended = _ended(*ends)
    return Part(
        grant_id, kind, features, remaining, held, starts_at, ends_at, created_at, is_starting, is_void, ended
    )


def _part_then(row: Sequence[Any], moment: datetime) -> Part:
    """A grant as it stood. A movement first starts what is due, so a start after the last movement is still to come."""
    grant_id, kind, features, remaining, held, starts_at, ends_at, created_at, is_void, *ends = row[2:]
    is_starting = created_at < starts_at <= moment and row[1] < starts_at
    ended = [each for each in _ended(*ends) if each.at <= moment]
    return Part(
        grant_id, kind, features, remaining, held, starts_at, ends_at, created_at, is_starting, is_void, ended
    )


def _ended(ends: Sequence[datetime] | None, tokens: Sequence[Decimal] | None) -> list[Ended]:
    return [Ended(*each) for each in zip(ends or [], tokens or [], strict=True)]


# Lots and ended holds are read only where something is due: the number of lots grows with the debits that owe.
_NOW = """
WITH asked AS MATERIALIZED (SELECT coalesce(%(now)s, statement_timestamp()) AS now),
wallet AS MATERIALIZED (
    SELECT w.id, w.overage, w.held, w.next_due_at <= asked.now AS is_due
    FROM wallets_wallet w, asked WHERE w.account_id = %(account)s AND w.unit_id = %(unit)s
),
lots AS MATERIALIZED (
    SELECT array_agg(o.feature ORDER BY o.created_at, o.id) AS features,
           array_agg(o.tokens - o.repaid - o.reversed - o.settled ORDER BY o.created_at, o.id) AS owed
    FROM wallets_overage o JOIN wallet ON wallet.is_due AND wallet.overage > 0 AND o.wallet_id = wallet.id
    WHERE o.account_id = %(account)s AND o.is_open
),
ended AS MATERIALIZED (
    SELECT p.grant_id, sum(p.held) AS held,
           array_agg(h.expires_at ORDER BY h.id) AS ends, array_agg(p.held ORDER BY h.id) AS tokens
    FROM wallet JOIN wallets_hold h ON wallet.is_due AND h.account_id = %(account)s AND h.wallet_id = wallet.id
    JOIN asked ON h.state = 'held' AND h.expires_at <= asked.now
    JOIN wallets_pin p ON p.hold_id = h.id AND p.account_id = h.account_id AND p.held > 0
    GROUP BY p.grant_id
)
SELECT asked.now, wallet.overage, wallet.held - coalesce((SELECT sum(held) FROM ended), 0), lots.features, lots.owed,
       g.id, g.kind, g.features, g.remaining, g.held, g.effective_at, g.expires_at, g.created_at, g.is_pending,
       g.voided_at IS NOT NULL, ended.ends, ended.tokens
FROM asked CROSS JOIN lots LEFT JOIN wallet ON true
LEFT JOIN wallets_grant g
    ON g.account_id = %(account)s AND g.wallet_id = wallet.id AND g.is_open AND g.effective_at <= asked.now
LEFT JOIN ended ON ended.grant_id = g.id
"""

# A hold that ended by then is over with whatever was written of it; of the others each change is told.
_THEN = """
WITH wallet AS MATERIALIZED (
    SELECT id FROM wallets_wallet WHERE account_id = %(account)s AND unit_id = %(unit)s
),
moved AS MATERIALIZED (
    SELECT m.* FROM wallets_movement m JOIN wallet ON m.wallet_id = wallet.id
    WHERE m.account_id = %(account)s AND m.recorded_at <= %(moment)s
),
last AS MATERIALIZED (
    SELECT greatest(
        (SELECT max(recorded_at) FROM moved),
        (SELECT max(e.recorded_at) FROM wallets_holdentry e JOIN wallet ON e.wallet_id = wallet.id
         WHERE e.account_id = %(account)s AND e.recorded_at <= %(moment)s)) AS at
),
told AS MATERIALIZED (
    SELECT e.* FROM wallet JOIN wallets_hold h ON h.account_id = %(account)s AND h.wallet_id = wallet.id
    JOIN wallets_holdentry e ON e.account_id = h.account_id AND e.hold_id = h.id AND e.recorded_at <= %(moment)s
    WHERE h.created_at <= %(moment)s AND (h.ended_at IS NULL OR h.ended_at > %(moment)s)
),
pins AS MATERIALIZED (
    SELECT pinned.grant_id, sum(pinned.tokens) AS held,
           array_agg(ends.expires_at ORDER BY ends.hold_id) AS ends,
           array_agg(pinned.tokens ORDER BY ends.hold_id) AS tokens,
           sum(pinned.tokens) FILTER (WHERE ends.expires_at > %(moment)s) AS live
    FROM (SELECT hold_id, grant_id, sum(CASE kind WHEN 'made' THEN tokens ELSE -tokens END) AS tokens
          FROM told WHERE grant_id IS NOT NULL GROUP BY 1, 2) AS pinned
    JOIN (SELECT DISTINCT ON (hold_id) hold_id, expires_at FROM told
          WHERE expires_at IS NOT NULL ORDER BY hold_id, recorded_at DESC, id DESC) AS ends
        ON ends.hold_id = pinned.hold_id
    WHERE pinned.tokens > 0 GROUP BY pinned.grant_id
),
grants AS (SELECT grant_id, sum(d_remaining) AS remaining FROM moved WHERE grant_id IS NOT NULL GROUP BY grant_id),
lots AS (SELECT overage_id, sum(d_overage) AS owed FROM moved WHERE overage_id IS NOT NULL GROUP BY overage_id)
SELECT 'grant', last.at, g.id, g.kind, g.features, grants.remaining, coalesce(pins.held, 0),
       g.effective_at, CASE WHEN later.id IS NULL THEN g.expires_at ELSE later.expires_before END, g.created_at,
       coalesce(g.voided_at <= %(moment)s, false), pins.ends, pins.tokens
FROM last CROSS JOIN grants JOIN wallets_grant g ON g.account_id = %(account)s AND g.id = grants.grant_id
LEFT JOIN pins ON pins.grant_id = g.id
LEFT JOIN LATERAL (
    SELECT c.id, c.expires_before FROM wallets_expirychange c
    WHERE c.account_id = %(account)s AND c.grant_id = g.id AND c.recorded_at > %(moment)s
    ORDER BY c.id LIMIT 1) AS later ON true
UNION ALL
SELECT 'lot', NULL, o.id, '', ARRAY[o.feature], lots.owed, 0, NULL, NULL, o.created_at, false, NULL, NULL
FROM lots JOIN wallets_overage o ON o.account_id = %(account)s AND o.id = lots.overage_id
UNION ALL
SELECT 'held', NULL, NULL, '', NULL, 0, coalesce(sum(live), 0), NULL, NULL, NULL, false, NULL, NULL FROM pins
"""


def _read(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
