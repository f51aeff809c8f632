"""Work at receivers outside, handed out to threads: each has lanes of its own, and a slow one holds up no other.

Whoever works in a lane holds no transaction open while it speaks to the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from time import monotonic

from django.db import connection

from config.kernel.running import alone_at

LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Threads:
    """How many there are. unproven: they wait for the most part, and hold no connection to the database meanwhile."""

    proven: int
    unproven: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A receiver with something due. kind: of what is due, where one kind has a lane to itself.

    receiver_id: 0 is one without a row of its own. threads: as many as are of use to the lane.
    is_proven: the receiver answered when it was last spoken to; one that is not gets a single thread in all.
    """

    receiver_id: int
    threads: int
    is_proven: bool
    kind: str = ""


Due = Callable[[], Sequence[Lane]]
Over = Callable[[], bool]
Carry = Callable[[Lane, Over], int]


def work(job: str, due: Due, carry: Carry, threads: Threads, seconds: float) -> int:
    """Work at what is due for about so many seconds, or until nothing is. Answers the sum of what `carry` answered.

    carry: works in one lane until nothing is due there, it fails, or the function given says that the time is over.
    One at a time hands out work of a job; who is still waiting for a slow one when his time is over keeps nobody.
    """
    with (
        ThreadPoolExecutor(threads.proven, thread_name_prefix="courier") as proven,
        ThreadPoolExecutor(threads.unproven, thread_name_prefix="patient") as unproven,
    ):
        turn = _Turn(due, carry, threads, monotonic() + seconds, proven, unproven)
        with alone_at(job) as is_alone:
            if is_alone:
                turn.hand_out()
    return turn.made()


@dataclass(slots=True)
class _Turn:
    due: Due
    carry: Carry
    threads: Threads
    until: float
    proven: ThreadPoolExecutor
    unproven: ThreadPoolExecutor
    busy: dict[Future[int], Lane] = field(default_factory=dict)
    done: list[Future[int]] = field(default_factory=list)

    def hand_out(self) -> None:
        """Keep threads at every lane in which something is due, until nothing is or the time is over."""
        while not self._is_over():
            for lane in self.due():
                pool = self.proven if lane.is_proven else self.unproven
                for _ in range(self._more_at(lane)):
                    self.busy[pool.submit(copy_context().run, self._carried, lane)] = lane
            if not self.busy:
                return
            ended, _ = wait(self.busy, LOOK_AGAIN_SECONDS, FIRST_COMPLETED)
            for each in ended:
                del self.busy[each]
                self.done.append(each)

    def made(self) -> int:
        """What all of them came to; raises what went wrong in a thread."""
        return sum(each.result() for each in [*self.done, *self.busy])

    def _is_over(self) -> bool:
        return monotonic() >= self.until

    def _more_at(self, lane: Lane) -> int:
        """How many threads more the lane gets now: never more than are free among its kind."""
        alike = sum(each.is_proven == lane.is_proven for each in self.busy.values())
        free = (self.threads.proven if lane.is_proven else self.threads.unproven) - alike
        here = [each for each in self.busy.values() if each.receiver_id == lane.receiver_id]
        in_lane = sum(each.kind == lane.kind for each in here)
        wanted = lane.threads - in_lane if lane.is_proven else 1 - len(here)
        return max(min(wanted, free), 0)

    def _carried(self, lane: Lane) -> int:
        try:
            return self.carry(lane, self._is_over)
        finally:
            connection.close()
