"""Work for connections, handed out to threads: each connection has lanes of its own, and a slow one holds up no other.

Whoever works in a lane holds no transaction open while it speaks to the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic

from django.db import connection

from config.kernel.running import alone_at

THREADS = 6
THREADS_OF_THE_UNPROVEN = 16
"""They wait for the most part, and hold no connection to the database meanwhile."""
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Lane:
    """A connection with something due. kind: of messages, where it is of one. threads: as many as are of use to it.

    is_proven: its last exchange went well.
    """

    connection_id: int
    connector: str
    kind: str
    threads: int
    is_proven: bool


Due = Callable[[], Sequence[Lane]]
Carry = Callable[[Lane, Callable[[], bool]], int]


def work(job: str, due: Due, carry: Carry, seconds: float) -> int:
    """Work at what is due for about so many seconds, or until nothing is. Answers the sum of what `carry` answered.

    carry: works in one lane until nothing is due there, it fails, or the function given says that the time is over.
    One at a time hands out work of a job; who is still waiting for a slow one when his time is over keeps nobody.
    """
    with (
        ThreadPoolExecutor(THREADS, thread_name_prefix="envoy") as proven,
        ThreadPoolExecutor(THREADS_OF_THE_UNPROVEN, thread_name_prefix="patient") as unproven,
    ):
        turn = _Turn(due, carry, monotonic() + seconds, proven, unproven)
        with alone_at(job) as is_alone:
            if is_alone:
                turn.hand_out()
    return turn.made()


@dataclass(slots=True)
class _Turn:
    due: Due
    carry: Carry
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
                    self.busy[pool.submit(self._carried, lane)] = lane
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
        """How many threads more the lane gets now: a connection that is not proven has one in all."""
        alike = sum(each.is_proven == lane.is_proven for each in self.busy.values())
        free = (THREADS if lane.is_proven else THREADS_OF_THE_UNPROVEN) - alike
        here = [each for each in self.busy.values() if each.connection_id == lane.connection_id]
        wanted = (
            lane.threads - sum(each.kind == lane.kind for each in here) if lane.is_proven else 1 - len(here)
        )
        return max(min(wanted, free), 0)

    def _carried(self, lane: Lane) -> int:
        try:
            return self.carry(lane, self._is_over)
        finally:
            connection.close()
