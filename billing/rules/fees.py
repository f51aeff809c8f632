"""What a period of an order is asked for, change by change, and in which months what no grant carries is earned.

Time earns evenly: of a fee for some time, so much is earned by an instant as of its time has passed, rounded half up to
the currency's smallest amount. A month earns the difference of two such sums, so all months together earn the fee.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.rules.money import priced, rounded
from billing.rules.months import end_of, next_month
from config.kernel.amounts import EXACT, MONEY_PLACES

NOTHING = Decimal(0)
Months = dict[date, Decimal]


@dataclass(frozen=True, slots=True)
class Fee:
    """Money for some time. ends_at: None: for no time, it is earned when it begins. currency: its smallest amounts."""

    amount: Decimal
    starts_at: datetime
    ends_at: datetime | None
    currency: str

    def earned_by(self, moment: datetime) -> Decimal:
        """What of it is earned by an instant."""
        if self.ends_at is None or moment >= self.ends_at:
            return self.amount if moment >= self.starts_at else NOTHING
        if moment <= self.starts_at:
            return NOTHING
        passed, whole = _micros(moment - self.starts_at), _micros(self.ends_at - self.starts_at)
        return rounded(
            EXACT.divide(EXACT.multiply(self.amount, Decimal(passed)), Decimal(whole)), self.currency
        )


def month_of(moment: datetime) -> date:
    """The month of the books that an instant lies in."""
    return moment.astimezone(UTC).date().replace(day=1)


def months_of(fee: Fee, recorded_at: datetime) -> Months:
    """What each month earns of it; what was earned before it was recorded belongs to the month of its recording."""
    month = max(month_of(fee.starts_at), month_of(recorded_at))
    found: Months = {}
    before = NOTHING
    while before != fee.amount or not found:
        earned = fee.earned_by(end_of(month))
        found[month] = earned - before
        before, month = earned, next_month(month)
    return {month: amount for month, amount in found.items() if amount}


def months_of_end(before: Mapping[date, Decimal], total: Decimal, recorded_at: datetime) -> Months:
    """How months change where a line ends: all that it was asked for is earned now, and nothing later.

    before: what months earn by its charges until now. total: what they are to earn together.
    """
    now = month_of(recorded_at)
    found: Months = {month: -amount for month, amount in before.items() if month > now}
    found[now] = total - sum((amount for month, amount in before.items() if month <= now), NOTHING)
    return {month: amount for month, amount in found.items() if amount}


def price_of_one(
    amount: Decimal, asked: Decimal, quantity: Decimal, currency: str
) -> tuple[Decimal, Decimal]:
    """How many at which price come to just this amount; 1 at the amount where no price of one does.

    asked: the amount before it was rounded. amount: as it is asked for.
    """
    price = EXACT.divide(asked, quantity).quantize(Decimal(1).scaleb(-MONEY_PLACES), context=EXACT)
    if priced(quantity, price, currency) == amount:
        return quantity, price
    return Decimal(1), amount


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens of a line of overage by the month that used them, and whose product."""

    month: date
    product: int | None
    tokens: Decimal


def overage_by_month(
    amount: Decimal, used: Sequence[Used], currency: str, first_open: date
) -> dict[tuple[date, int | None], Decimal]:
    """A line's amount by month of usage and product. first_open: of the books, which earns what is of closed ones."""
    tokens: dict[tuple[date, int | None], Decimal] = defaultdict(Decimal)
    for each in used:
        tokens[max(each.month, first_open), each.product] += each.tokens
    whole, passed, before = sum(tokens.values(), NOTHING), NOTHING, NOTHING
    found = {}
    for key in sorted(tokens, key=lambda each: (each[0], each[1] or 0)):
        passed += tokens[key]
        earned = rounded(EXACT.divide(EXACT.multiply(amount, passed), whole), currency)
        found[key], before = earned - before, earned
    return {key: part for key, part in found.items() if part}


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """A charge that neither an invoice asks for nor a credit note gives back. id: of the charge, period: of what."""

    id: UUID
    period: UUID
    number: int
    amount: Decimal
    currency: str
    first_day: date


@dataclass(frozen=True, slots=True)
class Due:
    """Open charges of a period that are asked for together, from a month's invoice on."""

    charges: Sequence[OpenCharge]
    month: date

    @property
    def total(self) -> Decimal:
        return sum((each.amount for each in self.charges), NOTHING)


def due_of(charges: Sequence[OpenCharge]) -> list[Due]:
    """Charges by period, of those that do not come to nothing; in the order of days. Less than nothing is a credit."""
    together: dict[UUID, list[OpenCharge]] = defaultdict(list)
    for each in charges:
        together[each.period].append(each)
    found = [
        Due(members, min(each.first_day for each in members).replace(day=1)) for members in together.values()
    ]
    return sorted(
        (each for each in found if each.total), key=lambda due: (due.month, due.charges[0].first_day)
    )


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
