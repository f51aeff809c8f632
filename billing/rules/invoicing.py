"""Which overage is on which invoice, at which rate, and what its lines come to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from billing.rules.fees import OpenCharge
from billing.rules.money import priced, rounded
from billing.rules.months import next_month
from config.kernel.amounts import EXACT


@dataclass(frozen=True, slots=True)
class Rate:
    """What a token of a unit costs for usage from an instant on. price: None ends what was before it."""

    id: int
    unit: str
    is_own: bool
    price: Decimal | None
    currency: str
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class Lot:
    """Open overage of one item. month: the first day of the one in which it was recorded, by the account's zone.

    booked: of the month of the books, in UTC. product: whose usage it was.
    """

    id: UUID
    debit_id: UUID
    feature: str
    unit: str
    tokens: Decimal
    month: date
    booked: date
    product: int | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A feature's overage at one rate. amount: rounded once."""

    feature: str
    unit: str
    rate: Rate
    lots: Sequence[Lot]
    tokens: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Draft:
    """What an invoice of a month in a currency would carry now, beside what was written on it by hand.

    charges: what orders ask for, in the order in which they stand on it.
    """

    month: date
    currency: str
    lines: Sequence[Line]
    charges: Sequence[OpenCharge] = ()

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.charges

    @property
    def total(self) -> Decimal:
        overage = sum((line.amount for line in self.lines), Decimal(0))
        return sum((each.amount for each in self.charges), overage)


@dataclass(slots=True)
class Sorted:
    """Open overage by the invoice that it belongs on, and what has no rate."""

    drafts: dict[tuple[date, str], list[tuple[Lot, Rate]]] = field(default_factory=dict)
    unrated: list[Lot] = field(default_factory=list)


def rate_of(lot: Lot, rates: Sequence[Rate]) -> Rate | None:
    """The rate at the instant of the usage: the account's own, else the common one. rates: the latest first."""
    for is_own in (True, False):
        begun = (
            rate
            for rate in rates
            if rate.is_own == is_own and rate.unit == lot.unit and rate.effective_from <= lot.occurred_at
        )
        found = next(begun, None)
        if found is not None and found.price is not None:
            return found
    return None


def sort_out(lots: Iterable[Lot], rates: Sequence[Rate], closed: Collection[tuple[date, str]]) -> Sorted:
    """Each lot on the invoice of its month, or of the first later one that is still to be issued.

    closed: months and currencies whose invoice is final or was discarded.
    """
    sorted_out = Sorted()
    for lot in lots:
        rate = rate_of(lot, rates)
        if rate is None:
            sorted_out.unrated.append(lot)
            continue
        month = first_open(lot.month, rate.currency, closed)
        sorted_out.drafts.setdefault((month, rate.currency), []).append((lot, rate))
    return sorted_out


def first_open(month: date, currency: str, closed: Collection[tuple[date, str]]) -> date:
    """The month, or the first later one, whose invoice is still to be issued."""
    while (month, currency) in closed:
        month = next_month(month)
    return month


def drafted(
    month: date, currency: str, lots: Sequence[tuple[Lot, Rate]], charges: Sequence[OpenCharge] = ()
) -> Draft:
    """The lines that these lots come to: one a feature and rate, in the order of features and of rates' beginnings."""

    def named(each: tuple[Lot, Rate]) -> tuple[str, str, datetime, int]:
        lot, rate = each
        return lot.feature, lot.unit, rate.effective_from, rate.id

    lines = []
    for _, together in groupby(sorted(lots, key=named), key=named):
        members = list(together)
        lot, rate = members[0]
        assert rate.price is not None
        tokens = sum((each.tokens for each, _ in members), Decimal(0))
        amount = priced(tokens, rate.price, currency)
        lines.append(Line(lot.feature, lot.unit, rate, [each for each, _ in members], tokens, amount))
    return Draft(month, currency, lines, charges)


def credit_of(
    amount: Decimal, quantity: Decimal, credited: Decimal, tokens: Decimal, currency: str
) -> Decimal:
    """What is given back for so many tokens of a line, when `credited` were given back before.

    Rounded so that all the line's tokens, in whatever parts, come to just its amount.
    """

    def share(part: Decimal) -> Decimal:
        return rounded(EXACT.divide(EXACT.multiply(amount, part), quantity), currency)

    return share(credited + tokens) - share(credited)
