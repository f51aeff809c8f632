"""Rates as histories invent them: few prices, per few quantities, so that they meet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from pricing.tests.tiering import Step as TierStep
from usage.tests.model.prices import FORMULAS, Rate, ties

DIMENSIONS = (
    (),
    (("model", "gpt"),),
    (("model", "llama"),),
    (("region", "eu"),),
    (("model", "gpt"), ("region", "eu")),
)
PRICED = ("chat.*", "chat.*", "chat.input", "chat.deep.*", "picture", "*")
PRICES = tuple(map(Decimal, ("1", "0.5", "2", "0.333333333333", "0.0025", "0", "3", "0.000000000001")))
PER = tuple(map(Decimal, ("1", "1", "1", "3", "1000", "0.7", "0.000000001")))
MINIMUM = tuple(map(Decimal, ("0", "0", "0.25", "0.000001", "3")))
BOUNDS = tuple(map(Decimal, ("1", "5", "7.5", "8", "10", "20", "0.000000001")))
ROUNDING = ("half_up", "half_even", "up", "down")
RATE_COSTS = ((None, ""), (None, ""), (Decimal("0.02"), "USD"), (Decimal("0.03"), "EUR"), (Decimal(0), ""))
FLAT = Rate("*", Decimal(1))


def a_rate(dice: Random) -> Rate:
    """One price, or tiers, or a formula."""
    plain = Rate(
        dice.choice(PRICED),
        dice.choice(PRICES),
        dice.choice(PER),
        dice.choice(MINIMUM),
        dice.choice(ROUNDING),
        dice.choice(DIMENSIONS),
    )
    plain = replace(plain, **dict(zip(("cost", "cost_currency"), dice.choice(RATE_COSTS), strict=True)))
    kind = dice.choice(("plain", "plain", "tiers", "formula"))
    if kind == "tiers":
        return replace(plain, tier_mode=dice.choice(("graduated", "volume", "package")), steps=_steps(dice))
    if kind == "formula":
        return replace(plain, tokens=Decimal(0), per=Decimal(1), formula=dice.choice(tuple(FORMULAS)))
    return plain


def _steps(dice: Random) -> tuple[TierStep, ...]:
    bounds = sorted(dice.sample(BOUNDS, dice.randint(0, 3)))
    return tuple(TierStep(bound, dice.choice(PRICES), dice.choice(PER)) for bound in bounds)


def without_ties(rates: list[Rate]) -> tuple[Rate, ...]:
    """The rates, but for those that tie with one before them."""
    kept: list[Rate] = []
    for one in rates:
        if not ties([*kept, one]):
            kept.append(one)
    return tuple(kept)
