"""Months of the books: calendar months of UTC, each named by its first day."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from config.kernel.utc import midnight

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
SETTLES_IN = timedelta(minutes=15)
"""Longer than any transaction may last: what was recorded in a month is committed this long after its end."""


def month_named(text: str) -> date:
    """The month that is written `2026-11`.

    Raises ValueError with a sentence.
    """
    found = _MONTH.fullmatch(text)
    if found is None or found[1] == "0000":
        raise ValueError("A month is written as 2026-11.")
    return date(int(found[1]), int(found[2]), 1)


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def last_day(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def start_of(month: date) -> datetime:
    return midnight(month)


def end_of(month: date) -> datetime:
    """The first instant after the month."""
    return start_of(next_month(month))
