"""Rolling up: usage that was recorded since the last time is added to the sums that charts and lists read."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from config.kernel.database import call

A_SLICE = 500
"""Debits, reversals and notes of refusals that one transaction takes, at most: a debit may have a hundred lines."""
FORGOTTEN_AT_ONCE = 20_000


def roll(seconds: float, most: int = A_SLICE) -> bool:
    """Take what was recorded since the last time, slice by slice, for so many seconds. Answers whether some is left.

    Where somebody else is at it, nothing is done. What dies midway is taken up by the next.
    """
    deadline = monotonic() + seconds
    while (outcome := _rolled(most)) == "more" and monotonic() < deadline:
        pass
    return outcome == "more"


def begin_anew() -> None:
    """Empty the roll-ups, so that the next turns take all usage again."""
    call("SELECT usage_rollup_anew_v1()", {})


def forget(days: int, now: datetime | None = None) -> int:
    """Forget quarters of an hour that are more than so many days back; 0 keeps all. Answers how many went.

    Days are kept.
    """
    gone = 0
    while days and (some := _forgotten(days, now)):
        gone += some
    return gone


def _rolled(most: int) -> str:
    """One slice, in a transaction of its own: busy, more or done."""
    outcome: str = call("SELECT outcome FROM usage_rollup_v1(%(most)s)", {"most": most}).outcome
    return outcome


def _forgotten(days: int, now: datetime | None) -> int:
    asked = {"days": days, "most": FORGOTTEN_AT_ONCE, "now": now}
    gone: int = call("SELECT usage_rollup_forget_v1(%(days)s, %(most)s, %(now)s) AS gone", asked).gone
    return gone
