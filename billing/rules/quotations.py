"""What a quotation comes to: list prices, what promotions and discounts take off, and a total that its lines add up to.

Each step is rounded once, half up, to the smallest unit of the currency. What comes off the whole is spread over the
lines in proportion to what each still costs, the leftover units to the largest remainders, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from billing.rules.money import places_of, priced, rounded
from billing.rules.offers import Snapshot
from billing.rules.promotions import PromotionTerms, money_off
from config.kernel.amounts import EXACT
from config.kernel.errors import FieldError, InvalidRequest

NOTHING, HUNDRED = Decimal(0), Decimal(100)
SHARE_PLACES = 6


@dataclass(frozen=True, slots=True)
class Discount:
    """What a person takes off: a share in per cent, or an amount, or nothing, and why."""

    share: Decimal | None = None
    amount: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineQuoted:
    """A line as it is asked for. promotion: a code that was chosen; empty is the best that applies by itself.

    last_day: until the end of which it lasts, by the account's calendar.
    """

    sku: str
    quantity: Decimal = Decimal(1)
    discount: Discount = field(default_factory=Discount)
    promotion: str = ""
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class QuotationAsked:
    """A quotation as a person writes it. Days are of the account's calendar.

    last_day: until the end of which it can be accepted. first_day: from when on it holds; none is when it is accepted.
    """

    currency: str
    last_day: date
    lines: Sequence[LineQuoted]
    discount: Discount = field(default_factory=Discount)
    first_day: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What decides the price of a line."""

    offer: Snapshot
    quantity: Decimal
    promotion: PromotionTerms | None
    discount: Discount


@dataclass(frozen=True, slots=True)
class LineMoney:
    """A line's list amount and what comes off it, step by step. spread: its part of what comes off the whole."""

    listed: Decimal
    promoted: Decimal
    discounted: Decimal
    spread: Decimal = NOTHING

    @property
    def amount(self) -> Decimal:
        """What is to pay."""
        return self.listed - self.promoted - self.discounted - self.spread

    def widest(self, currency: str) -> Decimal:
        """Per cent that a person takes off what the promotion leaves."""
        return share_of(self.discounted + self.spread, self.listed - self.promoted, currency)


def share_of(off: Decimal, price: Decimal, currency: str) -> Decimal:
    """The plainest per cent that comes to so much off, rounded as discounts are; 0 of a price of 0.

    So 10 % of 49.99, which is 5.00, are 10 % and not 10.002001. Without a plain one it is rounded up to six decimals.
    """
    if not price:
        return NOTHING
    half_unit = EXACT.divide(Decimal(1).scaleb(-places_of(currency)), Decimal(2))
    exact = EXACT.divide(EXACT.multiply(off, HUNDRED), price)
    least = EXACT.divide(EXACT.multiply(off - half_unit, HUNDRED), price)
    for places in range(SHARE_PLACES):
        plain = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR, context=EXACT)
        if plain >= least:
            return plain
    return exact.quantize(Decimal(1).scaleb(-SHARE_PLACES), rounding=ROUND_CEILING, context=EXACT)


def reckon(lines: Sequence[LineTerms], whole: Discount, currency: str) -> list[LineMoney]:
    """What each line comes to.

    Raises InvalidRequest that names what takes off more than there is.
    """
    found = [_line(place, line, currency) for place, line in enumerate(lines)]
    left = [line.amount for line in found]
    off = _taken_off(whole, sum(left, NOTHING), currency, "/discount")
    parts = spread(off, left, currency)
    return [
        LineMoney(line.listed, line.promoted, line.discounted, part)
        for line, part in zip(found, parts, strict=True)
    ]


def spread(off: Decimal, left: Sequence[Decimal], currency: str) -> list[Decimal]:
    """An amount in parts, in proportion to what is left of each line, in whole smallest units that add up to it.

    The units that rounding down leaves over go to the largest remainders, the earlier line first.
    """
    total = sum(left, NOTHING)
    if not off:
        return [NOTHING for _ in left]
    unit = Decimal(1).scaleb(-places_of(currency))
    exact = [EXACT.divide(EXACT.multiply(off, each), total) for each in left]
    parts = [each.quantize(unit, rounding=ROUND_FLOOR, context=EXACT) for each in exact]
    over = int((off - sum(parts, NOTHING)) / unit)
    by_remainder = sorted(range(len(left)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[:over]:
        parts[place] += unit
    return parts


def _line(place: int, line: LineTerms, currency: str) -> LineMoney:
    listed = priced(line.quantity, line.offer.list_price, currency)
    promoted = NOTHING
    if line.promotion is not None:
        promoted = money_off(line.promotion, listed, line.quantity, currency)
    where = f"/lines/{place}/discount"
    return LineMoney(listed, promoted, _taken_off(line.discount, listed - promoted, currency, where))


def _taken_off(discount: Discount, price: Decimal, currency: str, where: str) -> Decimal:
    if discount.share is not None and discount.amount is not None:
        raise _refused(where, "A discount is per cent or an amount, not both.")
    if discount.share is not None:
        if not 0 <= discount.share <= HUNDRED:
            raise _refused(where, "A discount is 0 to 100 per cent.")
        return rounded(EXACT.divide(EXACT.multiply(price, discount.share), HUNDRED), currency)
    if discount.amount is None:
        return NOTHING
    if discount.amount < 0 or discount.amount > price:
        raise _refused(where, f"A discount takes off 0 to {price:f} {currency} here.")
    if rounded(discount.amount, currency) != discount.amount:
        raise _refused(where, f"{currency} has {places_of(currency)} digits after the point.")
    return discount.amount


def _refused(where: str, detail: str) -> InvalidRequest:
    return InvalidRequest(detail, errors=[FieldError(where, detail)])
