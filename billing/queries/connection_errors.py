"""What went wrong at connections, grouped: one row for each direction and fault, with an example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from billing.models import Connection, Handling, Outgoing, OutgoingTry, ReceivedBody
from billing.queries.connection_records import pretty
from billing.rules.mapping import IN

LOOKED_AT = 10_000
GROUPS_SHOWN = 50
LONGEST_EXAMPLE = 4_000

_GROUPS = """
WITH failed AS (
    (SELECT n.connection_id, 'in' AS direction, n.fault, n.state, n.received_id AS id,
            coalesce(n.finished_at, r.received_at) AS at
     FROM billing_handling n JOIN billing_received r ON r.id = n.received_id
     WHERE n.connection_id = ANY (%(connections)s) AND n.state = 'dead' LIMIT %(most)s)
    UNION ALL
    (SELECT n.connection_id, 'in', n.fault, n.state, n.received_id, r.received_at
     FROM billing_handling n JOIN billing_received r ON r.id = n.received_id
     WHERE n.connection_id = ANY (%(connections)s) AND n.state = 'waiting' AND n.fault <> '' LIMIT %(most)s)
    UNION ALL
    (SELECT m.connection_id, 'out', m.fault, m.state, m.id, coalesce(m.finished_at, m.created_at)
     FROM billing_outgoing m
     WHERE m.connection_id = ANY (%(connections)s) AND m.state = 'dead' LIMIT %(most)s)
    UNION ALL
    (SELECT m.connection_id, 'out', m.fault, m.state, m.id, m.created_at
     FROM billing_outgoing m
     WHERE m.connection_id = ANY (%(connections)s) AND m.state = 'waiting' AND m.fault <> '' LIMIT %(most)s))
SELECT connection_id, direction, fault, count(*) FILTER (WHERE state = 'dead') AS dead,
       count(*) FILTER (WHERE state = 'waiting'), min(at), max(at), (array_agg(id ORDER BY id DESC))[1]
FROM failed GROUP BY 1, 2, 3 ORDER BY dead DESC, 7 DESC LIMIT %(shown)s
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """Records or messages that failed for one reason. retried: of them, how many are still tried by themselves.

    reason, payload, answer: of the example, empty where it was erased or the reader may not see it.
    """

    connection: Connection
    direction: str
    fault: str
    dead: int
    retried: int
    first_at: datetime
    last_at: datetime
    example: UUID
    reason: str = ""
    where: str = ""
    payload: str = ""
    answer: str = ""
    status: int | None = None

    @property
    def is_in(self) -> bool:
        return self.direction == IN


def failures(rows: Sequence[Connection], *, with_bodies: bool) -> list[Failure]:
    """What went wrong at these, the most frequent first, by five questions however much it is.

    with_bodies: the reader may see what was told and answered.
    """
    known = {each.pk: each for each in rows}
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, {"connections": list(known), "most": LOOKED_AT, "shown": GROUPS_SHOWN})
        found = cursor.fetchall()
    details = _details([row[7] for row in found], with_bodies=with_bodies)
    return [Failure(known[row[0]], *row[1:], **details.get(row[7], {})) for row in found]


def _details(examples: Sequence[UUID], *, with_bodies: bool) -> dict[UUID, dict[str, Any]]:
    """What is told of each example beyond its group."""
    details: dict[UUID, dict[str, Any]] = {}
    for each in Handling.objects.filter(pk__in=examples):
        details[each.pk] = {"reason": each.reason if with_bodies else "", "where": each.where}
    messages = list(Outgoing.objects.filter(pk__in=examples))
    for message in messages:
        details[message.pk] = {"reason": message.reason if with_bodies else ""}
    last = (
        OutgoingTry.objects.filter(outgoing__in=messages).order_by("outgoing", "-number").distinct("outgoing")
    )
    for attempt in last:
        about = details[attempt.outgoing_id]
        about["status"] = attempt.status
        if with_bodies:
            about["reason"] = about["reason"] or attempt.error
            about["answer"] = attempt.answer
    if with_bodies:
        for message in messages:
            details[message.pk]["payload"] = pretty(json.dumps(message.content).encode(), LONGEST_EXAMPLE)
        for body in ReceivedBody.objects.filter(pk__in=examples):
            details[body.pk]["payload"] = pretty(bytes(body.content), LONGEST_EXAMPLE)
    return details
