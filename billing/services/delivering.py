"""Sending what is due: taken, sent with no transaction open, recorded. Whoever calls brings the connectors along."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic

from django.db import connection, transaction

from billing.queries.outbox import DueLane, due_lanes
from billing.rules.deliveries import Answer, Mail, Post
from billing.services import endpoints, outbox, writing
from billing.services.outbox import Claimed
from config.kernel.running import alone_at

JOB = "deliver news"
THREADS = 16
AT_ONE_ENDPOINT = 4
"""How many attempts a proven endpoint gets at a time; another one gets one."""
THREADS_OF_THE_UNPROVEN = 32
"""They wait for the most part, and hold no connection to the database meanwhile."""
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Carriers:
    """The ways out. Neither raises; each answers within seconds."""

    post: Callable[[Post], Answer]
    mail: Callable[[Mail], Answer]


def deliver(carriers: Carriers, seconds: float) -> int:
    """Send what is due for about so many seconds, or until nothing is. Answers how many attempts were made.

    One at a time hands out work. Who is still waiting for a slow endpoint when his time is over keeps nobody: the next
    may begin meanwhile. Endpoints that did not answer lately, or never yet, have threads of their own.
    """
    with (
        ThreadPoolExecutor(THREADS, thread_name_prefix="courier") as proven,
        ThreadPoolExecutor(THREADS_OF_THE_UNPROVEN, thread_name_prefix="patient") as unproven,
    ):
        turn = _Turn(carriers, monotonic() + seconds, proven, unproven)
        with alone_at(JOB) as is_alone:
            if is_alone:
                turn.hand_out()
    return turn.made()


@dataclass(slots=True)
class _Turn:
    carriers: Carriers
    until: float
    proven: ThreadPoolExecutor
    unproven: ThreadPoolExecutor
    busy: dict[Future[int], DueLane] = field(default_factory=dict)
    done: list[Future[int]] = field(default_factory=list)

    def hand_out(self) -> None:
        """Keep threads at every lane in which something is due, until nothing is or the time is over."""
        while monotonic() < self.until:
            for lane in due_lanes(AT_ONE_ENDPOINT):
                pool = self.proven if lane.is_proven else self.unproven
                for _ in range(self._more_at(lane)):
                    self.busy[pool.submit(self._carry, lane)] = lane
            if not self.busy:
                return
            ended, _ = wait(self.busy, LOOK_AGAIN_SECONDS, FIRST_COMPLETED)
            for each in ended:
                del self.busy[each]
                self.done.append(each)

    def made(self) -> int:
        """How many attempts were made; raises what went wrong in a thread."""
        return sum(each.result() for each in [*self.done, *self.busy])

    def _more_at(self, lane: DueLane) -> int:
        """How many threads more the lane gets now: never more than are free among its kind."""
        alike = [each for each in self.busy.values() if each.is_proven == lane.is_proven]
        present = sum(each.endpoint_id == lane.endpoint_id for each in self.busy.values())
        free = (THREADS if lane.is_proven else THREADS_OF_THE_UNPROVEN) - len(alike)
        return max(min((lane.due if lane.is_proven else 1) - present, free), 0)

    def _carry(self, lane: DueLane) -> int:
        """Deliver in one lane, in a thread of its own, until nothing is due there, one fails, or the time is over."""
        made, answer = 0, Answer()
        try:
            while (
                not answer.error and monotonic() < self.until and (claimed := outbox.claim(lane.endpoint_id))
            ):
                answer = attempt(claimed, self.carriers, lets_go=not lane.is_proven)
                made += 1
        finally:
            connection.close()
        return made


def attempt(claimed: Claimed, carriers: Carriers, *, lets_go: bool = False) -> Answer:
    """Make one attempt at a delivery that was taken, and record it. Answers how it went.

    lets_go: hold no connection to the database while it is sent.
    """
    letter = writing.letter_of(claimed)
    if lets_go:
        connection.close()
    if isinstance(letter, Answer):
        answer = letter
    else:
        answer = carriers.post(letter) if isinstance(letter, Post) else carriers.mail(letter)
    with transaction.atomic():
        if answer.is_gone and claimed.endpoint_id is not None:
            endpoints.switch_off(endpoint_id=claimed.endpoint_id, reason=GONE_SAYS)
        outbox.record(claimed, answer, random.random())
    return answer


GONE_SAYS = "It answered 410 Gone: it wants no more news."
