"""What a line costs: the version in force, the row that matches, one rounding at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import ceil

from pricing.tests.tiering import Step, cost

MICRO = 1_000_000


@dataclass(frozen=True)
class SeatTerms:
    """What a rate says of seats; none where it says nothing. once: how long a user is not charged again."""

    interval: timedelta | None = None
    heartbeat: timedelta | None = None
    refunds: bool | None = None
    once: timedelta | None = None

    @property
    def length(self) -> timedelta:
        return self.interval or timedelta(hours=1)

    @property
    def window(self) -> timedelta:
        return self.heartbeat or min(timedelta(minutes=15), self.length)


@dataclass(frozen=True)
class Rate:
    """`tokens` for `per` units of what `pattern` matches; a line that costs anything costs `minimum` at least.

    tier_mode, steps: how units of the month are counted, and the tiers beyond the first.
    formula: computes the tokens of a line instead; one of FORMULAS.
    cost: what a unit costs us, in `cost_currency`, by default the reporting one; None where it is not said.
    seats: what holds where the feature is a seat.
    """

    pattern: str
    tokens: Decimal
    per: Decimal = Decimal(1)
    minimum: Decimal = Decimal(0)
    rounding: str = "half_up"
    dimensions: tuple[tuple[str, str], ...] = ()
    tier_mode: str = ""
    steps: tuple[Step, ...] = ()
    formula: str = ""
    cost: Decimal | None = None
    cost_currency: str = ""
    seats: SeatTerms = SeatTerms()

    def matches(self, feature: str, dimensions: Mapping[str, str]) -> bool:
        return covers(self.pattern, feature) and all(
            dimensions.get(name) == value for name, value in self.dimensions
        )

    @property
    def closeness(self) -> tuple[bool, int, int]:
        """An exact feature before the longest pattern, then most dimensions."""
        return not self.pattern.endswith("*"), len(self.pattern), len(self.dimensions)


@dataclass(frozen=True)
class OwnPrice:
    """What one account pays instead of a rate: `fixed` (amount for `per` units), `multiplier`, `free`, or `none`."""

    pattern: str
    kind: str
    amount: Decimal = Decimal(0)
    per: Decimal = Decimal(1)
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def closeness(self) -> tuple[bool, int, int]:
        return not self.pattern.endswith("*"), len(self.pattern), len(self.dimensions)

    def matches(self, feature: str, dimensions: Mapping[str, str]) -> bool:
        return covers(self.pattern, feature) and all(
            dimensions.get(name) == value for name, value in self.dimensions
        )

    def of(self, exact: Fraction, quantity: Decimal) -> Fraction:
        """What it makes of the cost by the rate."""
        if self.kind == "fixed":
            return Fraction(self.amount) * Fraction(quantity) / Fraction(self.per)
        return exact * Fraction(self.amount) if self.kind == "multiplier" else Fraction(0)


@dataclass(frozen=True)
class Version:
    number: int
    rates: tuple[Rate, ...]
    effective_from: datetime
    published_at: datetime
    is_withdrawn: bool = False

    def rate_for(self, feature: str, dimensions: Mapping[str, str]) -> Rate | None:
        matching = sorted(
            (r for r in self.rates if r.matches(feature, dimensions)), key=lambda r: r.closeness
        )
        if not matching:
            return None
        best = matching[-1]
        assert [r.closeness for r in matching].count(best.closeness) == 1, "two rows match with equal right"
        return best


@dataclass
class Table:
    code: str
    unit: str
    versions: list[Version] = field(default_factory=list)

    def version_at(self, occurred_at: datetime) -> Version | None:
        """The one in force then, of those published and not withdrawn by now: all others that stand in the list."""
        begun = [v for v in self.versions if v.effective_from <= occurred_at and not v.is_withdrawn]
        return max(begun, key=lambda v: (v.effective_from, v.number)) if begun else None


def covers(pattern: str, feature: str) -> bool:
    return feature.startswith(pattern[:-1]) if pattern.endswith("*") else feature == pattern


def _double_for_gpt(quantity: Fraction, dimensions: Mapping[str, str]) -> Fraction | None:
    if "model" not in dimensions:
        return None
    return quantity * (2 if dimensions["model"] == "gpt" else 1)


FORMULAS: dict[str, Callable[[Fraction, Mapping[str, str]], Fraction | None]] = {
    "ceil(quantity / 3) * 2": lambda quantity, _: Fraction(ceil(quantity / 3) * 2),
    "max(quantity, 2) / 7": lambda quantity, _: max(quantity, Fraction(2)) / 7,
    'if(model == "gpt", 2, 1) * quantity': _double_for_gpt,
}
"""What each comes to, reckoned by hand; None where it has no price."""


def prices(rate: Rate, quantity: Decimal, dimensions: Mapping[str, str], own: OwnPrice | None = None) -> bool:
    """Whether the rate has a price for this usage, which it matches; a fixed or free price of one's own needs none."""
    if own and own.kind != "multiplier":
        return True
    return not rate.formula or FORMULAS[rate.formula](Fraction(quantity), dimensions) is not None


