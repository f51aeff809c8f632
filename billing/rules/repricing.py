"""Prices that follow from costs: the tokens at which a margin, or a markup, is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from billing.rules.margins import Margin, Worth, losses
from config.kernel.amounts import EXACT, MONEY_PLACES, to_money_places
from pricing.rules.costs import CostLine, UnitCost, unit_cost
from pricing.rules.rows import RateRow
from pricing.rules.tiers import PRICE_CEILING


def markup_for(margin: Decimal) -> Fraction:
    """What a cost is multiplied by so that `margin` of the price is left: 0.7 is 10 ÷ 3.

    Raises ValueError where it is not below 1.
    """
    if not margin.is_finite() or margin >= 1:
        raise ValueError("A margin is less than 100 %.")
    return 1 / (1 - Fraction(margin))


def price_at(
    cost: CostLine, per: Decimal, worth: Worth, markup: Fraction, digits: int | None
) -> Decimal | None:
    """Tokens for `per` units that bring `markup` times what they cost us.

    digits: significant ones at most, rounded up so that never less is brought; None is as many as 12 decimals hold.
    Answers None where a part of that is not known, or where a price has no room for it.
    """
    rate = worth.rates.get(cost.currency)
    if not worth.token or rate is None:
        return None
    tokens = Fraction(cost.cost) * Fraction(rate) * Fraction(per) * markup / Fraction(worth.token)
    price = rounded_up(tokens, digits)
    return price if price < PRICE_CEILING else None


def price_of(
    row: RateRow, cost: CostLine, worth: Worth, markup: Fraction, digits: int | None
) -> Decimal | None:
    """`price_at` for the row's `per`; None where the row has tiers or a formula, which have no one price."""
    if row.tier_mode or row.formula:
        return None
    return price_at(cost, row.per, worth, markup, digits)


def rounded_up(amount: Fraction, digits: int | None) -> Decimal:
    """The least number of at most `digits` significant digits and 12 decimals that is not below `amount`, 0 or more."""
    if not amount:
        return Decimal(0)
    first = EXACT.divide(amount.numerator, amount.denominator).adjusted()
    last = -MONEY_PLACES if digits is None else max(first - digits + 1, -MONEY_PLACES)
    steps = ceil(amount / Fraction(10) ** last)
    return Decimal(steps).scaleb(last, context=EXACT)


def at_cost(row: RateRow, cost: CostLine) -> RateRow:
    """The row as it would be if its unit cost us this."""
    return replace(row, cost=cost.cost, cost_currency=cost.currency)


def own_cost(row: RateRow, reporting: str) -> CostLine | None:
    """What the row says that its unit costs us, of no model and component; in `reporting` where it names none."""
    return None if row.cost is None else CostLine("", "", "", row.cost, row.cost_currency or reporting)


def present_losses(
    rows: Sequence[RateRow], worth: Worth, costs: Sequence[UnitCost]
) -> list[tuple[RateRow, Margin]]:
    """The rates that would cost more than they bring at what their models cost, though they say another cost."""
    beside = [(row, cost.listed) for row, cost in zip(rows, costs, strict=True) if cost.own is not None]
    now = [at_cost(row, cost) for row, cost in beside if cost and not agrees(row, cost)]
    return losses(now, worth, list(map(unit_cost, now)))


def agrees(row: RateRow, cost: CostLine) -> bool:
    """Whether the row says this cost, as far as its 12 decimals can."""
    return row.cost == written(cost) and row.cost_currency == cost.currency


def written(cost: CostLine) -> Decimal:
    """A cost as a rate keeps it, to 12 decimals."""
    return to_money_places(cost.cost)
