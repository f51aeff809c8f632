"""What signals are found by, of many accounts at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from billing.rules.figures import BURN_DAYS, AccountFigures
from billing.rules.signals import Renewal, Seen

_RENEWALS = """
SELECT DISTINCT ON (a.id) a.id, p.ends_at, coalesce(g.tokens, 0), coalesce(g.remaining, 0)
FROM unnest(%(accounts)s::uuid[]) AS a (id)
JOIN billing_orderperiod p ON p.account_id = a.id AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
LEFT JOIN LATERAL (
    SELECT sum(g.tokens) AS tokens, sum(g.remaining) AS remaining
    FROM billing_portion s JOIN billing_ordergrant o ON o.portion_id = s.id AND o.account_id = s.account_id
    JOIN wallets_grant g ON g.id = o.grant_id AND g.account_id = s.account_id AND g.voided_at IS NULL
    WHERE s.account_id = p.account_id AND s.order_id = p.order_id AND s.line = p.line AND s.run = p.run
      AND s.number = p.number) AS g ON true
ORDER BY a.id, p.ends_at, p.id
"""
_OVERDRAWN = """
SELECT w.account_id, e.recorded_at, e.number FROM wallets_wallet w
JOIN wallets_entry e ON e.account_id = w.account_id AND e.wallet_id = w.id AND e.number = w.overdrawn_from
WHERE w.account_id = ANY (%(accounts)s) AND w.overage > 0
ORDER BY e.recorded_at DESC
"""
_OVERFLOWS = """
SELECT m.account_id, f.code, count(DISTINCT (m.at AT TIME ZONE 'UTC')::date)
FROM usage_checkoutmove m JOIN usage_checkout c ON c.id = m.checkout_id AND c.account_id = m.account_id
JOIN pricing_feature f ON f.id = c.feature_id
WHERE m.account_id = ANY (%(accounts)s) AND m.seat = 'overflow' AND m.at >= %(since)s
GROUP BY 1, 2 ORDER BY 1, 2
"""
_TRIALS = """
SELECT DISTINCT ON (t.customer_id) t.customer_id, t.id::text, g.spent / g.tokens
FROM billing_trial t JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
WHERE t.customer_id = ANY (%(accounts)s) ORDER BY t.customer_id, t.id DESC
"""


def seen_of(figures: Mapping[UUID, AccountFigures], now: datetime) -> list[tuple[UUID, Seen]]:
    """What is known of each account whose figures these are."""
    today = now.astimezone(UTC).date()
    asked = {"accounts": list(figures), "now": now, "since": now - timedelta(days=BURN_DAYS)}
    renewals = {
        row[0]: Renewal(row[1].astimezone(UTC).date(), row[2], row[3]) for row in _rows(_RENEWALS, asked)
    }
    overdrawn = {row[0]: (row[1].astimezone(UTC).date(), row[2]) for row in _rows(_OVERDRAWN, asked)}
    trials = {row[0]: (row[1], row[2]) for row in _rows(_TRIALS, asked)}
    overflows: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for account_id, feature, days in _rows(_OVERFLOWS, asked):
        overflows[account_id].append((feature, days))
    return [
        (pk, Seen(each, today, renewals.get(pk), overdrawn.get(pk), overflows[pk], trials.get(pk)))
        for pk, each in figures.items()
    ]


def _rows(statement: str, asked: Mapping[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(asked))
        return list(cursor.fetchall())
