"""What a unit of a model costs us: one line of a list of costs, how it is named, and what a new list changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import NamedTuple

from config.kernel.amounts import COST_PLACES, EXACT
from pricing.rules.rows import CURRENCY, DIMENSION_VALUE_LENGTH, Fault, RateRow
from pricing.rules.tiers import PRICE_CEILING

COMPONENT = re.compile(r"[a-z0-9][a-z0-9_.]{0,63}", re.ASCII)
TIER = re.compile(r"[a-z0-9_]{0,32}", re.ASCII)
CODE_PATTERN = r"^([a-z0-9][a-z0-9_.]{0,63}(:[a-z0-9_]{1,32})?(>[1-9][0-9]{0,17})?)?$"
CODE_WORDING = "A cost component is written as input, input:batch, input>200000 or input:batch>200000."
PROVIDER_LENGTH = 128
LARGEST_THRESHOLD = 10**18

# Beyond this share of itself a figure is not rounded to 20 decimals: that would be another figure.
NOISE = Decimal("1e-9")
_LAST_PLACE = Decimal(1).scaleb(-COST_PLACES)


class CostKey(NamedTuple):
    """Which cost: of one model, one component, one service tier, beyond one threshold."""

    model: str
    component: str
    tier: str = ""
    above: int = 0

    @property
    def code(self) -> str:
        """The component as a feature names it, as in `input:batch>200000`."""
        return cost_code(self.component, self.tier, self.above)

    @property
    def part(self) -> str:
        """The component in words, as in `input (batch, above 200,000)`."""
        parts = [self.tier.replace("_", " ")] if self.tier else []
        parts += [f"above {self.above:,}"] if self.above else []
        narrowed = f" ({', '.join(parts)})" if parts else ""
        return f"{self.component}{narrowed}"

    @property
    def title(self) -> str:
        """The cost in words, as in `gpt-4.1 input (batch, above 200,000)`."""
        return f"{self.model} {self.part}"


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one unit of a component of a model costs us, in `currency`.

    provider: who sells it to us. tier: of service, such as batch; empty is the standard one.
    above: the figure holds for calls beyond so many tokens (of a search: results). deprecated_on: withdrawn that day.
    """

    provider: str
    model: str
    component: str
    cost: Decimal
    currency: str
    tier: str = ""
    above: int = 0
    deprecated_on: date | None = None

    @property
    def key(self) -> CostKey:
        return CostKey(self.model, self.component, self.tier, self.above)

    @property
    def title(self) -> str:
        """Which cost it is, in words, as in `the cost of gpt-4.1 input at openai`."""
        return f"the cost of {self.key.title} at {self.provider}"


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one unit of a rate costs us, and where that figure stands: what the rate says, else what its model costs.

    own: what the rate says, in `own_currency`. listed: what its model costs, whether or not the rate says a cost.
    """

    own: Decimal | None
    own_currency: str = ""
    listed: CostLine | None = None

    @property
    def taken(self) -> CostLine | None:
        """What the model costs, where that counts: the rate says none."""
        return self.listed if self.own is None else None

    @property
    def amount(self) -> Decimal | None:
        """The figure that counts; None where nobody knows."""
        return self.taken.cost if self.taken else self.own

    @property
    def currency(self) -> str:
        """Of the figure that counts; an empty one is the reporting one."""
        return self.taken.currency if self.taken else self.own_currency

    @property
    def source(self) -> str:
        """Which cost of a model it is, in words; empty where the rate says it."""
        return self.taken.title if self.taken else ""


@dataclass(frozen=True, slots=True)
class CostChange:
    """A line before and after; a new one has no before, one that is gone no after."""

    old: CostLine | None
    new: CostLine | None

    @property
    def key(self) -> CostKey:
        found = self.new or self.old
        assert found is not None
        return found.key

    @property
    def share(self) -> Decimal | None:
        """By what share of the old figure it changed; None where there is none to compare with."""
        if (
            self.old is None
            or self.new is None
            or not self.old.cost
            or self.old.currency != self.new.currency
        ):
            return None
        return EXACT.divide(self.new.cost - self.old.cost, self.old.cost)


@dataclass(frozen=True, slots=True)
class Redated:
    """A model that is to be withdrawn on another day than the list before it said, or no longer."""

    model: str
    old: date | None
    new: date | None


@dataclass(frozen=True, slots=True)
class CostChanges:
    """What a list changes against what stood before. restated: lines whose figure stays and whose labels don't."""

    new: tuple[CostChange, ...] = ()
    changed: tuple[CostChange, ...] = ()
    gone: tuple[CostChange, ...] = ()
    restated: tuple[CostChange, ...] = ()
    redated: tuple[Redated, ...] = ()

    @property
    def are_none(self) -> bool:
        return not (self.new or self.changed or self.gone or self.restated)


