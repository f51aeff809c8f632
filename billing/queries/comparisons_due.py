"""Which connections are to be asked for what they have, and of which days; which months they have answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from billing.models import AcceptedAbsence, Connection
from billing.rules.months import end_of, last_day

# A day is asked about once it was reconciled, from the day on which the connection was made, in months that are open.
_DAYS = """
    SELECT k.day FROM billing_reconciledday k
    JOIN billing_connection c ON c.id = %(connection)s AND k.day >= (c.created_at AT TIME ZONE 'UTC')::date
    LEFT JOIN billing_comparedday d ON d.connection_id = c.id AND d.day = k.day
    WHERE (d.compared_at >= k.reconciled_at) IS NOT TRUE AND NOT EXISTS (
        SELECT FROM billing_accountingperiod p
        WHERE p.reopened_at IS NULL AND k.day < p.month + interval '1 month')
    ORDER BY k.day LIMIT %(most)s
"""
_CONNECTIONS = f"""
    SELECT c.id, coalesce(h.silent = 0 AND h.last_success_at IS NOT NULL, false)
    FROM billing_connection c
    JOIN billing_comparisonturn t ON t.connection_id = c.id AND t.next_at <= clock_timestamp()
    LEFT JOIN billing_connectionhealth h ON h.connection_id = c.id
    WHERE c.state = 'on' AND c.kind = ANY (%(kinds)s)
      AND (h.rests_until IS NULL OR h.rests_until <= clock_timestamp())
      AND (EXISTS (SELECT FROM billing_gapresend g WHERE g.connection_id = c.id AND g.finished_at IS NULL
                   AND g.next_at <= clock_timestamp())
           OR EXISTS ({_DAYS.replace("%(connection)s", "c.id").replace("%(most)s", "1")}))
    ORDER BY 2 DESC, 1
"""
_ANSWERED = """
    SELECT count(*), min(d.compared_at) FROM billing_comparedday d
    WHERE d.connection_id = %s AND d.day >= %s AND d.day <= %s AND d.compared_at >= %s
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a connection has answered for a month since it was over. left: days of which it has not.

    answered_at: when it had answered for all of them, by the day that was asked about first.
    """

    row: Connection
    left: int
    answered_at: datetime | None
    absence: AcceptedAbsence | None

    @property
    def is_waited_for(self) -> bool:
        return self.answered_at is None and self.absence is None


def connections_to_ask(kinds: Iterable[str]) -> list[tuple[int, bool]]:
    """Connections with something to be asked, the proven first: identity, whether it is proven."""
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS, {"kinds": list(kinds)})
        return list(cursor.fetchall())


def days_to_ask(connection_id: int, most: int = 400) -> list[date]:
    """Days that a connection is still to be asked about since they were reconciled, the first first."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"connection": connection_id, "most": most})
        return [day for (day,) in cursor.fetchall()]


def answers_for(month: date, kinds: Iterable[str]) -> Sequence[Answer]:
    """What each connection has answered for a month that can be asked and was there before its end.

    One that is off is asked no more. kinds: of connections that can be asked.
    """
    rows = Connection.objects.filter(kind__in=list(kinds), created_at__lt=end_of(month))
    absences = {
        each.connection_id: each
        for each in AcceptedAbsence.objects.filter(month=month).select_related("accepted_by")
    }
    return [_answer(row, month, absences.get(row.pk)) for row in rows.exclude(state=Connection.State.OFF)]


def _answer(row: Connection, month: date, absence: AcceptedAbsence | None) -> Answer:
    first, last = max(month, row.created_at.date()), last_day(month)
    given: list[Any] = [row.pk, first, last, end_of(month)]
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, given)
        count, at = cursor.fetchone()
    left = (last - first).days + 1 - count
    return Answer(row, left, None if left else at, absence)
