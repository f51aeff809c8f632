"""What an account holds in a token unit, now and at any past instant. One query each; nothing is written."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from wallets.rules.holding import Holding, Part, holding
from wallets.rules.repaying import OpenLot

NOTHING = Decimal(0)


def holding_now(account_id: UUID, unit_id: int, now: datetime | None = None) -> Holding:
    """What the account holds. now: the database's clock where it is None."""
    rows = _read(_NOW, {"account": account_id, "unit": unit_id, "now": now})
    first = rows[0]
    lots = [OpenLot(feature, owed) for feature, owed in zip(first[3] or [], first[4] or [], strict=True)]
    return holding(
        [Part(*row[5:]) for row in rows if row[5] is not None],
        owed=first[1] or NOTHING,
        held=first[2] or NOTHING,
        lots=lots,
        moment=first[0],
    )


def holding_at(account_id: UUID, unit_id: int, moment: datetime) -> Holding:
    """What `holding_now` answered at a past instant, from the ledger: entries recorded by then, grants judged then."""
    rows = _read(_THEN, {"account": account_id, "unit": unit_id, "moment": moment})
    oldest_first = sorted(
        (row for row in rows if row[0] == "lot" and row[5] > 0), key=lambda row: (row[8], row[2])
    )
    lots = [OpenLot(row[4][0], row[5]) for row in oldest_first]
    parts = [_part(row, moment) for row in rows if row[0] == "grant" and row[5] > 0]
    return holding(
        parts,
        owed=sum((lot.owed for lot in lots), NOTHING),
        held=NOTHING,
        lots=lots,
        moment=moment,
    )


def _part(row: Sequence[Any], moment: datetime) -> Part:
    """A grant as it stood. A movement first starts what is due, so a start after the last movement is still to come."""
    _, last_movement_at, grant_id, kind, features, remaining, effective_at, expires_at, created_at = row
    is_starting = created_at < effective_at <= moment and last_movement_at < effective_at
    return Part(
        grant_id, kind, features, remaining, NOTHING, effective_at, expires_at, created_at, is_starting
    )


# The lots are read only where a grant is about to repay some: their number grows with the debits that owe.
_NOW = """
WITH asked AS MATERIALIZED (SELECT coalesce(%(now)s, statement_timestamp()) AS now),
held AS MATERIALIZED (
    SELECT w.id, w.overage, w.held, w.overage > 0 AND w.next_start_at <= asked.now AS repays
    FROM wallets_wallet w, asked WHERE w.account_id = %(account)s AND w.unit_id = %(unit)s
),
lots AS MATERIALIZED (
    SELECT array_agg(o.feature ORDER BY o.created_at, o.id) AS features,
           array_agg(o.tokens - o.repaid - o.reversed ORDER BY o.created_at, o.id) AS owed
    FROM wallets_overage o JOIN held ON held.repays AND o.wallet_id = held.id
    WHERE o.account_id = %(account)s AND o.is_open
)
SELECT asked.now, held.overage, held.held, lots.features, lots.owed,
       g.id, g.kind, g.features, g.remaining, g.held, g.effective_at, g.expires_at, g.created_at, g.is_pending
FROM asked CROSS JOIN lots LEFT JOIN held ON true
LEFT JOIN wallets_grant g
    ON g.account_id = %(account)s AND g.wallet_id = held.id AND g.is_open AND g.effective_at <= asked.now
"""

_THEN = """
WITH moved AS MATERIALIZED (
    SELECT m.* FROM wallets_movement m
    JOIN wallets_wallet w ON w.account_id = m.account_id AND w.id = m.wallet_id
    WHERE m.account_id = %(account)s AND w.unit_id = %(unit)s AND m.recorded_at <= %(moment)s
),
last AS MATERIALIZED (SELECT max(recorded_at) AS at FROM moved),
grants AS (SELECT grant_id, sum(d_remaining) AS remaining FROM moved WHERE grant_id IS NOT NULL GROUP BY grant_id),
lots AS (SELECT overage_id, sum(d_overage) AS owed FROM moved WHERE overage_id IS NOT NULL GROUP BY overage_id)
(SELECT 'grant', last.at, g.id, g.kind, g.features, grants.remaining, g.effective_at, g.expires_at, g.created_at
 FROM grants JOIN wallets_grant g ON g.account_id = %(account)s AND g.id = grants.grant_id, last)
UNION ALL
(SELECT 'lot', last.at, o.id, '', ARRAY[o.feature], lots.owed, o.created_at, NULL, o.created_at
 FROM lots JOIN wallets_overage o ON o.account_id = %(account)s AND o.id = lots.overage_id, last)
"""


def _read(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
