"""The tokens of what was bought: portions by line, part and period, each granted once, more given or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from zoneinfo import ZoneInfo

from billing.models import OrderPeriod, Portion
from billing.queries.calendar import day_of, days_later, midnight
from billing.rules import offers, order_periods
from billing.rules.offers import MONTHS, TokensPart
from billing.rules.order_periods import AHEAD, Span, changed_money, changed_tokens
from billing.rules.orders import Line
from billing.services import giving, order_money
from billing.services.bought_months import (
    Place,
    goes_on,
    once,
    open_months,
    pass_months,
    periods,
    place_of,
    running,
)
from billing.services.giving import Wish
from billing.services.order_acts import Act
from usage.rules.answers import instant, instant_or_none

NOTHING = Decimal(0)


def begin(act: Act, line: Line) -> None:
    """Give what a new line gives once, and what its first period gives."""
    for key, part in line.offer.once().items():
        _portion(act, line, key, part, once(line.begins_at))
    if not line.offer.period:
        _period(act, line, 0, line.begins_at, line.ends_at)
    advance(act, line)


def advance(act: Act, line: Line) -> None:
    """Give what the periods of a line give that have begun, or begin within a day; the first one at once.

    So with the months of a year in which tokens come by the month. What began before the end of a line that has ended
    meanwhile is due all the same.
    """
    months = MONTHS.get(line.offer.period)
    if months is None:
        return
    last = periods(act.order, line).order_by("-number").first()
    if last is not None:
        _give_months(act, line, last)
    number, start = (last.number + 1, last.ends_at) if last else (0, line.begins_at)
    anchor = day_of(act.account.pk, line.begins_at)
    while start is not None and (number == 0 or start <= act.moment + AHEAD):
        if line.ends_at is not None and start >= line.ends_at:
            return
        end = midnight(act.account.pk, order_periods.end_of_period(anchor, months, number))
        period = _period(act, line, number, start, end)
        for key, part in line.offer.by_period().items():
            _portion(act, line, key, part, Place(number, None, Span(start, end)))
        _give_months(act, line, period)
        number, start = number + 1, end


def _give_months(act: Act, line: Line, period: OrderPeriod) -> None:
    for place in open_months(act, line, period):
        for key, part in line.offer.by_month().items():
            _portion(act, line, key, part, place)


def alter(act: Act, before: Line, line: Line) -> None:
    """Let the running periods of a line, and what it gave once, come to what it is now for the time that is left.

    What was due by then is given first, as the line was.
    """
    advance(act, before)
    if line.offer.by_month() and not before.offer.by_month():
        pass_months(act, line)
    present, places = _present(act, line), running(act, line)
    full = line.offer.parts
    for portion in present:
        place = place_of(portion, places)
        left = _left(act, place, before, line)
        part, part_before = full.get(portion.part), before.offer.parts.get(portion.part)
        was = _full(part_before, before, portion.starts_at, place)
        now = _full(part, line, portion.starts_at, place)
        giving.settle(act, portion, _altered(act, portion, line, part, was, now, left))
        if part and part_before:
            giving.move_ends(act, portion, partial(_ends, act, portion, (before, part_before), (line, part)))
    known = {(portion.part, portion.number, portion.month) for portion in present}
    for place in places.values():
        for key, part in (line.offer.by_period() if place.month is None else line.offer.by_month()).items():
            if (key, place.number, place.month) not in known:
                _portion(act, line, key, part, place, since=act.moment)
    for key, part in line.offer.once().items():
        if (key, 0, None) not in known:
            _portion(act, line, key, part, once(line.begins_at), since=act.moment)
    _charge(act, line, before, line)
    advance(act, line)


def end(act: Act, line: Line) -> None:
    """Take back what is neither spent nor held of what a line gave; money is for the time that it lasted.

    What was paid for tokens that stay is due all the same. A line that has ended by itself costs what it cost.
    """
    parts, places = line.offer.parts, running(act, line)
    for portion in _present(act, line):
        due = portion.due if line.has_ended(act.moment) else NOTHING
        if portion.ends_at and not line.has_ended(act.moment):
            place = place_of(portion, places)
            full = _full(parts.get(portion.part), line, portion.starts_at, place)
            due = changed_money(portion.due, full[1], NOTHING, place.left)
        giving.end(act, portion, due)
    if not line.has_ended(act.moment):
        _charge(act, line, line, None)


def _present(act: Act, line: Line) -> list[Portion]:
    """The portions of a line that have not run out, the earliest first."""
    rows = Portion.objects.filter(order=act.order, line=line.name, run=line.run)
    return list(rows.filter(goes_on(act.moment), is_missed=False).order_by("number", "month", "pk"))


def _full(
    part: TokensPart | None, line: Line, starts_at: datetime, place: Place
) -> tuple[Decimal, Decimal, Decimal]:
    """The tokens of a part in a whole period or month, and the money for them, paid and listed.

    Nothing without a part, or where the line ends before they start.
    """
    if part is None or line.has_ended(starts_at):
        return NOTHING, NOTHING, NOTHING
    return (
        offers.tokens_of(part, line.quantity),
        place.span.money(offers.money_of(part, line.amount)),
        place.span.money(offers.money_of(part, line.list_amount)),
    )


def _altered(
    act: Act,
    portion: Portion,
    line: Line,
    part: TokensPart | None,
    before: tuple[Decimal, Decimal, Decimal],
    now: tuple[Decimal, Decimal, Decimal],
    left: Fraction,
) -> Wish:
    terms, added_expires_at = portion.terms, None
    if part is not None:
        expires_at = _expiry(act, line, part, portion.starts_at, portion.ends_at)
        terms = _terms(part, portion.starts_at, expires_at)
        added_at = portion.starts_at if portion.ends_at else max(portion.starts_at, act.moment)
        added_expires_at = _expiry(act, line, part, added_at, portion.ends_at)
    return Wish(
        changed_tokens(portion.wanted, before[0], now[0], left),
        changed_money(portion.due, before[1], now[1], left),
        changed_money(portion.listed, before[2], now[2], left),
        terms,
        added_expires_at,
    )


def _ends(
    act: Act,
    portion: Portion,
    was: tuple[Line, TokensPart],
    now: tuple[Line, TokensPart],
    starts_at: datetime,
) -> tuple[datetime | None, datetime | None]:
    """See `giving.Ends`."""
    return (
        _expiry(act, *was, starts_at, portion.ends_at),
        _expiry(act, *now, starts_at, portion.ends_at),
    )


def _portion(
    act: Act,
    line: Line,
    key: str,
    part: TokensPart,
    place: Place,
    *,
    since: datetime | None = None,
) -> None:
    """Give the tokens of a part for a time. since: only from then on, for the share that is left of it."""
    starts_at, ends_at = max(place.span.starts_at, since or place.span.starts_at), place.span.ends_at
    expires_at = _expiry(act, line, part, starts_at, ends_at)
    portion = Portion(
        account=act.account,
        order=act.order,
        line=line.name,
        run=line.run,
        number=place.number,
        month=place.month,
        part=key,
        starts_at=starts_at,
        ends_at=ends_at,
        currency=line.currency,
        terms=_terms(part, starts_at, expires_at),
        is_missed=expires_at is not None and expires_at <= act.moment,
        version=act.version,
        **dict.fromkeys(("wanted", "tokens", "due", "paid", "listed"), NOTHING),
    )
    portion.save(force_insert=True)
    if not portion.is_missed:
        nothing, left = (NOTHING, NOTHING, NOTHING), place.left if since else Fraction(1)
        full = _full(part, line, starts_at, place)
        giving.begin(act, portion, _altered(act, portion, line, part, nothing, full, left))


def _terms(part: TokensPart, starts_at: datetime, expires_at: datetime | None) -> Mapping[str, object]:
    return {
        "kind": part.kind,
        "token": part.unit,
        "effective_at": instant(starts_at),
        "expires_at": instant_or_none(expires_at),
        "priority": part.priority,
        "features": list(part.features),
    }


def _expiry(
    act: Act, line: Line, part: TokensPart, starts_at: datetime, ends_at: datetime | None
) -> datetime | None:
    """When tokens that start then expire: by their own term, and never after their line."""
    found = [line.ends_at, ends_at if part.ends_with_period else None]
    if part.lasts_days is not None:
        found.append(days_later(act.account.pk, starts_at, part.lasts_days))
    if part.lasts_months is not None:
        zone = ZoneInfo(act.account.time_zone)
        found.append(order_periods.months_later(starts_at, part.lasts_months, zone))
    return min((each for each in found if each is not None), default=None)


def _period(act: Act, line: Line, number: int, starts_at: datetime, ends_at: datetime | None) -> OrderPeriod:
    return OrderPeriod.objects.create(
        account=act.account,
        order=act.order,
        line=line.name,
        run=line.run,
        number=number,
        starts_at=starts_at,
        ends_at=ends_at,
        amount=line.amount,
        agreed=line.amount,
        is_by_months=bool(line.offer.by_month()),
        currency=line.currency,
        version=act.version,
    )


def _charge(act: Act, line: Line, before: Line, now: Line | None) -> None:
    """Let the periods that go on cost the difference for the time that is left of them.

    No less is due for one than was paid for tokens of it that stay. now: None: the line is no more.
    """
    is_dated = bool(line.offer.period)
    rows, places = periods(act.order, line), running(act, line) if is_dated else {}
    for period in rows.filter(goes_on(act.moment)) if is_dated else rows:
        left = _left(act, places[period.number, None], before, now) if is_dated else Fraction(1)
        full_before, full_now = _amount(before, period.starts_at), _amount(now, period.starts_at)
        period.agreed = changed_money(period.agreed, full_before, full_now, left)
        period.amount = period.agreed + _paid_beyond(act, line, period)
        period.version = act.version
        period.save(update_fields=["agreed", "amount", "version"])


def _left(act: Act, place: Place, before: Line, now: Line | None) -> Fraction:
    """The share of a period that a change counts for: none where the line had ended by itself and has still."""
    if before.has_ended(act.moment) and (now is None or now.has_ended(act.moment)):
        return Fraction(0) if place.span.ends_at else Fraction(1)
    return place.left


def _amount(line: Line | None, starts_at: datetime) -> Decimal:
    return NOTHING if line is None or line.has_ended(starts_at) else line.amount


def _paid_beyond(act: Act, line: Line, period: OrderPeriod) -> Decimal:
    """What was paid for tokens of a period beyond what was agreed for them."""
    rows = Portion.objects.filter(order=act.order, line=line.name, run=line.run, number=period.number)
    beyond = [each.paid - order_money.due_for(each) for each in rows]
    return sum((each for each in beyond if each > 0), NOTHING)
