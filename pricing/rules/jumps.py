"""From one list of prices to the next: which rate takes a usage over, and how the price of its unit moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from config.kernel.amounts import plain
from pricing.rules.compiled import unit_price
from pricing.rules.matching import RateIndex
from pricing.rules.rows import RateRow

GONE = "is priced now and would have no rate"


def index_of(rows: Iterable[RateRow]) -> RateIndex[RateRow]:
    return RateIndex((row.feature, row.dimensions, row) for row in rows)


def handed_over(
    before: RateIndex[RateRow], after: RateIndex[RateRow], rows: Iterable[RateRow]
) -> Iterator[tuple[RateRow, RateRow, RateRow | None]]:
    """Of these rows each whose usage the former list prices: with the rate that does, and the one that would, if any.

    Of rows for the same usage the last is told.
    """
    for row in {row.key: row for row in rows}.values():
        former = before.best(row.feature, row.dimensions)
        if former is not None:
            yield row, former, after.best(row.feature, row.dimensions)


def jump(former: RateRow, rate: RateRow, share: Fraction) -> str:
    """How the price of a unit moves, in the first tier where it does by more than this share of what it was.

    As in `goes from 1 to 2 tokens a unit beyond 100 a month`; empty where no tier does, or where a formula computes one
    of them. From 0 any price is more.
    """
    if former.formula or rate.formula:
        return ""
    bounds = {Decimal(0)} | {tier.tier_from for each in (former, rate) for tier in each.all_tiers}
    for bound in sorted(bounds):
        old, new = former.unit_price_beyond(bound), rate.unit_price_beyond(bound)
        if abs(new - old) > old * share:
            beyond = f" beyond {plain(bound)} a month" if bound else ""
            return f"goes from {price(old)} to {price(new)} tokens a unit{beyond}"
    return ""


def price(of_a_unit: Fraction) -> str:
    return unit_price(Decimal(of_a_unit.numerator), Decimal(of_a_unit.denominator))
