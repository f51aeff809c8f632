"""The price of a line as `pricing_charge` takes it: bounds, prices, what they are for, and how units are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from math import lcm

from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier

_ONE = Decimal(1)
_WIDE = Context(prec=400, Emax=999_999, Emin=-999_999)
_FROM_NOTHING = (Decimal(0),)


@dataclass(frozen=True, slots=True)
class PriceTerm:
    """What a line costs before its minimum and its one rounding; exact.

    bounds: the month's quantity beyond which each price holds. prices: tokens for `per` units; of packages, for a pack.
    packs: units of a pack in each tier. mode: empty where one price holds for every unit and nothing is counted.
    """

    bounds: Sequence[Decimal]
    prices: Sequence[Decimal]
    per: Decimal
    mode: str = ""
    packs: Sequence[Decimal] = ()


def flat(tokens: Decimal, per: Decimal = _ONE) -> PriceTerm:
    """One price for every unit."""
    return PriceTerm(_FROM_NOTHING, (tokens,), per)


def worth(value: Fraction, quantity: Decimal) -> PriceTerm:
    """The price of a line of `quantity` that comes to `value` tokens, as a formula computes it.

    Of a line that is covered in part the part that is not is paid.
    """
    whole = Fraction(quantity) * value.denominator
    scale = whole.denominator
    return flat(Decimal(value.numerator * scale), Decimal(whole.numerator))


def term_of(row: RateRow) -> PriceTerm:
    """The term of a row that has a price; a formula has one a line (`worth`)."""
    tiers = row.all_tiers
    if not tiers:
        return flat(row.tokens, row.per)
    bounds = tuple(tier.tier_from for tier in tiers)
    if row.tier_mode == "package":
        packs = tuple(tier.per for tier in tiers)
        return PriceTerm(bounds, tuple(tier.tokens for tier in tiers), _ONE, row.tier_mode, packs)
    per = _common(tiers)
    prices = tuple(_exactly(Fraction(tier.tokens) * per / Fraction(tier.per)) for tier in tiers)
    return PriceTerm(bounds, prices, _exactly(per), row.tier_mode)


def times(term: PriceTerm, factor: Decimal) -> PriceTerm:
    """The term at a multiple of its prices."""
    return replace(term, prices=tuple(_WIDE.multiply(price, factor) for price in term.prices))


def instead(term: PriceTerm, tokens: Decimal, per: Decimal) -> PriceTerm:
    """One price in place of the term's own; where it counts units, they are counted all the same."""
    if not term.mode:
        return flat(tokens, per)
    return PriceTerm(term.bounds, (tokens,) * len(term.bounds), per, "graduated")


def _common(tiers: Sequence[Tier]) -> Fraction:
    """The least quantity that is a whole number of times the `per` of each tier."""
    pers = [Fraction(tier.per) for tier in tiers]
    scale = lcm(*(per.denominator for per in pers))
    return Fraction(lcm(*(int(per * scale) for per in pers)), scale)


def _exactly(number: Fraction) -> Decimal:
    """A fraction whose denominator divides a power of ten, as a decimal."""
    places = 0
    while number.denominator != 1:
        number, places = number * 10, places + 1
    return Decimal(number.numerator).scaleb(-places, _WIDE)
