"""The windows in which budgets and allowances count, found by looking at the calendar day by day."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

NEVER_BEGAN = date.min
DAY = timedelta(days=1)


def local_day(zone: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def midnight(zone: str, day: date) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def begins(period: str, anchor: date | None, day: date) -> bool:
    """Whether a window begins on this day. A day that a month does not have is its last one."""
    if period == "day":
        return True
    if period == "week":
        return day.weekday() == 0
    of = anchor or date(2000, 1, 1)
    is_day = day.day == min(of.day, monthrange(day.year, day.month)[1])
    return is_day and (period == "month" or day.month == of.month)


@cache
def first_day(period: str, anchor: date | None, day: date) -> date:
    """The day on which the window began that the day lies in."""
    if period == "total":
        return NEVER_BEGAN
    while not begins(period, anchor, day):
        day -= DAY
    return day


@cache
def next_first_day(period: str, anchor: date | None, first: date) -> date | None:
    """The day on which the next window begins; none after one that never ends."""
    if period == "total":
        return None
    day = first + DAY
    while not begins(period, anchor, day):
        day += DAY
    return day


def end_of_window(zone: str, period: str, anchor: date | None, at: datetime) -> datetime | None:
    """The instant at which the window ends that an instant lies in."""
    following = next_first_day(period, anchor, first_day(period, anchor, local_day(zone, at)))
    return None if following is None else midnight(zone, following)
