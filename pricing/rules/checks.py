"""What publishing refuses, and what it only warns of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from config.kernel.amounts import plain
from pricing.rules.costs import UnitCost
from pricing.rules.jumps import GONE, handed_over, index_of, jump, price
from pricing.rules.rows import RateRow, faults
from pricing.rules.ties import ties

FAULTS_SHOWN = 100
WARNINGS_KEPT = 200
JUMP = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a version. `row` is the place of the row at fault, where there is one."""

    code: str
    feature: str
    detail: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands against publishing: refusals forbid it, warnings are recorded with it."""

    refusals: tuple[Finding, ...] = field(default=())
    warnings: tuple[Finding, ...] = field(default=())

    @property
    def is_publishable(self) -> bool:
        return not self.refusals


def judge(
    rows: Sequence[RateRow],
    *,
    replaced: Sequence[RateRow],
    costs: Sequence[UnitCost],
    features: Collection[str],
) -> Verdict:
    """Judge a price list against the rules and against the list it replaces.

    costs: of a unit of each of `rows`, in their order.
    features: the codes of the catalogue. A row for a code that is not among them is refused; a code that
    `replaced` prices and `rows` does not is warned of.
    """
    refusals = tuple(islice(_refusals(rows, features), FAULTS_SHOWN))
    return Verdict(refusals, () if refusals else _kept(tuple(_warnings(rows, replaced, costs, features))))


def _kept(warnings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if len(warnings) <= WARNINGS_KEPT:
        return warnings
    rest = len(warnings) - WARNINGS_KEPT
    return (*warnings[:WARNINGS_KEPT], Finding("more", "", f"There are {rest} more warnings."))


def _refusals(rows: Sequence[RateRow], features: Collection[str]) -> Iterator[Finding]:
    for place, row in enumerate(rows):
        for fault in faults(row):
            yield Finding("invalid_rate", row.feature, fault.detail, place)
        if not row.is_pattern and row.feature not in features:
            yield Finding("unknown_feature", row.feature, f"There is no feature {row.feature}.", place)
    for tie in ties(rows):
        yield Finding("tie", tie.feature, tie.detail, tie.second)


def _warnings(
    rows: Sequence[RateRow],
    replaced: Sequence[RateRow],
    costs: Sequence[UnitCost],
    features: Collection[str],
) -> Iterator[Finding]:
    if not rows and not replaced:
        yield Finding("no_rates", "", "It has no rates: whatever is used is refused.")
    before, after = index_of(replaced), index_of(rows)
    lost = [code for code in sorted(features) if before.prices(code) and not after.prices(code)]
    for feature in lost:
        yield _left_without_rate(feature, feature)
    for row, former, rate in handed_over(before, after, (*replaced, *rows)):
        if rate is not None:
            yield from _moves(row, former, rate)
        elif row.feature not in lost:
            yield _left_without_rate(row.feature, row.title)
    for place, (row, cost) in enumerate(zip(rows, costs, strict=True)):
        if 0 in row.unit_prices and cost.amount:
            detail = f"{row.title} is free and costs us {_cost(cost)}."
            yield Finding("negative_margin", row.feature, detail, place)


def _left_without_rate(feature: str, title: str) -> Finding:
    return Finding("left_without_rate", feature, f"{title} {GONE}.")


def _moves(row: RateRow, former: RateRow, rate: RateRow) -> Iterator[Finding]:
    """A price of a unit that changes by more than half of what it was, or one whose change nobody can read off."""
    if former.formula or rate.formula:
        if former.formula != rate.formula:
            detail = (
                f"{row.title} goes from {_way(former)} to {_way(rate)}; rehearse it to see what that means."
            )
            yield Finding("other_formula", row.feature, detail)
        return
    if rate.tier_mode == "package" and _packs(former) != _packs(rate):
        yield Finding("other_packs", row.feature, f"{row.title} is sold in other packs than before.")
    if moved := jump(former, rate, JUMP):
        yield Finding("jump", row.feature, f"{row.title} {moved}.")


def _packs(row: RateRow) -> set[Decimal]:
    return {tier.per for tier in row.all_tiers} if row.tier_mode == "package" else set()


def _way(row: RateRow) -> str:
    return f"the formula {row.formula}" if row.formula else f"{price(row.unit_prices[0])} tokens a unit"


def _cost(cost: UnitCost) -> str:
    amount = f"{plain(cost.amount or Decimal(0))} {cost.currency}".rstrip()
    return f"{amount} a unit, {cost.source}" if cost.source else f"{amount} a unit"
