"""Many requests of one process in one transaction: a leader charges for all that queued while the last one charged.

Leader and followers, without a timer: a request that finds nobody charging leads at once. A leader runs one
batch on its own thread's connection and hands on. A follower past its deadline leaves with Unavailable: its
outcome is unknown.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

from prometheus_client import Histogram

from config.kernel.errors import DomainError, Unavailable
from config.kernel.steps import QUEUE, Step

log = logging.getLogger(__name__)

Request = TypeVar("Request")
Outcome = TypeVar("Outcome")

MOST_AT_ONCE = 128
DEADLINE_SECONDS = 10.0
BATCHES = Histogram(
    "tokendesk_batch_size",
    "Requests that a leader charged together.",
    buckets=(1, 2, 4, 8, 16, 32, 64, MOST_AT_ONCE),
)


def log_undone(count: int, fault: Exception) -> None:
    """Leave a trace of a batch that was undone and is charged one by one.

    A refusal (a lock not had in 0.2 seconds, an amount that overflows) is of the day's work: info. Whichever request it
    was meets it again alone, and its caller is told. Any other fault is ours: error. Where each request goes well alone
    nothing else would ever tell of it, and every batch would go on being charged one by one.
    """
    if isinstance(fault, DomainError):
        log.info("A batch of %d was undone and is charged one by one: %s", count, fault)
    else:
        log.error("A batch of %d failed and is charged one by one.", count, exc_info=fault)


class _Ticket(Generic[Request, Outcome]):
    """A request in the queue, and what became of it: an outcome or the lead; neither: it is to run alone."""

    __slots__ = ("request", "outcome", "leads", "woken")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.outcome: Outcome | None = None
        self.leads = False
        self.woken = Event()


class Combiner(Generic[Request, Outcome]):
    """Combines the requests of a process's threads.

    run_one: charges one request in a transaction of its own.
    run_many: charges several in one transaction, answering in their order; raises when none was charged.
    """

    def __init__(
        self,
        run_one: Callable[[Request], Outcome],
        run_many: Callable[[Sequence[Request]], Sequence[Outcome]],
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._run_one = run_one
        self._run_many = run_many
        self._deadline_seconds = deadline_seconds
        self._lock = Lock()
        self._queue: deque[_Ticket[Request, Outcome]] = deque()
        self._is_led = False

    def submit(self, request: Request) -> Outcome:
        """Charge the request, alone or with others; answer its outcome.

        Raises Unavailable, and whatever run_one raises.
        """
        ticket: _Ticket[Request, Outcome] = _Ticket(request)
        with self._lock:
            self._queue.append(ticket)
            ticket.leads, self._is_led = not self._is_led, True
        if not ticket.leads:
            self._wait(ticket)
        if ticket.leads:
            self._lead()
        if ticket.outcome is not None:
            return ticket.outcome
        return self._run_one(request)

    def _wait(self, ticket: _Ticket[Request, Outcome]) -> None:
        with Step(QUEUE):
            if ticket.woken.wait(self._deadline_seconds):
                return
        with self._lock:
            if ticket.woken.is_set():
                return
            if ticket in self._queue:
                self._queue.remove(ticket)
        raise Unavailable("The database did not answer in time; send the same key again.")

    def _lead(self) -> None:
        """Charge one batch, the own request in it, and hand the lead on."""
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        outcomes: Sequence[Outcome] | None = None
        try:
            BATCHES.observe(len(batch))
            outcomes = self._charge(batch)
        finally:
            self._hand_on()
            for place, ticket in enumerate(batch):
                if outcomes is not None:
                    ticket.outcome = outcomes[place]
                ticket.woken.set()

    def _charge(self, batch: list[_Ticket[Request, Outcome]]) -> Sequence[Outcome] | None:
        """None: nothing was charged, each is to run alone in its own thread, where it may wait longer for a lock."""
        try:
            return self._run_many([ticket.request for ticket in batch])
        except Exception as fault:  # whichever request it was, each one meets its own fault alone
            log_undone(len(batch), fault)
            return None

    def _hand_on(self) -> None:
        with self._lock:
            if self._queue:
                heir = self._queue[0]
                heir.leads = True
                heir.woken.set()
            else:
                self._is_led = False
