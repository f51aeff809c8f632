"""Where accounts stand on their ladders, read for many at once in two questions. Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from config.kernel import shaped
from pricing.queries.pricebook import TableBook
from usage.queries.standings import AccountStanding
from usage.rules.climbing import Ladder, LastGrace, Level, Stand
from usage.rules.entitlements import FeatureCard
from usage.rules.ladders import SharedRulings, in_unit, shared_ladder
from wallets.rules.funds import Funds

NOTHING = Decimal(0)


class Ladders:
    """Which ladder rules an account's usage of a feature; what accounts share is compiled once a feature and table."""

    def __init__(self, shared: SharedRulings) -> None:
        self._shared = shared
        self._known: dict[tuple[int, int], Ladder | None] = {}

    def may_rule(self, standing: AccountStanding) -> bool:
        """Whether any of the account's usage is ruled by one."""
        return bool(standing.ladder) if standing.has_policy else not self._shared.are_none

    def of(self, standing: AccountStanding, table: TableBook | None, card: FeatureCard) -> Ladder | None:
        """None where the wallet's floor says it all."""
        if standing.has_policy:
            return standing.ladder if table is None else in_unit(standing.ladder, table.token)
        if table is None or self._shared.are_none:
            return None
        place = card.id, table.table_id
        if place not in self._known:
            ladder = shared_ladder(self._shared, [card.id], card.product_id, table.table_id)
            self._known[place] = in_unit(ladder, table.token)
        return self._known[place]


def stands_of(funds: Mapping[UUID, Funds], units: Mapping[UUID, int]) -> dict[UUID, Stand]:
    """By account. funds: what each can pay with in its unit of `units`, as of the same moment."""
    if not units:
        return {}
    ids = list(units)
    given: dict[str, Any] = {"accounts": ids, "units": [units[each] for each in ids]}
    with connection.cursor() as cursor:
        cursor.execute(_STOCKS, given)
        stocks = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_BUCKETS, given)
        buckets: defaultdict[UUID, dict[str, Level]] = defaultdict(dict)
        for account_id, code, level, taken_at in cursor.fetchall():
            buckets[account_id][code] = Level(level, taken_at)
    return {each: _stand(funds[each], stocks.get(each), buckets[each]) for each in ids}


def _stand(funds: Funds, stock: Sequence[Any] | None, buckets: Mapping[str, Level]) -> Stand:
    if stock is None:
        return Stand(funds.available, buckets=buckets)
    stocked, bought, purchases, overdrawn_from, grace = stock
    if funds.restock is not None:
        stocked, purchases = funds.restock.stocked, purchases + len(funds.restock.bought)
        bought = funds.restock.bought[-1] if funds.restock.bought else bought
    last = shaped.decode(grace, LastGrace) if grace else None
    return Stand(
        funds.available, stocked, bought, purchases, overdrawn_from if funds.owed else 0, last, buckets
    )


_STOCKS = """
SELECT w.account_id, w.stocked, w.bought, w.purchases, w.overdrawn_from, (
    SELECT json_build_object('overdrawn_from', g.overdrawn_from, 'purchases', g.purchases, 'started_at', g.started_at,
                             'reached', g.reached)::text
    FROM usage_grace g WHERE g.account_id = w.account_id AND g.wallet_id = w.id ORDER BY g.overdrawn_from DESC LIMIT 1)
FROM unnest(%(accounts)s::uuid[], %(units)s::bigint[]) AS asked (account, unit)
JOIN wallets_wallet w ON w.account_id = account AND w.unit_id = unit
"""
_BUCKETS = "SELECT account_id, code, level, taken_at FROM usage_bucket WHERE account_id = ANY (%(accounts)s)"
