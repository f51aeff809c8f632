"""Rating usage events: each booked once, in the order of their time, whatever the policy says."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from time import monotonic

from django.db import connections

from config.kernel.running import alone_at
from usage.queries.pricing_events import EventPricing
from usage.queries.waiting import due, lanes_in_use
from usage.rules.events import DueEvent, Stuck, stuck_by
from usage.services import waiting
from usage.services.booking import BOOKED, LATER, Booking, book

A_BATCH = 256
BATCHES_A_VISIT = 8
"""How long a drainer stays in a lane before it looks after the others, in batches."""

SAID = {
    "too_early": ("too_old", "Usage older than 35 days is booked by a backfill alone."),
    "too_late": ("ahead", "It is dated more than 5 minutes ahead, and is booked when its time has come."),
    "out_of_range": ("out_of_range", "It would come to more than 18 digits before the point."),
}
"""Of the words that leave an event stuck: the reason, and what is said of it."""


def work(seconds: float, now: datetime | None = None) -> bool:
    """Rate what waits for about so many seconds; answers whether there is more to go on with at once.

    Safe together with itself: a lane has one drainer at a time, and an event that is rated twice is booked once.
    now: null in production.
    """
    ends = monotonic() + seconds
    settled = 1
    while settled:
        settled = 0
        for lane in lanes_in_use():
            settled += _visit(lane, ends, now)
            if monotonic() >= ends:
                return settled > 0
    return False


def work_together(seconds: float, drainers: int) -> bool:
    """As `work`, by several threads: while one prices, PostgreSQL books what another has priced."""
    with ThreadPoolExecutor(drainers) as threads:
        begun = [threads.submit(copy_context().run, _work_apart, seconds) for _ in range(drainers)]
    done = [each.result() for each in begun]
    return any(done)


def _work_apart(seconds: float) -> bool:
    """On a connection of this thread's own, which ends with it."""
    try:
        return work(seconds)
    finally:
        connections.close_all()


def _visit(lane: int, ends: float, now: datetime | None) -> int:
    """Rate some batches of a lane, where nobody else is at it; answers how many events left it or are stuck."""
    settled = 0
    with alone_at(f"rate events of lane {lane}") as is_alone:
        for _ in range(BATCHES_A_VISIT if is_alone else 0):
            events = due(lane, A_BATCH)
            done, is_overtaken = _rate(events, now)
            settled += done
            is_through = not done or len(events) < A_BATCH
            if (is_through and not is_overtaken) or monotonic() >= ends:
                break
    return settled


def _rate(events: Sequence[DueEvent], now: datetime | None) -> tuple[int, bool]:
    """Price events and book them together.

    Answers how many are settled (booked, or stuck for a reason), and whether prices or terms moved on meanwhile: what
    they would have priced is to be looked at again at once.
    """
    pricing = EventPricing(events, now)
    bookings: list[Booking] = []
    stuck: list[Stuck] = []
    for event in events:
        found = pricing.request(event)
        if isinstance(found, Stuck):
            stuck.append(found)
        else:
            bookings.append(Booking(event, found))
    done = book(bookings)
    for each in done:
        if each.word == "stale":
            pricing.overtaken(each.event)
        elif each.word not in BOOKED | LATER:
            reason, detail = SAID.get(each.word, ("fault", f"The database answered {each.word}."))
            stuck.append(stuck_by(each.event, reason, detail))
    settled = sum(each.word in BOOKED for each in done) + waiting.park(stuck)
    return settled, any(each.word == "stale" for each in done)
