"""What days came to, by each of the books: counted once a run, and kept for pages to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from billing.queries.reconciling import DAY, LOTS, PORTIONS

_IN = "{0} >= %(since)s AND {0} < %(until)s"


@dataclass(slots=True)
class DaySums:
    """events, booked, waiting: counts. units: amounts by token unit and name, as `ReconciledSum` has them."""

    events: int = 0
    booked: int = 0
    waiting: int = 0
    units: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))


_EVENTS = f"""
    SELECT {DAY.format("e.recorded_at")}, count(*), count(*) FILTER (WHERE w.event_id IS NULL), count(w.event_id)
    FROM usage_event e LEFT JOIN usage_waitingevent w ON w.event_id = e.id
    WHERE {_IN.format("e.recorded_at")} GROUP BY 1
"""
_SUMS: dict[tuple[str, ...], str] = {
    ("charges", "debits"): f"""
        SELECT {DAY.format("d.recorded_at")}, u.code, count(*), sum(d.tokens)
        FROM usage_debit d JOIN wallets_tokenunit u ON u.id = d.unit_id
        WHERE {_IN.format("d.recorded_at")} GROUP BY 1, 2""",
    ("entries", "restored"): f"""
        SELECT {DAY.format("e.recorded_at")}, u.code, coalesce(sum(e.amount) FILTER (WHERE e.cause_kind = 'debit'), 0),
               coalesce(sum(e.amount) FILTER (WHERE e.cause_kind = 'reversal'
                                              AND e.kind IN ('restore', 'overage_reversal', 'credit')), 0)
        FROM wallets_entry e JOIN wallets_wallet w ON w.id = e.wallet_id AND w.account_id = e.account_id
        JOIN wallets_tokenunit u ON u.id = w.unit_id
        WHERE {_IN.format("e.recorded_at")} AND e.cause_kind IN ('debit', 'reversal') GROUP BY 1, 2""",
    ("given_back",): f"""
        SELECT {DAY.format("r.recorded_at")}, u.code, sum(r.tokens)
        FROM usage_reversal r JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
        JOIN wallets_tokenunit u ON u.id = d.unit_id
        WHERE {_IN.format("r.recorded_at")} GROUP BY 1, 2""",
    ("ordered", "granted"): f"""
        SELECT {DAY.format("due_at")}, unit, sum(ordered), sum(granted)
        FROM ({PORTIONS}) AS p WHERE unit IS NOT NULL GROUP BY 1, 2""",
    ("overage", "invoiced", "repaid", "reversed"): f"""
        SELECT {DAY.format("d.recorded_at")}, u.code, sum(o.tokens), sum(o.invoiced), sum(o.repaid), sum(o.reversed)
        FROM usage_debit d JOIN wallets_tokenunit u ON u.id = d.unit_id
        CROSS JOIN LATERAL (SELECT * FROM ({LOTS}) AS l WHERE l.cause_id = d.id AND l.account_id = d.account_id) AS o
        WHERE {_IN.format("d.recorded_at")} AND d.overage > 0 GROUP BY 1, 2""",
}


def sums_of(asked: Mapping[str, Any]) -> dict[date, DaySums]:
    """What the days between two instants came to; none where nothing happened."""
    found: dict[date, DaySums] = defaultdict(DaySums)
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, dict(asked))
        for day, events, booked, waiting in cursor.fetchall():
            sums = found[day]
            sums.events, sums.booked, sums.waiting = events, booked, waiting
        for names, statement in _SUMS.items():
            cursor.execute(statement, dict(asked))
            for day, unit, *amounts in cursor.fetchall():
                found[day].units[unit].update(zip(names, amounts, strict=True))
    return found


@dataclass(frozen=True, slots=True)
class Equation:
    """Where all tokens of one unit are: granted − spent − expired − voided − overage = balances."""

    unit: str
    granted: Decimal
    spent: Decimal
    expired: Decimal
    voided: Decimal
    overage: Decimal
    balances: Decimal

    @property
    def left(self) -> Decimal:
        return self.granted - self.spent - self.expired - self.voided - self.overage

    @property
    def gap(self) -> Decimal:
        return self.left - self.balances


EQUATION = """
    SELECT u.code, coalesce(sum(g.tokens), 0), coalesce(sum(g.spent), 0), coalesce(sum(g.expired), 0),
           coalesce(sum(g.voided), 0), sum(w.overage), sum(w.balance)
    FROM wallets_wallet w JOIN wallets_tokenunit u ON u.id = w.unit_id
    LEFT JOIN (SELECT account_id, wallet_id, sum(tokens) AS tokens, sum(spent) AS spent, sum(expired) AS expired, sum(voided) AS voided
               FROM wallets_grant GROUP BY 1, 2) AS g ON g.account_id = w.account_id AND g.wallet_id = w.id
    GROUP BY u.id ORDER BY u.is_default DESC, u.code
"""
