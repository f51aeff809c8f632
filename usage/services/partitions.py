"""The months of usage events: made ahead, and detached when they are old."""

from __future__ import annotations

from config.kernel.database import call

MONTHS_AHEAD = 3


def make_ahead() -> list[str]:
    """Make the months that are wanting: this one and the next three. Answers the names of those that were made."""
    made: list[str] = call(
        "SELECT usage_event_partitions_v1(%(ahead)s) AS names", {"ahead": MONTHS_AHEAD}
    ).names
    return made


def detach_old(keep_months: int) -> list[str]:
    """Detach the months before the last `keep_months` whole ones, but those of which an event still waits.

    keep_months: 3 or more; 0 keeps all. Answers the names of the tables that stand alone now.
    """
    if not keep_months:
        return []
    detached: list[str] = call("SELECT usage_event_detach_v1(%(keep)s) AS names", {"keep": keep_months}).names
    return detached
