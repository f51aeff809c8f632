"""How connections fare: their queues, what was given up, how much failed, what is fetched next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from billing.models import Connection, ConnectionSecret, SyncCursor, SyncRun
from billing.rules.connection_states import Condition, Fares, Flow
from config.kernel.identity import first_id_at

COUNTED = 1000
RATE_OF = timedelta(hours=24)
RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A connection with how it fares at an instant."""

    row: Connection
    fares: Fares
    at: datetime

    @property
    def condition(self) -> Condition:
        return self.fares.condition(self.at)

    @property
    def warnings(self) -> list[str]:
        return self.fares.warnings(self.at)

    @property
    def needs_a_person(self) -> bool:
        return self.condition in (Condition.FAILING, Condition.NOT_SET_UP) or (
            self.condition is Condition.WARNING and self.fares.dead > 0
        )


# A record or message counts as failed where its last attempt did: it was given up, or waits to be tried again.
_FARES = """
SELECT c.id, clock_timestamp(), c.state,
       i.waiting, i.since, x.dead, p.passed, p.failed,
       o.waiting, o.since, y.dead, q.passed, q.failed,
       coalesce(h.silent, 0), coalesce(h.fault, ''),
       CASE WHEN h.rests_until > clock_timestamp() THEN h.rests_until END,
       greatest(h.last_success_at, l.received_at), h.last_failure_at,
       (SELECT min(s.due_at) FROM billing_synccursor s WHERE s.connection_id = c.id),
       h.needed_since, coalesce(h.needed_why, '')
FROM billing_connection c LEFT JOIN billing_connectionhealth h ON h.connection_id = c.id
LEFT JOIN LATERAL (
    SELECT r.received_at FROM billing_received r WHERE r.connection_id = c.id ORDER BY r.id DESC LIMIT 1) AS l ON true
CROSS JOIN LATERAL (SELECT count(*) AS waiting, min(received_at) AS since FROM (
    SELECT r.received_at FROM billing_handling n JOIN billing_received r ON r.id = n.received_id
    WHERE n.connection_id = c.id AND n.state = 'waiting' ORDER BY n.next_at LIMIT %(most)s) AS few) AS i
CROSS JOIN LATERAL (SELECT count(*) AS dead FROM (
    SELECT FROM billing_handling n WHERE n.connection_id = c.id AND n.state = 'dead' LIMIT %(most)s) AS few) AS x
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE f OR n.state = 'applied') AS passed, count(*) FILTER (WHERE f) AS failed
    FROM (SELECT r.id FROM billing_received r WHERE r.connection_id = c.id AND r.id >= %(since)s
          ORDER BY r.id DESC LIMIT %(most)s) AS last
    JOIN billing_handling n ON n.received_id = last.id
    CROSS JOIN LATERAL (SELECT n.state = 'dead' OR n.state = 'waiting' AND n.fault <> '' AS f) AS t) AS p
CROSS JOIN LATERAL (SELECT count(*) AS waiting, min(created_at) AS since FROM (
    SELECT m.created_at FROM billing_outgoing m
    WHERE m.connection_id = c.id AND m.state = 'waiting' ORDER BY m.next_at LIMIT %(most)s) AS few) AS o
CROSS JOIN LATERAL (SELECT count(*) AS dead FROM (
    SELECT FROM billing_outgoing m WHERE m.connection_id = c.id AND m.state = 'dead' LIMIT %(most)s) AS few) AS y
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE f OR last.state = 'sent') AS passed, count(*) FILTER (WHERE f) AS failed
    FROM (SELECT m.state, m.fault FROM billing_outgoing m WHERE m.connection_id = c.id AND m.id >= %(since)s
          ORDER BY m.id DESC LIMIT %(most)s) AS last
    CROSS JOIN LATERAL (
        SELECT last.state = 'dead' OR last.state = 'waiting' AND last.fault <> '' AS f) AS t) AS q
WHERE c.id = ANY (%(connections)s)
"""


def standings(rows: Sequence[Connection], now: datetime) -> list[Standing]:
    """How each of these fares, in their order, by one question. Counts end at COUNTED; so do those `since` is of."""
    asked: dict[str, Any] = {
        "connections": [each.pk for each in rows],
        "most": COUNTED,
        "since": first_id_at(now - RATE_OF),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FARES, asked)
        found = {row[0]: row for row in cursor.fetchall()}
    return [_standing(each, found[each.pk]) for each in rows if each.pk in found]


def _standing(row: Connection, told: Sequence[Any]) -> Standing:
    at, state, into, out, rest = told[1], told[2], told[3:8], told[8:13], told[13:]
    return Standing(row, Fares(state, Flow(*into), Flow(*out), *rest), at)


def troubled(now: datetime) -> list[Standing]:
    """The connections that fail, or have given something up: for the first page."""
    found = standings(list(Connection.objects.on()), now)
    return [each for each in found if each.needs_a_person]


def streams_of(rows: Sequence[Connection]) -> dict[int, list[SyncCursor]]:
    """How far each stream of these was fetched, by connection."""
    found: dict[int, list[SyncCursor]] = {}
    for each in SyncCursor.objects.filter(connection__in=[row.pk for row in rows]).order_by("pk"):
        found.setdefault(each.connection_id, []).append(each)
    return found


def runs(*, connection_id: int | None = None, below: UUID | None = None) -> list[SyncRun]:
    """Runs, newest first, one more than a page shows. below: older ones."""
    rows = SyncRun.objects.select_related("connection")
    if connection_id is not None:
        rows = rows.filter(connection=connection_id)
    if below is not None:
        rows = rows.filter(pk__lt=below)
    return list(rows.order_by("-pk")[: RUNS_SHOWN + 1])


def secrets_of(connection_id: int, moment: datetime) -> dict[str, list[ConnectionSecret]]:
    """The secrets that count, by name, the present one first; what they are stays sealed."""
    found: dict[str, list[ConnectionSecret]] = {}
    for each in ConnectionSecret.objects.filter(connection=connection_id).order_by("-pk"):
        if each.ends_at is None or each.ends_at > moment:
            found.setdefault(each.name, []).append(each)
    return found
