"""What tiers cost, the plain way: the cost of all units of the month, less the cost of those before the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil


@dataclass(frozen=True)
class Step:
    """`tokens` for `per` units beyond `begins`, the first at 0."""

    begins: Decimal
    tokens: Decimal
    per: Decimal = Decimal(1)

    @property
    def price(self) -> Fraction:
        return Fraction(self.tokens) / Fraction(self.per)


def cost(mode: str, steps: Sequence[Step], before: Decimal, units: Decimal) -> Fraction:
    """Tokens of a line of `units` after `before` ones of the month; neither minimum nor rounding is in it."""
    if units == 0:
        return Fraction(0)
    if mode == "volume":
        reached = [step for step in steps if step.begins < before + units]
        return reached[-1].price * Fraction(units)
    return _of_month(mode, steps, before + units) - _of_month(mode, steps, before)


def _of_month(mode: str, steps: Sequence[Step], units: Decimal) -> Fraction:
    total = Fraction(0)
    ends: list[Decimal | None] = [*(step.begins for step in steps[1:]), None]
    for step, end in zip(steps, ends, strict=True):
        inside = Fraction(units if end is None else min(units, end)) - Fraction(step.begins)
        if inside > 0:
            is_sold_in_packs = mode == "package"
            packs = ceil(inside / Fraction(step.per)) if is_sold_in_packs else Fraction(0)
            total += packs * Fraction(step.tokens) if is_sold_in_packs else inside * step.price
    return total
