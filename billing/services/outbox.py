"""Deliveries on their way: taken one by one with a lease, recorded, given up, sent again. Nothing is sent from here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from billing.models import Attempt, Delivery
from billing.rules.deliveries import Answer, Next, Plan, plan, rest_of_the_silent
from config.kernel.database import call
from usage.queries.moments import database_clock

LEASE = timedelta(minutes=2)
"""How long a delivery is left to whoever took it. An attempt takes seconds; after a kill it is the next one's."""
REASON_AT_MOST = 1000

Lane = int | None
"""An endpoint's identity; None is all e-mail."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that was taken: one attempt of it is to be made now. number: of the attempt, from 1."""

    delivery_id: UUID
    number: int
    tries: int
    endpoint_id: int | None
    news_id: UUID
    kind: str
    occurred_at: datetime
    data: dict[str, Any]
    started_at: datetime


_CLAIM = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at), due AS MATERIALIZED (
    SELECT d.id FROM billing_delivery d, now
    WHERE d.state = 'waiting' AND d.endpoint_id {lane} AND d.next_at <= now.at
    ORDER BY d.next_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED
), taken AS (
    UPDATE billing_delivery d SET attempts = d.attempts + 1, next_at = now.at + %(lease)s
    FROM due, now WHERE d.id = due.id
    RETURNING d.id, d.attempts, d.round_began_with, d.endpoint_id, d.news_id, now.at
), begun AS (
    INSERT INTO billing_attempt (delivery_id, number, started_at, error, answer)
    SELECT id, attempts, at, '', '' FROM taken
)
SELECT t.id AS delivery_id, t.attempts AS number, t.attempts - t.round_began_with AS tries,
       t.endpoint_id, n.id AS news_id, n.kind, n.occurred_at, n.data::text AS data, t.at AS started_at
FROM taken t JOIN billing_news n ON n.id = t.news_id
"""


def claim(lane: Lane) -> Claimed | None:
    """Take the delivery that is due longest in this lane, and begin an attempt of it; None where none is due.

    Whoever else asks meanwhile gets another one. A delivery that was taken is due again after LEASE.
    """
    where = "IS NULL" if lane is None else "= %(lane)s"
    row = call(_CLAIM.format(lane=where), {"lane": lane, "lease": LEASE})
    return None if row is None else Claimed(**{**vars(row), "data": json.loads(row.data)})


@transaction.atomic
def record(claimed: Claimed, answer: Answer, chance: float) -> Plan:
    """Write down how an attempt went, and what follows.

    An attempt that arrived counts whenever it is told of; one that failed decides nothing any more where another was
    begun, or where the delivery was given up meanwhile. chance: as in `rules.deliveries.plan`.
    """
    now = database_clock()
    Attempt.objects.filter(delivery=claimed.delivery_id, number=claimed.number).update(
        finished_at=now,
        status=answer.status,
        error=answer.error,
        milliseconds=answer.milliseconds,
        answer=answer.excerpt,
    )
    follows = plan(answer, claimed.tries, now, chance)
    rows = Delivery.objects.filter(pk=claimed.delivery_id)
    if follows.next is Next.DELIVERED:
        ended = rows.exclude(state=Delivery.State.DELIVERED).update(
            state=Delivery.State.DELIVERED, next_at=None, finished_at=now, reason=""
        )
        _count(claimed.kind, Delivery.State.DELIVERED, ended)
    elif follows.next is Next.AGAIN:
        rows.waiting().filter(attempts=claimed.number).update(next_at=now + follows.wait)
    else:
        _end(rows.waiting().filter(attempts=claimed.number), follows.reason, now)
    if claimed.endpoint_id is not None:
        _note_health(claimed.endpoint_id, answer, follows, now)
    return follows


def give_up_waiting(*, endpoint_id: int | None = None, recipient_id: int | None = None, reason: str) -> int:
    """Give up all that still waits for this endpoint or recipient, in the caller's transaction. Answers how many."""
    rows = Delivery.objects.waiting().filter(endpoint=endpoint_id, recipient=recipient_id)
    return _end(rows, reason, database_clock())


@transaction.atomic
def send_again(rows: Sequence[UUID] | Q) -> int:
    """Let deliveries wait once more, due now, with all attempts before them again. Answers how many.

    rows: their identities, or what they have in common. Those that wait already are due now and keep their attempts;
    those to whoever is switched off stay as they are. An endpoint that rests is called at once.
    """
    wanted = rows if isinstance(rows, Q) else Q(pk__in=rows)
    to_those_on = Q(endpoint__is_on=True) | Q(recipient__is_on=True)
    found = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(wanted, to_those_on)
        .order_by("pk")
        .values_list("pk", "endpoint_id")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_delivery
               SET state = 'waiting', next_at = clock_timestamp(), finished_at = NULL, reason = '',
                   round_began_with = CASE state WHEN 'waiting' THEN round_began_with ELSE attempts END
               WHERE id = ANY (%s)""",
            [[pk for pk, _ in found]],
        )
        cursor.execute(
            "UPDATE billing_endpointhealth SET rests_until = NULL, silent = 0 WHERE endpoint_id = ANY (%s)",
            [sorted({endpoint for _, endpoint in found if endpoint is not None})],
        )
    return len(found)


def _end(rows: Any, reason: str, now: datetime) -> int:
    """Give deliveries up, and count them by kind."""
    ended = list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", "news__kind"))
    Delivery.objects.filter(pk__in=[pk for pk, _ in ended]).update(
        state=Delivery.State.DEAD, next_at=None, finished_at=now, reason=reason[:REASON_AT_MOST]
    )
    kinds = sorted({kind for _, kind in ended})
    for kind in kinds:
        _count(kind, Delivery.State.DEAD, sum(each == kind for _, each in ended))
    return len(ended)


def _count(kind: str, state: str, by: int) -> None:
    if by:
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO billing_deliverytally AS t (kind, state, count) VALUES (%s, %s, %s)
                   ON CONFLICT (kind, state) DO UPDATE SET count = t.count + EXCLUDED.count""",
                [kind, state, by],
            )


def _note_health(endpoint_id: int, answer: Answer, follows: Plan, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO billing_endpointhealth AS h
                   (endpoint_id, silent, rests_until, last_success_at, last_failure_at)
               VALUES (%(endpoint)s, %(silent)s, %(rests_until)s, %(success)s, %(failure)s)
               ON CONFLICT (endpoint_id) DO UPDATE SET
                   silent = CASE WHEN EXCLUDED.silent = 0 THEN 0 ELSE h.silent + 1 END,
                   rests_until = EXCLUDED.rests_until,
                   last_success_at = coalesce(EXCLUDED.last_success_at, h.last_success_at),
                   last_failure_at = coalesce(EXCLUDED.last_failure_at, h.last_failure_at)
               RETURNING silent""",
            {
                "endpoint": endpoint_id,
                "silent": int(answer.is_silence),
                "rests_until": now + follows.rest if follows.rest else None,
                "success": None if answer.error else now,
                "failure": now if answer.error else None,
            },
        )
        rest = rest_of_the_silent(cursor.fetchone()[0])
        if rest is not None:
            cursor.execute(
                "UPDATE billing_endpointhealth SET rests_until = %s WHERE endpoint_id = %s",
                [now + rest, endpoint_id],
            )
