"""Jobs that happen once a period, however many bells ring and whoever dies at it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from django.db import Error, connection

from config.kernel.models import Run

ONE_AT_A_TIME = 7104
"""The class of the advisory locks by which a job is seen to be alive; a killed worker's is free again."""

Work = Callable[[], dict[str, Any]]


def once_a_period(*, job: str, period: str, work: Work) -> bool:
    """Do the job's work for this period, unless it was done or is being done; answers whether it was done here.

    work: answers the figures that are kept with the run. What fails or is killed is done again at the next bell.
    """
    with alone_at(job) as is_alone:
        if not is_alone:
            return False
        run, _ = Run.objects.get_or_create(job=job, period=period, defaults={"started_at": _clock()})
        if run.finished_at is not None:
            return False
        _do(run, work)
    return True


def period_of(moment: datetime) -> str:
    """A period's start as it is written: in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _do(run: Run, work: Work) -> None:
    try:
        detail = work()
    except Exception as fault:
        Run.objects.filter(pk=run.pk).update(detail={"error": f"{type(fault).__name__}: {fault}"[:1000]})
        raise
    Run.objects.filter(pk=run.pk).update(detail=detail, finished_at=_clock())


@contextmanager
def alone_at(job: str) -> Iterator[bool]:
    """Whether nobody else is at this job, as long as the block lasts.

    A transaction on a connection of its own holds the lock: the work commits as it goes, and a pooler may lend it
    another session each time. It takes no snapshot along, so nothing waits for it but the next of its kind. It is
    rolled back before it is closed: the server sees a closed socket only later, and the next would find it held.
    """
    beside = connection.copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            cursor.execute(
                "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL transaction_timeout = 0"
            )
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [ONE_AT_A_TIME, job])
            (is_alone,) = cursor.fetchone()
        yield is_alone
    finally:
        with suppress(Error):
            beside.rollback()
        beside.close()


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
