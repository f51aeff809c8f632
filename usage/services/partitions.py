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