def charge(
    rate: Rate,
    quantity: Decimal,
    counted: Decimal = Decimal(0),
    dimensions: Mapping[str, str] | None = None,
    own: OwnPrice | None = None,
    covered: Decimal = Decimal(0),
) -> Decimal:
    """The tokens of a line of `quantity` units, rounded once, by the row's mode, to six decimals.

    counted: units that the month has charged before, where the rate has tiers. covered: units that cost nothing.
    """
    if own and own.kind != "multiplier":
        exact = own.of(Fraction(0), quantity - covered)
    else:
        exact = _exactly(rate, quantity, counted, dimensions or {}, covered)
        exact = own.of(exact, quantity) if own else exact
    if exact > 0:
        exact = max(exact, Fraction(rate.minimum))
    return rounded(exact, rate.rounding)


def _exactly(
    rate: Rate, quantity: Decimal, counted: Decimal, dimensions: Mapping[str, str], covered: Decimal
) -> Fraction:
    charged = quantity - covered
    if rate.formula:
        value = FORMULAS[rate.formula](Fraction(quantity), dimensions)
        assert value is not None
        return value * Fraction(charged) / Fraction(quantity)
    if rate.tier_mode:
        return cost(rate.tier_mode, (Step(Decimal(0), rate.tokens, rate.per), *rate.steps), counted, charged)
    return Fraction(charged) * Fraction(rate.tokens) / Fraction(rate.per)


def rounded(exact: Fraction, mode: str) -> Decimal:
    """`exact`, which is not negative, to six decimals."""
    whole, rest = divmod(exact * MICRO, 1)
    half = Fraction(1, 2)
    goes_up = {
        "up": rest > 0,
        "down": False,
        "half_up": rest >= half,
        "half_even": rest > half or (rest == half and whole % 2 == 1),
    }[mode]
    return Decimal(int(whole) + goes_up).scaleb(-6)


def ties(rates: Sequence[Rate]) -> list[tuple[Rate, Rate]]:
    """Pairs that one usage could match with equal right, without a row that has the dimensions of both."""
    known = {(rate.pattern, frozenset(rate.dimensions)) for rate in rates}
    return [(one, two) for one, two in combinations(rates, 2) if _tie(one, two, known)]


def _tie(one: Rate, two: Rate, known: set[tuple[str, frozenset[tuple[str, str]]]]) -> bool:
    if one.pattern != two.pattern or len(one.dimensions) != len(two.dimensions):
        return False
    both = frozenset(one.dimensions) | frozenset(two.dimensions)
    if len(dict(both)) < len(both):
        return False  # they ask for different values of one dimension: no usage matches both
    return both == frozenset(one.dimensions) or (one.pattern, both) not in known
