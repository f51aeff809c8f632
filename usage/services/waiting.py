"""The queue of usage events: what is stuck, and what is tried again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from uuid import UUID

from config.kernel.database import call
from usage.queries.waiting import ready_again
from usage.rules.events import Stuck

MOST_AT_ONCE = 1000
MOST_A_SWEEP = 500
"""How many of those that are tried again in their time come back at once: they stand before newer ones."""


def park(stuck: Iterable[Stuck]) -> int:
    """Note why events can't be rated as things stand; answers how many were still waiting for their turn."""
    told = [asdict(each) for each in stuck]
    if not told:
        return 0
    count: int = call(
        "SELECT usage_event_park_v1(%(stuck)s) AS count", {"stuck": json.dumps(told, default=str)}
    ).count
    return count


def again(event_ids: Sequence[UUID]) -> int:
    """Let events that are stuck be tried again; answers how many were. Nothing else is decided by it."""
    if not event_ids:
        return 0
    count: int = call("SELECT usage_event_again_v1(%(events)s) AS count", {"events": list(event_ids)}).count
    return count


def revive() -> int:
    """Let those be tried again that might be rated by now; answers how many."""
    events = ready_again(MOST_A_SWEEP)
    parts = (events[start : start + MOST_AT_ONCE] for start in range(0, len(events), MOST_AT_ONCE))
    return sum(again(part) for part in parts)
