"""Prices made of costs: which costs, for which features, at what markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing.rules.margins import Worth
from billing.rules.repricing import price_at, written
from pricing.rules.costs import CostLine
from pricing.rules.rows import RateRow

UNITS = (
    "token",
    "second",
    "image",
    "page",
    "query",
    "character",
    "pixel",
    "request",
    "call",
    "session",
    "credit",
)
TEXT = ("input", "output", "cached", "cache", "explicit", "reasoning", "citation")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which costs are priced. features: a feature's code by the code of the component, as in `input:batch`.

    providers, models: empty is every one; a model that ends in `*` is a beginning.
    """

    features: Mapping[str, str]
    providers: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()

    def takes(self, cost: CostLine) -> bool:
        if cost.key.code not in self.features or (self.providers and cost.provider not in self.providers):
            return False
        return not self.models or any(_matches(pattern, cost.model) for pattern in self.models)


@dataclass(frozen=True, slots=True)
class Pricing:
    """At what price. markup: what a cost is multiplied by. per: units of a price. digits: significant ones, at most."""

    markup: Fraction
    worth: Worth
    per: Decimal = Decimal(1_000_000)
    digits: int | None = 4


@dataclass(frozen=True, slots=True)
class PricedCosts:
    """The rows, and how many costs were left out, by why."""

    rows: Sequence[RateRow]
    left_out: Mapping[str, int]


FREE = "cost nothing, so that there is nothing to mark up"
GONE = "are of models that their provider has withdrawn"
NO_PRICE = "are in a currency without a rate, or too large to price"


def priced(costs: Iterable[CostLine], selection: Selection, pricing: Pricing, today: date) -> PricedCosts:
    """A rate for each cost taken, by feature in the order given and by model."""
    left_out: Counter[str] = Counter()
    rows: dict[str, list[RateRow]] = {feature: [] for feature in selection.features.values()}
    for cost in costs:
        if not selection.takes(cost):
            continue
        tokens = price_at(cost, pricing.per, pricing.worth, pricing.markup, pricing.digits)
        why = _passed_over(cost, today)
        if why or tokens is None:
            left_out[why or NO_PRICE] += 1
        else:
            feature = selection.features[cost.key.code]
            rows[feature].append(_row(cost, feature, tokens, pricing.per))
    found = [row for each in rows.values() for row in sorted(each, key=lambda row: row.dimensions["model"])]
    return PricedCosts(found, dict(left_out))


def merged(before: Iterable[RateRow], after: Sequence[RateRow]) -> list[RateRow]:
    """The rows as they are, with those that are priced anew in their place and new ones behind."""
    new = {row.key: row for row in after}
    kept = [new.pop(row.key, row) for row in before]
    return [*kept, *new.values()]


def unit_of(component: str) -> str:
    """What one quantity of a component is, for a feature that is made for it."""
    words = component.partition(":")[0].partition(">")[0].split("_")
    of_text = "token" if words[0] in TEXT else "unit"
    return next((word for word in reversed(words) if word in UNITS), of_text)


def _row(cost: CostLine, feature: str, tokens: Decimal, per: Decimal) -> RateRow:
    return RateRow(
        feature=feature,
        tokens=tokens,
        per=per,
        dimensions={"model": cost.model},
        cost=written(cost),
        cost_currency=cost.currency,
    )


def _passed_over(cost: CostLine, today: date) -> str:
    if not cost.cost:
        return FREE
    return GONE if cost.deprecated_on is not None and cost.deprecated_on <= today else ""


def _matches(pattern: str, model: str) -> bool:
    return model.startswith(pattern[:-1]) if pattern.endswith("*") else model == pattern
