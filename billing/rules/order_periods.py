"""The periods of what is bought by the month or the year, in days of an account's calendar; and shares of them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from billing.rules.offers import down
from config.kernel.amounts import EXACT, to_money_places

LAST_MONTH = 11
"""Of a year whose months are counted from 0."""
LONGEST_BACK = timedelta(days=35)
AHEAD = timedelta(days=1)
"""How long before its start a period's grant is made."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time that tokens are given for. since, until: the share of its period's money that falls to it, 0 to 1."""

    starts_at: datetime
    ends_at: datetime | None
    since: Fraction = Fraction(0)
    until: Fraction = Fraction(1)

    def left(self, now: datetime) -> Fraction:
        """The share of it that is still to come."""
        return share_left(self.starts_at, self.ends_at, now)

    def money(self, money: Decimal) -> Decimal:
        """What falls to it of its period's money, to 12 decimals; all spans of a period together have all of it."""
        return _share(money, self.until) - _share(money, self.since)


def months_of(starts_at: datetime, ends: Sequence[datetime], *, are_alike: bool) -> list[Span]:
    """The months of a period by their ends. are_alike: the same money falls to each; else as much as to its days."""
    found = []
    for number, (start, end) in enumerate(pairwise([starts_at, *ends])):
        shares = (Fraction(number, len(ends)), Fraction(number + 1, len(ends)))
        if not are_alike:
            shares = (1 - share_left(starts_at, ends[-1], start), 1 - share_left(starts_at, ends[-1], end))
        found.append(Span(start, end, *shares))
    return found


def left_of(spans: Sequence[Span], now: datetime) -> Fraction:
    """The share of a period's money that falls to what is still to come of its spans."""
    return sum(((each.until - each.since) * each.left(now) for each in spans), Fraction(0))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is too short for it."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_period(anchor: date, months: int, number: int) -> date:
    """The day before whose midnight a period ends: the first has the number 0 and begins on the day of the anchor.

    months: of one period. It is counted from the anchor, whatever the instant at which the period before ended: a
    month's end returns, and an account that moves to another time zone has neither a period more nor one less.
    """
    return months_after(anchor, months * (number + 1))


def months_later(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same local time so many months later, after a gap its end; of one that exists twice the first."""
    local = moment.astimezone(zone)
    day = months_after(local.date(), months)
    naive = datetime.combine(day, local.time())
    early, late = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if late < early:  # in a gap: the instant at which the clocks are put forward
        return _end_of_gap(late, early, zone)
    return early


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def share_left(starts_at: datetime, ends_at: datetime | None, now: datetime) -> Fraction:
    """The share of a period that is still to come: 1 before it starts or where it never ends, 0 after it."""
    if ends_at is None or now <= starts_at:
        return Fraction(1)
    if now >= ends_at:
        return Fraction(0)
    return Fraction(_micros(ends_at - now), _micros(ends_at - starts_at))


def changed_tokens(present: Decimal, full_before: Decimal, full_now: Decimal, left: Fraction) -> Decimal:
    """The tokens of a period that changes in its course: the difference for the share left, rounded down, 0 or more."""
    return max(down(_exact(present, full_before, full_now, left)), Decimal(0))


def changed_money(present: Decimal, full_before: Decimal, full_now: Decimal, left: Fraction) -> Decimal:
    """The money of a period that changes in its course, rounded half to even to 12 decimals, 0 or more."""
    return max(to_money_places(_exact(present, full_before, full_now, left)), Decimal(0))


def _share(money: Decimal, share: Fraction) -> Decimal:
    found = Fraction(money) * share
    return to_money_places(EXACT.divide(Decimal(found.numerator), Decimal(found.denominator)))


def _exact(present: Decimal, full_before: Decimal, full_now: Decimal, left: Fraction) -> Decimal:
    found = Fraction(present) + (Fraction(full_now) - Fraction(full_before)) * left
    return EXACT.divide(Decimal(found.numerator), Decimal(found.denominator))


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
