"""Each job goes on with the trail of the request that rang for it, and tells how it ended."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from time import perf_counter
from typing import Any

from celery import signals
from prometheus_client import Counter, Histogram

from config.kernel import trail
from config.kernel.database import is_away

log = logging.getLogger(__name__)

REQUEST_ID = "request_id"
JOBS = Counter("tokendesk_jobs_total", "Jobs that ended, by how.", ["task", "outcome"])
SECONDS = Histogram(
    "tokendesk_job_seconds",
    "Seconds that a job took.",
    ["task"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800),
)

Carries = Callable[[dict[str, Any]], None]
Begins = Callable[[str, Mapping[str, Any]], AbstractContextManager[object]]

_carries: Carries = lambda _headers: None  # noqa: E731
_begins: Begins = lambda _task, _headers: nullcontext()  # noqa: E731
_open: dict[str, tuple[ExitStack, float]] = {}


def trace_by(carries: Carries, begins: Begins) -> None:
    """Let traces go along. carries: writes where we are into a bell's headers; begins: a job's span, from these."""
    global _carries, _begins
    _carries, _begins = carries, begins


def rung(headers: dict[str, Any] | None = None, **_future: Any) -> None:
    """Write into a bell on whose behalf it rings."""
    present = trail.present()
    if headers is None:
        return
    if present is not None:
        headers[REQUEST_ID] = present.request_id
    _carries(headers)


def began(task_id: str = "", task: Any = None, **_future: Any) -> None:
    """Go on with the trail in the bell's headers; a bell that nobody's request rang has the job's own identity."""
    headers = task.request.headers or {}
    stack = ExitStack()
    stack.enter_context(trail.followed(trail.well_formed(str(headers.get(REQUEST_ID) or task_id))))
    stack.enter_context(_begins(task.name, headers))
    _open[task_id] = (stack, perf_counter())


def ended(task_id: str = "", task: Any = None, state: str = "", **_future: Any) -> None:
    """Count the job and tell how it ended."""
    stack, began_at = _open.pop(task_id, (ExitStack(), perf_counter()))
    seconds, present = perf_counter() - began_at, trail.present()
    JOBS.labels(task.name, "ok" if state == "SUCCESS" else "failed").inc()
    SECONDS.labels(task.name).observe(seconds)
    if state != "SUCCESS":
        trail.note(failed=state.lower())
    noted = present.facts if present else {}
    facts = {"task": task.name, "task_id": task_id, "milliseconds": round(seconds * 1000, 2), **noted}
    log.info("%s ended: %s", task.name, state.lower(), extra={"facts": facts})
    stack.close()


class OneLineWhileAway(logging.Filter):
    """A job that failed because the database is away says so in one line, as the web does: many do at a time."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and is_away(record.exc_info[1]):
            record.exc_info = None
        return True


def write_as_the_web_does(**_future: Any) -> None:
    """Leave the log as the settings say: Celery would put forms of its own in its place."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


def connect() -> None:
    """Let Celery call the above."""
    signals.setup_logging.connect(write_as_the_web_does, weak=False)
    signals.before_task_publish.connect(rung, weak=False)
    signals.task_prerun.connect(began, weak=False)
    signals.task_postrun.connect(ended, weak=False)
