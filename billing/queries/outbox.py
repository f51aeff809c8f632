"""What waits to be delivered, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class DueLane:
    """An endpoint with deliveries that are due; None is all e-mail. due: how many, as far as they were counted.

    is_silent: it did not answer the last time.
    """

    endpoint_id: int | None
    due: int
    is_silent: bool


_DUE = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at)
SELECT e.id, found.due, coalesce(h.silent, 0) > 0 AS is_silent
FROM now, billing_endpoint e LEFT JOIN billing_endpointhealth h ON h.endpoint_id = e.id
CROSS JOIN LATERAL (SELECT count(*) AS due FROM (
    SELECT FROM billing_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_at <= now.at LIMIT %(most)s) AS few) AS found
WHERE e.is_on AND (h.rests_until IS NULL OR h.rests_until <= now.at) AND found.due > 0
UNION ALL
SELECT NULL, found.due, false
FROM now CROSS JOIN LATERAL (SELECT count(*) AS due FROM (
    SELECT FROM billing_delivery d
    WHERE d.endpoint_id IS NULL AND d.state = 'waiting' AND d.next_at <= now.at LIMIT %(most)s) AS few) AS found
WHERE found.due > 0
ORDER BY is_silent, 1
"""


def due_lanes(most: int) -> list[DueLane]:
    """The lanes in which something is due, those that answer first. most: how far each is counted.

    Endpoints that rest or are off are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"most": most})
        return [DueLane(*row) for row in cursor.fetchall()]
