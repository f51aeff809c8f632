"""Jobs that happen once a period, however many bells ring and whoever dies at it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from config.kernel.models import Run

ONE_AT_A_TIME = 7104
"""The class of the advisory locks by which a job is seen to be alive; a killed worker's is free again."""

Work = Callable[[], dict[str, Any]]


def once_a_period(*, job: str, period: str, work: Work) -> bool:
    """Do the job's work for this period, unless it was done or is being done; answers whether it was done here.

    work: answers the figures that are kept with the run. What fails or is killed is done again at the next bell.
    """
    if not _lock(job):
        return False
    try:
        run, _ = Run.objects.get_or_create(job=job, period=period, defaults={"started_at": _clock()})
        if run.finished_at is not None:
            return False
        _do(run, work)
    finally:
        _unlock(job)
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


def _lock(job: str) -> bool:
    return bool(_ask("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [ONE_AT_A_TIME, job]))


def _unlock(job: str) -> None:
    _ask("SELECT pg_advisory_unlock(%s, hashtext(%s))", [ONE_AT_A_TIME, job])


def _clock() -> datetime:
    moment: datetime = _ask("SELECT clock_timestamp()", [])
    return moment


def _ask(statement: str, given: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0]
