"""Months and days that an address names."""

from __future__ import annotations

from datetime import date

from billing.rules.months import month_named
from config.desk.faults import NotHere
from usage.queries.moments import database_clock


def month_asked(text: str) -> date:
    """The month that an address names as `2026-11`, if it has begun.

    Raises NotHere with a sentence.
    """
    try:
        month = month_named(text)
    except ValueError as fault:
        raise NotHere(str(fault)) from fault
    if month > database_clock().date():
        raise NotHere(f"{month:%B %Y} has not begun.")
    return month


def day_asked(text: str) -> date:
    """The day that an address names as `2026-11-27`, if it has begun.

    Raises NotHere with a sentence.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as fault:
        raise NotHere("A day is written as 2026-11-27.") from fault
    if day > database_clock().date():
        raise NotHere(f"{day:%-d %B %Y} has not begun.")
    return day