def unit_cost(row: RateRow, listed: CostLine | None = None) -> UnitCost:
    """What the row says of its cost, beside what its model costs."""
    return UnitCost(row.cost, row.cost_currency, listed)


def cost_code(component: str, tier: str = "", above: int = 0) -> str:
    return f"{component}{f':{tier}' if tier else ''}{f'>{above}' if above else ''}"


def kept(figure: Decimal) -> Decimal:
    """The figure to 20 decimals, which ends the noise of binary fractions (5.0000000000000004E-8 is 5E-8).

    Raises ValueError with a sentence where it is no cost, or where rounding would change more than a billionth of it.
    """
    if not figure.is_finite() or figure >= PRICE_CEILING:
        raise ValueError("is not a number of at most 18 digits before the point.")
    if figure < 0:
        raise ValueError("is negative.")
    with localcontext(EXACT):
        is_tiny = figure and figure.adjusted() < -COST_PLACES
        rounded = Decimal(0) if is_tiny else figure.quantize(_LAST_PLACE)
        if is_tiny or abs(rounded - figure) > figure * NOISE:
            raise ValueError(f"needs more than {COST_PLACES} decimals.")
    return rounded


def faults(line: CostLine) -> list[Fault]:
    """Name every field of the line that no cost may carry."""
    found = []
    if not line.model or not _is_name(line.model, DIMENSION_VALUE_LENGTH):
        limit = f"1 to {DIMENSION_VALUE_LENGTH} printable characters, no blank at its ends"
        found.append(Fault("model", f"A model's name has {limit}."))
    if not line.provider or not _is_name(line.provider, PROVIDER_LENGTH):
        found.append(Fault("provider", f"A provider's name has 1 to {PROVIDER_LENGTH} printable characters."))
    if not COMPONENT.fullmatch(line.component):
        found.append(Fault("component", "A component is a word such as input, output or cached_input."))
    if not TIER.fullmatch(line.tier):
        found.append(Fault("tier", "A tier is a word such as batch, flex or priority."))
    if not 0 <= line.above < LARGEST_THRESHOLD:
        found.append(Fault("above", "A threshold is a whole number of at most 18 digits."))
    if not CURRENCY.fullmatch(line.currency):
        found.append(Fault("currency", f"{line.currency!r} is not a currency of three letters."))
    try:
        kept(line.cost)
    except ValueError as refusal:
        found.append(Fault("cost", f"The cost {refusal}"))
    return found


def compare(
    before: Mapping[CostKey, CostLine], after: Iterable[CostLine], *, is_partial: bool = False
) -> CostChanges:
    """Tell what the lines of a list change, in the list's order, what is gone last.

    is_partial: what the list does not name stays as it is.
    """
    new, changed, restated = [], [], []
    named = set()
    dates: dict[str, Redated] = {}
    for line in after:
        named.add(line.key)
        former = before.get(line.key)
        change = CostChange(former, line)
        if former is None:
            new.append(change)
        elif (former.cost, former.currency) != (line.cost, line.currency):
            changed.append(change)
        elif former != line:
            restated.append(change)
        if former is not None and former.deprecated_on != line.deprecated_on:
            dates[line.model] = Redated(line.model, former.deprecated_on, line.deprecated_on)
    gone = [] if is_partial else [CostChange(line, None) for key, line in before.items() if key not in named]
    return CostChanges(tuple(new), tuple(changed), tuple(gone), tuple(restated), tuple(dates.values()))


def _is_name(text: str, length: int) -> bool:
    return len(text) <= length and text.isprintable() and text == text.strip()
