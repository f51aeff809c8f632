"""When the tokens of what was bought are for: the periods of a line that go on, and the months of its years."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import Q, QuerySet

from billing.models import Order, OrderPeriod, Portion
from billing.queries.order_months import months_of_year
from billing.rules.order_periods import AHEAD, Span, left_of
from billing.rules.orders import Line
from billing.services.order_acts import Act


@dataclass(frozen=True, slots=True)
class Place:
    """A period of a line, or a month of it, by their numbers. left: the share of it that is still to come."""

    number: int
    month: int | None
    span: Span
    left: Fraction = Fraction(1)


Places = dict[tuple[int, int | None], Place]


def goes_on(moment: datetime) -> Q:
    """Periods and portions that have not run out."""
    return Q(ends_at=None) | Q(ends_at__gt=moment)


def periods(order: Order, line: Line) -> QuerySet[OrderPeriod]:
    return OrderPeriod.objects.filter(order=order, line=line.name, run=line.run)


def once(starts_at: datetime) -> Place:
    """What is given once has all of its time left."""
    return Place(0, None, Span(starts_at, None))


def next_period_at(order: Order, line: Line) -> datetime | None:
    """When the tokens of the next period are given, or of its next month; None: there is none."""
    last = periods(order, line).order_by("-number").first() if line.offer.period else None
    if last is None:
        return None
    opened = last.month_ends if line.offer.by_month() else []
    end = opened[-1] if opened else last.ends_at
    if end is None or (line.ends_at is not None and end >= line.ends_at):
        return None
    when: datetime = end - AHEAD
    return when


def place_of(portion: Portion, places: Places) -> Place:
    found = places.get((portion.number, portion.month)) if portion.ends_at else None
    return found or once(portion.starts_at)


def running(act: Act, line: Line) -> Places:
    """The periods of a line that go on, and the months of its years that were opened and are not over."""
    found: Places = {}
    for period in periods(act.order, line).filter(goes_on(act.moment)):
        whole = Span(period.starts_at, period.ends_at)
        is_by_month = period.is_by_months or bool(period.month_ends)
        months = months_of_year(period, line) if is_by_month else [whole]
        left = left_of(months, act.moment)
        found[period.number, None] = Place(period.number, None, whole, left)
        for month, span in enumerate(months[: len(period.month_ends)]):
            if span.ends_at is not None and span.ends_at > act.moment:
                found[period.number, month] = Place(period.number, month, span, span.left(act.moment))
    return found


def open_months(act: Act, line: Line, period: OrderPeriod) -> Iterable[Place]:
    """The months of a year that have begun, or begin within a day, and were not opened before; the first at once.

    Each is opened with its answer, under the account's lock.
    """
    if not line.offer.by_month():
        return
    months = months_of_year(period, line)
    for month, span in enumerate(months[len(period.month_ends) :], len(period.month_ends)):
        if (month and span.starts_at > act.moment + AHEAD) or _is_after(line, span):
            return
        _open(period, [span])
        yield Place(period.number, month, span)


def pass_months(act: Act, line: Line) -> None:
    """Leave out the months of a year that began before its line came to give tokens by the month, but the last."""
    for period in periods(act.order, line).filter(goes_on(act.moment)):
        months = months_of_year(period, line)
        begun = [number for number, span in enumerate(months, 1) if span.starts_at <= act.moment]
        _open(period, months[len(period.month_ends) : max(begun, default=1)])


def _is_after(line: Line, span: Span) -> bool:
    return line.ends_at is not None and span.starts_at >= line.ends_at


def _open(period: OrderPeriod, months: Iterable[Span]) -> None:
    period.month_ends = [*period.month_ends, *(span.ends_at for span in months if span.ends_at)]
    period.save(update_fields=["month_ends"])
