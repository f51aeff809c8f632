"""What of connections is due: streams to be fetched, messages to be sent."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

_AWAKE = """
    FROM billing_connection c LEFT JOIN billing_connectionhealth h ON h.connection_id = c.id
"""
_IS_AWAKE = """
    c.state = 'on' AND c.kind = ANY (%(connectors)s) AND (h.rests_until IS NULL OR h.rests_until <= clock_timestamp())
"""
_IS_PROVEN = "coalesce(h.silent = 0 AND h.last_success_at IS NOT NULL, false)"

_STREAMS = f"""
SELECT c.id, {_IS_PROVEN} {_AWAKE}
WHERE {_IS_AWAKE} AND EXISTS (
    SELECT FROM billing_synccursor s WHERE s.connection_id = c.id AND s.due_at <= clock_timestamp())
ORDER BY 2 DESC, 1
"""

_MESSAGES = f"""
SELECT c.id, c.kind, m.kind, found.due, {_IS_PROVEN} {_AWAKE}
CROSS JOIN unnest(%(kinds)s::text[]) AS m (kind)
CROSS JOIN LATERAL (SELECT count(*) AS due FROM (
    SELECT FROM billing_outgoing o
    WHERE o.connection_id = c.id AND o.kind = m.kind AND o.state = 'waiting' AND o.next_at <= clock_timestamp()
    LIMIT %(most)s) AS few) AS found
WHERE {_IS_AWAKE} AND found.due > 0
ORDER BY 5 DESC, 1, 3
"""


def streams_due(connectors: Iterable[str]) -> list[tuple[int, bool]]:
    """Connections with streams to be fetched, the proven first: identity, whether it is proven."""
    with connection.cursor() as cursor:
        cursor.execute(_STREAMS, {"connectors": list(connectors)})
        return list(cursor.fetchall())


def messages_due(
    connectors: Iterable[str], kinds: Iterable[str], most: int
) -> list[tuple[int, str, str, int, bool]]:
    """Connections with messages to be sent: identity, kind, kind of messages, how many, whether it is proven.

    most: how far they are counted. Connections that rest or are not on are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, {"connectors": list(connectors), "kinds": sorted(kinds), "most": most})
        return list(cursor.fetchall())
