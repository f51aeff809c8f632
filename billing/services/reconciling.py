"""Reconciliation: runs over days, asked for by somebody or by the night, worked on part by part by one at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from math import inf
from time import monotonic

from django.db import DatabaseError, connection, transaction

from billing.errors import NotOver
from billing.models import ReconciledDay, ReconciledSum, Reconciliation
from billing.queries.reconciled_sums import DaySums, sums_of
from billing.queries.reconciliation import days_to_reconcile
from billing.queries.reconciling import bounds, gaps_between
from billing.rules.months import SETTLES_IN, end_of, last_day
from billing.rules.reconciling import Found, Ours, Theirs, compared, weeks
from billing.services import gaps
from config.kernel.running import alone_at
from usage.queries.moments import database_clock

State = Reconciliation.State

log = logging.getLogger(__name__)


def ask(*, first: date, last: date, by: str = "") -> Reconciliation:
    """Have days of UTC reconciled, both included; a worker begins within seconds. by: nobody where the night asks.

    Raises NotOver.
    """
    moment = database_clock()
    today = moment.astimezone(UTC).date()
    if first > today or first > last:
        raise NotOver()
    return Reconciliation.objects.create(
        first_day=first, last_day=min(last, today), next_day=first, asked_by=by, asked_at=moment
    )


def work(seconds: float = inf) -> int:
    """Go on with what was asked for, oldest first, for about so long; answers how many days were compared.

    One works at a time. A run that a worker left behind is taken up where it stopped.
    """
    ends, days = monotonic() + seconds, 0
    with alone_at("reconcile") as is_alone:
        if not is_alone:
            return 0
        while monotonic() < ends:
            run = (
                Reconciliation.objects.filter(state__in=[State.WAITING, State.RUNNING]).order_by("pk").first()
            )
            if run is None:
                break
            days += _work_on(run, ends)
    return days


def complete(*, month: date, by: str, seconds: float) -> bool:
    """Reconcile what of a month was not compared since it was over, for about so long; answers whether that is all.

    What is done stays done, so the next to ask goes on.
    """
    settled, ends = end_of(month) + SETTLES_IN, monotonic() + seconds
    left = days_to_reconcile(month, last_day(month), settled)
    if not left:
        return True
    return _now(ask(first=left[0], last=left[-1], by=by), ends).state == State.DONE


def reconcile(*, first: date, last: date, by: str = "") -> Reconciliation:
    """Reconcile days of UTC now, both included; where somebody else is at it, they wait for their turn.

    Raises NotOver.
    """
    return _now(ask(first=first, last=last, by=by), inf)


@transaction.atomic
def reconcile_with(
    *, system: str, first: date, last: date, ours: Iterable[Ours], theirs: Iterable[Theirs], kind: str = ""
) -> int:
    """Compare another system's records of some days with ours, and keep where they differ; answers how many do.

    system: its name, which leads in the subject of each gap. kind: of the records; empty: of every kind.
    """
    return gaps.keep(
        compared(system, ours, theirs),
        kinds=gaps.WITH_OTHERS,
        first=first,
        last=last,
        system=f"{system} {kind}".strip(),
    )


def _now(run: Reconciliation, ends: float) -> Reconciliation:
    with alone_at("reconcile") as is_alone:
        if is_alone:
            _work_on(run, ends)
    return run


def _work_on(run: Reconciliation, ends: float) -> int:
    before = run.days_done
    try:
        for first, last in weeks(run.next_day, run.last_day):
            _compare(run, first, last)
            if monotonic() >= ends:
                break
    except DatabaseError as fault:
        log.exception("Reconciliation %s failed.", run.pk)
        run.state, run.fault, run.finished_at = State.FAILED, str(fault).strip(), database_clock()
        run.save(update_fields=["state", "fault", "finished_at"])
    return run.days_done - before


@transaction.atomic
def _compare(run: Reconciliation, first: date, last: date) -> None:
    """Compare some days: what they came to, where the books differ, and how far the run is, all in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'; SET LOCAL jit = off")
    moment = database_clock()
    asked = bounds(first, last, moment)
    found: list[Found] = []
    whole = set()
    for kind, rows, has_more in gaps_between(asked):
        found += rows
        whole |= set() if has_more else {kind}
    count = gaps.keep(found, kinds=whole, first=first, last=last)
    _keep_sums(run, first, last, sums_of(asked), moment)
    run.next_day, run.found = last + timedelta(days=1), run.found + count
    run.state = State.RUNNING
    if run.next_day > run.last_day:
        run.state, run.finished_at = State.DONE, moment
    run.save(update_fields=["next_day", "found", "state", "finished_at"])


def _keep_sums(
    run: Reconciliation, first: date, last: date, sums: dict[date, DaySums], moment: datetime
) -> None:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    nothing = DaySums()
    ReconciledDay.objects.bulk_create(
        [
            ReconciledDay(
                day=day,
                run=run,
                reconciled_at=moment,
                events=sums.get(day, nothing).events,
                booked=sums.get(day, nothing).booked,
                waiting=sums.get(day, nothing).waiting,
            )
            for day in days
        ],
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["run", "reconciled_at", "events", "booked", "waiting"],
    )
    ReconciledSum.objects.filter(day__in=days).delete()
    ReconciledSum.objects.bulk_create(
        ReconciledSum(day_id=day, unit=unit, **amounts)
        for day, each in sums.items()
        for unit, amounts in each.units.items()
    )
