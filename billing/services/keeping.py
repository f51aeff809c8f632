"""What connections told and were told is kept for a while: bodies, contents and runs go when their days are over.

That something was told, once an id, what it came to, and each attempt at a message stay for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from billing.models import Connection
from billing.services.receiving import OTHER_CONTENT
from config.kernel.identity import first_id_at
from usage.queries.moments import database_clock

BATCH = 500
"""How many rows are looked at in one transaction, whatever becomes of them."""
FIRST = UUID(int=0)


@dataclass(slots=True)
class Removed:
    """How much was removed."""

    bodies: int = 0
    contents: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One batch: how many rows were removed, and the last that was looked at; none where nothing is left."""

    count: int
    last: UUID | None


def tidy(rows: Sequence[Connection], seconds: float, now: datetime | None = None) -> Removed:
    """Remove what these connections keep no longer, batch by batch, for about so many seconds. The next goes on."""
    moment, until = now or database_clock(), monotonic() + seconds
    removed = Removed()
    identities = [each.pk for each in rows]
    shortest = min((each.bodies_days for each in rows), default=0)
    removed.bodies = _walk(remove_bodies, identities, moment, shortest, until)
    for each in rows:
        removed.contents += _walk(empty_messages, [each.pk], moment, each.bodies_days, until)
        removed.runs += _walk(remove_runs, [each.pk], moment, each.runs_days, until)
    return removed


def _walk(step: Any, connections: Sequence[int], now: datetime, days: int, until: float) -> int:
    """Step from batch to batch, up to what is so many days old."""
    given: dict[str, Any] = {
        "connections": list(connections),
        "now": now,
        "before": first_id_at(now - timedelta(days=days)),
        "batch": BATCH,
        "other": OTHER_CONTENT,
    }
    count, after = 0, FIRST
    while monotonic() < until:
        done = step(given | {"after": after})
        count += done.count
        if done.last is None:
            break
        after = done.last
    return count


# A record's identity tells when it came, and it ended no earlier: above `before` nothing is old enough.
_BODIES = """
WITH page AS MATERIALIZED (
    SELECT b.received_id AS id FROM billing_receivedbody b JOIN billing_handling h ON h.received_id = b.received_id
    WHERE b.received_id > %(after)s AND b.received_id < %(before)s AND h.connection_id = ANY (%(connections)s)
    ORDER BY 1 LIMIT %(batch)s
), old AS MATERIALIZED (
    SELECT h.received_id AS id, c.bodies_days AS days
    FROM billing_handling h JOIN billing_connection c ON c.id = h.connection_id
    WHERE h.received_id IN (SELECT id FROM page) AND h.state IN ('applied', 'ignored')
      AND h.finished_at <= %(now)s - make_interval(days => c.bodies_days)
    ORDER BY 1 FOR UPDATE OF h SKIP LOCKED
), gone AS (
    DELETE FROM billing_receivedbody b USING old WHERE b.received_id = old.id RETURNING old.id, old.days
), noted AS (
    INSERT INTO billing_bodyremoval (received_id, removed_at, why, days, by, reason)
    SELECT id, %(now)s, 'age', days, '', '' FROM gone RETURNING received_id
)
SELECT (SELECT count(*) FROM noted), (SELECT id FROM page ORDER BY id DESC LIMIT 1)
"""

# Of figures the last message of a customer stays whole: what is told next is compared with it. Of what is billed
# elsewhere the sum stays, by which it is compared and proven.
_MESSAGES = """
WITH page AS MATERIALIZED (
    SELECT o.id FROM billing_outgoing o
    WHERE o.connection_id = ANY (%(connections)s) AND o.emptied_at IS NULL
      AND o.id > %(after)s AND o.id < %(before)s
    ORDER BY o.id LIMIT %(batch)s
), old AS MATERIALIZED (
    SELECT o.id FROM billing_outgoing o JOIN billing_connection c ON c.id = o.connection_id
    WHERE o.id IN (SELECT id FROM page) AND o.state IN ('sent', 'replaced', 'ignored') AND NOT o.is_under_way
      AND o.finished_at <= %(now)s - make_interval(days => c.bodies_days)
      AND (o.kind <> 'fields' OR EXISTS (
          SELECT FROM billing_outgoing n WHERE n.connection_id = o.connection_id AND n.kind = o.kind
            AND n.subject = o.subject AND n.id > o.id))
    ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
), answers AS (
    UPDATE billing_outgoingtry t SET answer = '' FROM old WHERE t.outgoing_id = old.id AND t.answer <> ''
), emptied AS (
    UPDATE billing_outgoing o
    SET emptied_at = %(now)s,
        content = CASE o.kind WHEN 'invoice item' THEN o.content - 'description' ELSE '{}' END
    FROM old WHERE o.id = old.id RETURNING o.id
)
SELECT (SELECT count(*) FROM emptied), (SELECT id FROM page ORDER BY id DESC LIMIT 1)
"""

# Of each job the last run stays, and so does every failure since it last went well. That something was told with other
# content is no failure of a job: nothing that comes later mends it.
_RUNS = """
WITH page AS MATERIALIZED (
    SELECT r.id, r.connection_id, r.job, r.fault, coalesce(r.ended_at, r.began_at) AS at FROM billing_syncrun r
    WHERE r.connection_id = ANY (%(connections)s) AND r.id > %(after)s AND r.id < %(before)s
    ORDER BY r.id LIMIT %(batch)s
), gone AS (
    DELETE FROM billing_syncrun r USING page p, billing_connection c
    WHERE r.id = p.id AND c.id = p.connection_id AND p.at <= %(now)s - make_interval(days => c.runs_days)
      AND EXISTS (SELECT FROM billing_syncrun n
                  WHERE n.connection_id = p.connection_id AND n.job = p.job AND n.id > p.id
                    AND (n.fault = '' OR p.fault IN ('', %(other)s)))
    RETURNING r.id
)
SELECT (SELECT count(*) FROM gone), (SELECT id FROM page ORDER BY id DESC LIMIT 1)
"""


@transaction.atomic
def remove_bodies(given: dict[str, Any]) -> Step:
    """Remove bodies of records that were applied or ignored, with a row each that says so. What is locked stays."""
    return _step(_BODIES, given)


@transaction.atomic
def empty_messages(given: dict[str, Any]) -> Step:
    """Empty messages that have ended, and what was answered to them."""
    return _step(_MESSAGES, given)


@transaction.atomic
def remove_runs(given: dict[str, Any]) -> Step:
    """Remove runs, but for the last of each job and failures that are not mended."""
    return _step(_RUNS, given)


def _step(statement: str, given: dict[str, Any]) -> Step:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        count, last = cursor.fetchone()
    return Step(count, last)
