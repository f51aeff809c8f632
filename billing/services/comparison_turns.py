"""Turns of comparing: connections handed out to threads, each asked by one at a time, and left alone where it fails."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from billing.models import ComparisonTurn, Connection
from billing.queries.comparisons_due import connections_to_ask, days_to_ask
from billing.rules.connecting import ConnectionFault
from billing.services import comparing, lanes, resending
from billing.services.accesses import Connectors, RenewedElsewhere
from billing.services.comparing import JOB, SECONDS_A_DAY, ToldMeanwhile
from billing.services.lanes import Lane, Over, Threads
from billing.services.sync_runs import Tale, note_exchange, tell
from usage.queries.moments import database_clock

TURN = "compare with connections"
THREADS = Threads(proven=2, unproven=2)
LEASE = timedelta(seconds=2 * SECONDS_A_DAY)
"""How long a connection is left to whoever asks it; after a kill it is the next one's."""
AGAIN = timedelta(seconds=5)
AFTER_FAULT = timedelta(minutes=10)


def work_due(connectors: Connectors, seconds: float) -> int:
    """Compare what is due for about so many seconds, or until nothing is. Answers how many days and resends were done.

    One that is asked when the time is over answers to the end of its day.
    """
    _begin(connectors)
    return lanes.work(TURN, partial(_lanes, connectors), partial(_carry, connectors), THREADS, seconds)


def _begin(connectors: Connectors) -> None:
    """Give each connection that can be asked its turn."""
    now = database_clock()
    rows = Connection.objects.filter(kind__in=comparing.askable(connectors), comparison=None)
    ComparisonTurn.objects.bulk_create(
        [ComparisonTurn(connection=each, next_at=now) for each in rows], ignore_conflicts=True
    )


def _lanes(connectors: Connectors) -> list[Lane]:
    return [Lane(pk, 1, is_proven) for pk, is_proven in connections_to_ask(comparing.askable(connectors))]


def _carry(connectors: Connectors, lane: Lane, is_over: Over) -> int:
    """Work at one connection until nothing is due of it, it fails, or the time is over."""
    row = Connection.objects.get(pk=lane.receiver_id)
    now = database_clock()
    mine = ComparisonTurn.objects.filter(connection=row)
    if not mine.filter(next_at__lte=now).update(next_at=now + LEASE):
        return 0
    tale, wait, fault = Tale(JOB, now), AFTER_FAULT, ""
    try:
        _work(row, connectors, tale, is_over)
        wait = AGAIN
    except (RenewedElsewhere, ToldMeanwhile):
        wait = AGAIN
    except ConnectionFault as refusal:
        note_exchange(row.pk, JOB, refusal)
        fault = str(refusal)
        tale.failed, tale.fault, tale.said = tale.failed + 1, fault, fault
    finally:
        mine.update(next_at=database_clock() + wait, fault=fault)
    tale.said = tale.said or f"{tale.done} compared, with {tale.found} gaps."
    tell(row.pk, tale)
    return tale.done


def _work(row: Connection, connectors: Connectors, tale: Tale, is_over: Over) -> None:
    """Raises ConnectionFault, RenewedElsewhere, ToldMeanwhile."""
    connector = connectors[row.kind]
    tale.done += resending.go_on(row, connector, is_over)
    for day in days_to_ask(row.pk):
        if is_over() or not Connection.objects.on().filter(pk=row.pk).exists():
            return
        tale.found += comparing.compare_day(row, connector, day)
        tale.done += 1
