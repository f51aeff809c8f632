"""What is asked of an order, and the lines that it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.rules.offers import Snapshot
from billing.rules.order_periods import LONGEST_BACK
from config.kernel.errors import FieldError, InvalidRequest

ACTIVE, CANCELLED = "active", "cancelled"


@dataclass(frozen=True, slots=True)
class LineAsked:
    """One line as it was sent. amount: for the whole line; None: list price × quantity. currency: None: the offer's."""

    sku: str
    name: str | None = None
    quantity: Decimal = Decimal(1)
    amount: Decimal | None = None
    currency: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderAsked:
    """A version of an order as it was sent.

    fingerprint: SHA-256 of the body. by: the product's code or a person's name.
    starts_at: None is now, and of a later version since when its lines have counted before.
    meant: what each line's SKU means for this customer, where that was agreed before; empty is what they mean now.
    billing: who asks for the money, invoice or external; empty: as before, and of a new order as its account says.
    is_new: there must be no order of this name, so that nobody else's is taken over.
    """

    external_id: str
    account: str
    lines: Sequence[LineAsked]
    fingerprint: bytes
    by: str
    version: int = 1
    state: str = ACTIVE
    starts_at: datetime | None = None
    reason: str = ""
    meant: Sequence[Snapshot] = ()
    billing: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a version has it. run: rises where a line of the same name begins anew."""

    name: str
    position: int
    quantity: Decimal
    amount: Decimal
    list_amount: Decimal
    currency: str
    begins_at: datetime
    ends_at: datetime | None
    run: int
    offer: Snapshot

    def is_active(self, moment: datetime) -> bool:
        """Whether it counts at an instant."""
        return self.begins_at <= moment and not self.has_ended(moment)

    def has_ended(self, moment: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= moment


def names_of(lines: Sequence[LineAsked]) -> list[str]:
    """The names of the lines, by default their positions from 1.

    Raises InvalidRequest where a name stands for two.
    """
    names = [line.name or str(place) for place, line in enumerate(lines, 1)]
    faults = [
        FieldError(f"/lines/{place}/line", f"The line {name} is named twice.")
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)
    return names


def check(asked: OrderAsked, lines: Sequence[Line], before: dict[str, Line], now: datetime) -> None:
    """Refuse what no order can be.

    before: the lines of the version that this one follows.

    Raises InvalidRequest that names every field at fault.
    """
    faults = [*_start_faults(asked, bool(before), now)]
    for place, line in enumerate(lines):
        faults += _line_faults(place, line, before.get(line.name), now)
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)


def _start_faults(asked: OrderAsked, is_later: bool, now: datetime) -> Iterator[FieldError]:
    if asked.starts_at is not None and not is_later and asked.starts_at < now - LONGEST_BACK:
        yield FieldError("/starts_at", "An order may start at most 35 days back.")


def _line_faults(place: int, line: Line, before: Line | None, now: datetime) -> Iterator[FieldError]:
    where = f"/lines/{place}"
    if line.ends_at is not None and line.ends_at <= line.begins_at:
        yield FieldError(f"{where}/ends_at", "A line ends after it begins.")
    elif line.has_ended(now) and before is None:
        yield FieldError(f"{where}/ends_at", "A line that is new ends in the future.")
    if any(not _is_whole(part.seats * line.quantity) for part in line.offer.seats):
        yield FieldError(f"{where}/quantity", "Seats are sold whole.")
    elif any(part.seats * line.quantity > MOST_SEATS for part in line.offer.seats):
        yield FieldError(f"{where}/quantity", f"An order gives at most {MOST_SEATS:,} seats.")
    if before is not None and before.currency != line.currency and before.run == line.run:
        yield FieldError(f"{where}/currency", f"The line is in {before.currency} already.")


def check_windows(lines: Sequence[Line], others: Sequence[Line]) -> None:
    """Refuse units of a pattern in windows other than those in which the account has them at the same time.

    An account has one sort of window a pattern: units of a second one would be sold and not given.
    others: lines of the account's other orders.

    Raises InvalidRequest that names every line at fault.
    """
    faults = [
        FieldError(f"/lines/{place}/sku", _windows_wording(line, taken, *crossing))
        for place, line in enumerate(lines)
        for taken in (*lines[:place], *others)
        if _overlap(line, taken)
        for crossing in _crossings(line, taken)
    ]
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)


def _crossings(line: Line, taken: Line) -> Iterator[tuple[str, str, str]]:
    """Patterns of which both include units, in other windows: with the one that is asked for and the one there is."""
    known = {part.pattern: part.period for part in taken.offer.allowances}
    for part in line.offer.allowances:
        if known.get(part.pattern, part.period) != part.period:
            yield part.pattern, part.period, known[part.pattern]


def _windows_wording(line: Line, taken: Line, pattern: str, asked: str, known: str) -> str:
    return (
        f"{taken.offer.code} includes units of {pattern} by the window {known!r} already; those of {line.offer.code}, "
        f"by {asked!r}, can't be given beside them."
    )


def _overlap(one: Line, other: Line) -> bool:
    return (other.ends_at is None or one.begins_at < other.ends_at) and (
        one.ends_at is None or other.begins_at < one.ends_at
    )


MOST_SEATS = 1_000_000


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()
