"""The doorbell of the worker: rings when events have come in, and never keeps a caller waiting.

A thread of the process rings, some times a second at most, and once more after the last event. What is not heard is
found by the sweep: the queue is in the database.
"""

from __future__ import annotations

import logging
import os
from contextvars import Context, copy_context
from threading import Event, Lock, Thread
from time import sleep

from celery import current_app

log = logging.getLogger(__name__)

TASK = "usage.tasks.rate_events"
SECONDS_BETWEEN = 0.25
EXPIRES_SECONDS = 10


class Bell:
    """Rings for one task. Safe to share among threads."""

    _ringer: Thread | None
    _rung_by: Context

    def __init__(self, task: str, *, seconds_between: float = SECONDS_BETWEEN) -> None:
        self._task = task
        self._seconds_between = seconds_between
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def ring(self) -> None:
        """Let the worker know, on behalf of the request that rang last. Answers at once."""
        self._rung_by = copy_context()
        self._wanted.set()
        if self._ringer is None:
            with self._lock:
                if self._ringer is None:
                    self._ringer = Thread(target=self._go_on, name=f"bell of {self._task}", daemon=True)
                    self._ringer.start()

    def _begin(self) -> None:
        """A child of this process has no ringer yet."""
        self._wanted = Event()
        self._lock = Lock()
        self._ringer = None

    def _go_on(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            try:
                self._rung_by.run(current_app.send_task, self._task, expires=EXPIRES_SECONDS, retry=False)
            except Exception as fault:  # whatever ails the broker, the sweep finds what came in
                log.warning("The worker could not be rung for: %s", fault)
            sleep(self._seconds_between)


EVENTS = Bell(TASK)
