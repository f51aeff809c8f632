"""Rolling up: usage that was recorded since the last time is added to the sums that charts and lists read."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from config.kernel.database import call

A_SLICE = 500
"""Debits, reversals and notes of refusals that one transaction takes, at most: a debit may have a hundred lines."""
FORGOTTEN_AT_ONCE = 20_000
TOO_LONG = "too long"


def roll(seconds: float, most: int = A_SLICE) -> bool:
    """Take what was recorded since the last time, slice by slice, for so many seconds. Answers whether some is left.

    Where somebody else is at it, nothing is done. What dies midway is taken up by the next. A slice for which a
    statement's time is too short is taken as smaller ones, else it would be in everybody's way for ever.
    """
    deadline = monotonic() + seconds
    while (outcome := _rolled(most)) in ("more", TOO_LONG) and (
        outcome == TOO_LONG or monotonic() < deadline
    ):
        if outcome == TOO_LONG:
            most, deadline = max(most // 8, 1), monotonic() + seconds
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
    """One slice, in a transaction of its own: busy, more, done or too long."""
    try:
        outcome: str = call("SELECT outcome FROM usage_rollup_v1(%(most)s)", {"most": most}).outcome
    except OperationalError as fault:
        if most > 1 and isinstance(fault.__cause__, QueryCanceled):
            return TOO_LONG
        raise
    return outcome


def _forgotten(days: int, now: datetime | None) -> int:
    asked = {"days": days, "most": FORGOTTEN_AT_ONCE, "now": now}
    gone: int = call("SELECT usage_rollup_forget_v1(%(days)s, %(most)s, %(now)s) AS gone", asked).gone
    return gone
