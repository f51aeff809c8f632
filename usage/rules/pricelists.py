"""A price list as one account sees it: the rates, and in their place its own prices where it has any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from config.kernel.amounts import EXACT
from pricing.rules.matching import RateIndex
from pricing.rules.rows import RateRow, RowKey
from pricing.rules.tiers import Tier
from usage.rules.overrides import OverrideFact


@dataclass(frozen=True, slots=True)
class SeenRate:
    """A row of the list. override: the account's own price, by which `row` is priced already."""

    row: RateRow
    override: OverrideFact | None = None


def seen(rows: Sequence[RateRow], own: Sequence[OverrideFact]) -> list[SeenRate]:
    """The rates in their order, and behind each the usage of it for which an override speaks of less than all.

    own: those in force. Of any usage the row that fits it best tells what a debit would charge.
    """
    if not own:
        return [SeenRate(row) for row in rows]
    rates = RateIndex((row.feature, row.dimensions, row) for row in rows)
    overrides = RateIndex((each.feature, each.dimensions, each) for each in own)
    found: dict[RowKey, SeenRate] = {}
    for row in rows:
        for feature, dimensions in ((row.feature, row.dimensions), *_narrowed(row, own)):
            key = feature, frozenset(dimensions.items())
            rate = rates.best(feature, dimensions)
            if key not in found and rate is not None:
                override = overrides.best(feature, dimensions)
                found[key] = SeenRate(_at(rate, feature, dimensions, override), override)
    return list(found.values())


def _narrowed(row: RateRow, own: Sequence[OverrideFact]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Usage that both the row and an override match, where that is not all that the row matches."""
    for each in own:
        feature = _both(row.feature, each.feature)
        dimensions = {**row.dimensions, **each.dimensions}
        agrees = len(dimensions) == len(row.dimensions.items() | each.dimensions.items())
        if feature is not None and agrees:
            yield feature, dimensions


def _both(one: str, other: str) -> str | None:
    """The feature or pattern that matches what both match."""
    narrow, wide = sorted((one, other), key=lambda each: (each.endswith("*"), -len(each)))
    if wide.endswith("*") and narrow.rstrip("*").startswith(wide[:-1]):
        return narrow
    return narrow if narrow == wide else None


def _at(row: RateRow, feature: str, dimensions: Mapping[str, str], override: OverrideFact | None) -> RateRow:
    named = replace(row, feature=feature, dimensions=dimensions)
    if override is None:
        return named
    if override.tokens is not None and override.per is not None:
        return replace(named, tokens=override.tokens, per=override.per, tier_mode="", tiers=(), formula="")
    factor = override.factor or Decimal(0)
    if row.formula and factor:
        return named
    return replace(
        named,
        tokens=EXACT.multiply(row.tokens, factor),
        tiers=tuple(Tier(t.tier_from, EXACT.multiply(t.tokens, factor), t.per) for t in row.tiers),
        formula="",
    )
