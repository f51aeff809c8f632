"""How the queue of usage events stands: how many wait and why, since when, and how fast it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import connection
from django.db.models import Count, Min

from config.kernel.identity import first_id_at
from usage.models import Debit, Event, WaitingEvent
from usage.queries.moments import database_clock
from usage.rules.events import KEY

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class StuckEvents:
    """Events that can't be rated, for one reason. since: when the oldest of them came."""

    reason: str
    said: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Queue:
    """waiting: events whose turn comes; since: when the oldest of them came, None where there is none."""

    at: datetime
    waiting: int
    since: datetime | None
    stuck: Sequence[StuckEvents]

    @property
    def lag(self) -> timedelta:
        """How long the oldest event has waited for its turn."""
        return max(self.at - self.since, timedelta(0)) if self.since else timedelta(0)


@dataclass(frozen=True)
class Pace:
    """Events of the last minute: taken in, and booked."""

    accepted: int
    booked: int


def queue() -> Queue:
    """The queue as it stands."""
    at = database_clock()
    in_turn = WaitingEvent.objects.in_turn().aggregate(count=Count("event_id"), since=Min("recorded_at"))
    return Queue(at, in_turn["count"], in_turn["since"], stuck())


def stuck() -> list[StuckEvents]:
    """Why events are stuck, and how many."""
    rows = WaitingEvent.objects.stuck().values("reason")
    found = rows.annotate(count=Count("event_id"), since=Min("recorded_at")).order_by("reason")
    return [
        StuckEvents(row["reason"], WaitingEvent.Reason(row["reason"]).label, row["count"], row["since"])
        for row in found
    ]


def pace() -> Pace:
    """How many events the last minute took in and booked. It counts rows by their identities, which tell their time."""
    since = database_clock() - MINUTE
    accepted = Event.objects.filter(id__gte=first_id_at(since), recorded_at__gte=since).count()
    booked = Debit.objects.filter(id__gte=first_id_at(since), key__startswith=KEY).count()
    return Pace(accepted, booked)


def months_ahead() -> int:
    """How many months after this one are there for events to be recorded in; -1 where even this one is wanting."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS)
        found = [is_there for (is_there,) in cursor.fetchall()]
    return len(list(takewhile(bool, found))) - 1


_MONTHS = """
    SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
                   WHERE inhparent = 'usage_event'::regclass AND month.relname = 'usage_event_' || to_char(
                       date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') + n * interval '1 month', 'YYYY_MM'))
    FROM generate_series(0, 12) AS n ORDER BY n
"""
