"""What waits to be delivered, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

_DUE = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at)
SELECT e.id, found.due, coalesce(h.silent = 0 AND h.last_success_at IS NOT NULL, false) AS is_proven
FROM now, billing_endpoint e LEFT JOIN billing_endpointhealth h ON h.endpoint_id = e.id
CROSS JOIN LATERAL (SELECT count(*) AS due FROM (
    SELECT FROM billing_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_at <= now.at LIMIT %(most)s) AS few) AS found
WHERE e.is_on AND (h.rests_until IS NULL OR h.rests_until <= now.at) AND found.due > 0
UNION ALL
SELECT NULL, found.due, true
FROM now CROSS JOIN LATERAL (SELECT count(*) AS due FROM (
    SELECT FROM billing_delivery d
    WHERE d.endpoint_id IS NULL AND d.state = 'waiting' AND d.next_at <= now.at LIMIT %(most)s) AS few) AS found
WHERE found.due > 0
ORDER BY is_proven DESC, 1
"""


def endpoints_due(most: int) -> list[tuple[int | None, int, bool]]:
    """Endpoints with deliveries that are due, the proven ones first: identity, how many, whether it is proven.

    None is all e-mail. most: how far each is counted. Proven is an endpoint whose last attempt that ended got an
    answer, and at which one has arrived before. Endpoints that rest or are off are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"most": most})
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Figures:
    """How news fare, at the same cost however long the history.

    oldest_seconds: how long the delivery waits that waits longest; 0 where none does.
    unread_seconds: how long ago facts were last looked for. ended: (type, state, how many, ever).
    """

    waiting: int
    oldest_seconds: float
    unread_seconds: float
    ended: list[tuple[str, str, int]]


def figures() -> Figures:
    """Counts for the machines that watch over it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8,
                      (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(read_until)), 0)::float8
                       FROM billing_newsreading)
               FROM billing_delivery WHERE state = 'waiting'"""
        )
        waiting, oldest, unread = cursor.fetchone()
        cursor.execute("SELECT kind, state, count FROM billing_deliverytally ORDER BY kind, state")
        return Figures(waiting, oldest, unread, cursor.fetchall())
