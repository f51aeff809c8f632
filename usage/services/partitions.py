"""The months of usage events: made ahead, and detached when they are old."""

from __future__ import annotations

from datetime import datetime

from config.kernel.database import call

MONTHS_AHEAD = 3


def make_ahead(now: datetime | None = None) -> list[str]:
    """Make the months that are wanting: this one and the next three. Answers the names of those that were made.

    now: null in production; whoever loads a history passes when it begins.
    """
    asked = {"ahead": MONTHS_AHEAD, "now": now}
    made: list[str] = call("SELECT usage_event_partitions_v1(%(ahead)s, %(now)s) AS names", asked).names
    return made


def detach_old(keep_months: int) -> list[str]:
    """Detach the months before the last `keep_months` whole ones, but those of which an event still waits.

    keep_months: 3 or more; 0 keeps all. Answers the names of the tables that stand alone now.
    """
    if not keep_months:
        return []
    detached: list[str] = call("SELECT usage_event_detach_v1(%(keep)s) AS names", {"keep": keep_months}).names
    return detached
