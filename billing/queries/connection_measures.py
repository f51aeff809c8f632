"""How connections fare, for the machines that watch over them, at the same cost however long the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Measured:
    """How one connection fares. The seconds are of what waits longest, 0 where nothing waits.

    unfetched_seconds: how long the stream is overdue that is most. success_seconds: since an exchange went well; none
    where none did. exchanges: (job, outcome, how many, ever).
    """

    code: str
    waiting_in: int
    oldest_in_seconds: float
    dead_in: int
    waiting_out: int
    oldest_out_seconds: float
    dead_out: int
    unfetched_seconds: float
    success_seconds: float | None
    exchanges: Sequence[tuple[str, str, int]]


_MEASURES = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at)
SELECT c.id, c.code, i.waiting, i.oldest, (SELECT count(*) FROM billing_handling h
           WHERE h.connection_id = c.id AND h.state = 'dead'),
       o.waiting, o.oldest, (SELECT count(*) FROM billing_outgoing d
           WHERE d.connection_id = c.id AND d.state = 'dead'),
       (SELECT coalesce(greatest(extract(epoch FROM now.at - min(s.due_at)), 0), 0)::float8
        FROM billing_synccursor s WHERE s.connection_id = c.id),
       extract(epoch FROM now.at - g.last_success_at)::float8
FROM now, billing_connection c
LEFT JOIN billing_connectionhealth g ON g.connection_id = c.id
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now.at - min(r.received_at)), 0)::float8 AS oldest
    FROM billing_handling h JOIN billing_received r ON r.id = h.received_id
    WHERE h.connection_id = c.id AND h.state = 'waiting') AS i
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now.at - min(m.created_at)), 0)::float8 AS oldest
    FROM billing_outgoing m WHERE m.connection_id = c.id AND m.state = 'waiting') AS o
WHERE c.state <> 'off' ORDER BY c.code
"""


def measured() -> list[Measured]:
    """How each connection fares that is not off."""
    with connection.cursor() as cursor:
        cursor.execute(_MEASURES)
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT connection_id, job, outcome, count FROM billing_exchangetally ORDER BY 1, 2, 3"
        )
        ended = cursor.fetchall()
    exchanges: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for connection_id, *exchange in ended:
        exchanges[connection_id].append((exchange[0], exchange[1], exchange[2]))
    return [Measured(*(*said, exchanges[connection_id])) for connection_id, *said in rows]
