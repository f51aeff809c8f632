"""One priced row as people write it, and what makes it invalid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from pricing.rules.formulas import FormulaFault, compile_formula
from pricing.rules.seats import seat_faults
from pricing.rules.tiers import PRICE_CEILING, Tier, tier_faults

ROUNDINGS = ("half_up", "half_even", "up", "down")

CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}", re.ASCII)
PATTERN = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\*", re.ASCII)
DIMENSION_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
DIMENSION_VALUE_LENGTH = 256
DIMENSIONS_A_ROW = 16
LABEL_LENGTH = 200
UNIT_LENGTH = 64

Terms = tuple[object, ...]
RowKey = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class RateRow:
    """A price: what one usage of `feature` with these dimensions costs.

    feature: a code, or a pattern that ends in `*` and matches by prefix.
    product, name, unit: of the feature; a pattern carries its own.
    tokens: price of `per` units; with tiers, of those up to the first of them. minimum: least tokens of a line
    that costs anything. tier_mode: how units of the month are counted, where the price changes with them.
    formula: computes the tokens of a line instead.
    cost: what one unit costs us, in `cost_currency`; an empty currency is the reporting one.
    interval, heartbeat, once_per_user: of seats, ISO 8601 durations. refund_unused: none or prorata.
    """

    feature: str
    tokens: Decimal
    per: Decimal = Decimal(1)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    minimum: Decimal = Decimal(0)
    rounding: str = "half_up"
    tier_mode: str = ""
    tiers: tuple[Tier, ...] = ()
    formula: str = ""
    cost: Decimal | None = None
    cost_currency: str = ""
    interval: str = ""
    heartbeat: str = ""
    refund_unused: str = ""
    once_per_user: str = ""
    product: str = ""
    name: str = ""
    unit: str = ""

    @property
    def is_pattern(self) -> bool:
        return self.feature.endswith("*")

    @property
    def key(self) -> RowKey:
        """What the row prices: two rows with one key are the same row at two prices."""
        return self.feature, frozenset(self.dimensions.items())

    @property
    def terms(self) -> Terms:
        """The price alone, without labels: equal terms charge alike."""
        price = (self.tokens, self.per, self.tier_mode, self.tiers, self.formula)
        return *price, self.minimum, self.rounding, self.cost, self.cost_currency, *self.seat_terms.values()

    @property
    def seat_terms(self) -> dict[str, str]:
        """What it says of seats and time, by field."""
        return {
            "interval": self.interval,
            "heartbeat": self.heartbeat,
            "refund_unused": self.refund_unused,
            "once_per_user": self.once_per_user,
        }

    @property
    def all_tiers(self) -> tuple[Tier, ...]:
        """The tiers with the first, which begins at 0; none where the price is the same for every unit."""
        return (Tier(Decimal(0), self.tokens, self.per), *self.tiers) if self.tier_mode else ()

    @property
    def unit_prices(self) -> tuple[Fraction, ...]:
        """Tokens of one unit in each tier; none where a formula computes them."""
        if self.formula:
            return ()
        tiers = self.all_tiers or (Tier(Decimal(0), self.tokens, self.per),)
        return tuple(Fraction(tier.tokens) / Fraction(tier.per) for tier in tiers)

    def unit_price_beyond(self, quantity: Decimal) -> Fraction:
        """Tokens of one unit beyond this quantity of the month. Of a formula there is none: ValueError."""
        if self.formula:
            raise ValueError(f"{self.title} is computed by a formula.")
        begun = sum(1 for tier in self.all_tiers if tier.tier_from <= quantity)
        return self.unit_prices[max(begun - 1, 0)]

    @property
    def title(self) -> str:
        """The row in words, as in `chat.input (model=small)`."""
        return row_title(self.feature, self.dimensions)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of one row."""

    field: str
    detail: str


def row_title(feature: str, dimensions: Mapping[str, str]) -> str:
    if not dimensions:
        return feature
    return f"{feature} ({', '.join(f'{name}={value}' for name, value in sorted(dimensions.items()))})"


def faults(row: RateRow) -> list[Fault]:
    """Name every field of the row that no version may carry."""
    return [
        *_feature_faults(row),
        *_dimension_faults(row.dimensions),
        *_amount_faults(row),
        *[Fault(name, detail) for name, detail in tier_faults(row.tier_mode, row.tiers)],
        *_formula_faults(row),
        *[Fault(name, detail) for name, detail in seat_faults(row.seat_terms)],
        *_label_faults(row),
    ]


def _feature_faults(row: RateRow) -> list[Fault]:
    if not row.feature:
        return [Fault("feature", "A rate needs a feature.")]
    if CODE.fullmatch(row.feature) or PATTERN.fullmatch(row.feature):
        return []
    return [Fault("feature", f"{row.feature!r} is neither a code nor a pattern that ends in '*'.")]


def _dimension_faults(dimensions: Mapping[str, str]) -> list[Fault]:
    found = []
    if len(dimensions) > DIMENSIONS_A_ROW:
        found.append(Fault("dimensions", f"A rate has at most {DIMENSIONS_A_ROW} dimensions."))
    for name, value in dimensions.items():
        if not DIMENSION_NAME.fullmatch(name):
            found.append(Fault(f"dimension.{name}", f"{name!r} is not a name of a dimension."))
        elif not value or not _is_label(value, DIMENSION_VALUE_LENGTH):
            limit = f"1 to {DIMENSION_VALUE_LENGTH} printable characters, no blank at its ends"
            found.append(Fault(f"dimension.{name}", f"A value has {limit}."))
    return found


def _amount_faults(row: RateRow) -> list[Fault]:
    found = []
    amounts = {"tokens": row.tokens, "per": row.per, "minimum": row.minimum, "cost": row.cost}
    for name, amount in amounts.items():
        if amount is None:
            continue
        if not amount.is_finite() or abs(amount) >= PRICE_CEILING:
            found.append(Fault(name, f"{name} is not a number of at most 18 digits."))
        elif amount < 0:
            found.append(Fault(name, f"{name} is negative."))
        elif name == "per" and amount == 0:
            found.append(Fault(name, "per is zero."))
    if row.rounding not in ROUNDINGS:
        found.append(Fault("rounding", f"{row.rounding!r} is none of {', '.join(ROUNDINGS)}."))
    if row.cost_currency and not CURRENCY.fullmatch(row.cost_currency):
        found.append(Fault("cost_currency", f"{row.cost_currency!r} is not a currency of three letters."))
    return found


def _formula_faults(row: RateRow) -> list[Fault]:
    if not row.formula:
        return []
    if row.tokens or row.tier_mode or row.per != 1:
        return [Fault("formula", "A formula stands instead of a price, `per` and tiers.")]
    try:
        compile_formula(row.formula)
    except FormulaFault as fault:
        return [Fault("formula", str(fault))]
    return []


def _label_faults(row: RateRow) -> list[Fault]:
    found = []
    if row.product and not CODE.fullmatch(row.product):
        found.append(Fault("product", f"{row.product!r} is not a code."))
    for name, text, length in (("name", row.name, LABEL_LENGTH), ("unit", row.unit, UNIT_LENGTH)):
        if not _is_label(text, length):
            found.append(
                Fault(name, f"{name} has at most {length} printable characters, no blank at its ends.")
            )
    return found


def _is_label(text: str, length: int) -> bool:
    return len(text) <= length and text.isprintable() and text == text.strip()
