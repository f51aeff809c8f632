"""Tiers as files have them: a line each, joined to one rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pricing.rules.rows import RateRow, RowKey
from pricing.rules.seats import FIELDS as SEATS
from pricing.rules.tiers import Tier, tier_faults

Fault = tuple[int, str, str]
"""Line, column and sentence."""


@dataclass(frozen=True, slots=True)
class TierRow:
    """One line of a file. tier_from: the month's quantity beyond which its price holds; None where it says none."""

    line: int
    row: RateRow
    tier_from: Decimal | None

    @property
    def is_tier(self) -> bool:
        return self.tier_from is not None or bool(self.row.tier_mode)


def joined(parts: Sequence[TierRow]) -> tuple[list[RateRow], list[int], list[Fault]]:
    """The rates that the lines spell, beside each the line it begins on, and what is wrong with their tiers."""
    groups: dict[RowKey | int, list[TierRow]] = {}
    for part in parts:
        groups.setdefault(part.row.key if part.is_tier else part.line, []).append(part)
    rows, lines, faults = [], [], []
    for group in groups.values():
        found = list(_faults(group)) if group[0].is_tier else []
        faults += found
        if not found:
            rows.append(_rate(group) if group[0].is_tier else group[0].row)
            lines.append(group[0].line)
    return rows, lines, faults


def _rate(group: Sequence[TierRow]) -> RateRow:
    first, *others = sorted(group, key=_begins)
    costs = [part.row for part in group if part.row.cost is not None]
    return replace(
        first.row,
        tier_mode=_mode(group),
        tiers=tuple(Tier(_begins(part), part.row.tokens, part.row.per) for part in others),
        cost=costs[0].cost if costs else None,
        cost_currency=costs[0].cost_currency if costs else first.row.cost_currency,
        product=_first(part.row.product for part in group),
        name=_first(part.row.name for part in group),
        unit=_first(part.row.unit for part in group),
    )


def _first(texts: Iterable[str]) -> str:
    """The first that says anything."""
    return next(filter(None, texts), "")


def _begins(part: TierRow) -> Decimal:
    return part.tier_from or Decimal(0)


def _mode(group: Sequence[TierRow]) -> str:
    return _first(part.row.tier_mode for part in group)


def _faults(group: Sequence[TierRow]) -> Iterator[Fault]:
    mode, (first, *others) = _mode(group), sorted(group, key=_begins)
    for part in group:
        if part.row.formula:
            yield part.line, "formula", "A formula stands instead of a price, `per` and tiers."
        if part.row.tier_mode not in ("", mode):
            yield (
                part.line,
                "tier_mode",
                f"The tiers of {first.row.title} are counted in one way, not in two.",
            )
    if _begins(first):
        yield first.line, "tier_from", f"The first tier of {first.row.title} begins at 0."
    for former, part in zip((first, *others), others, strict=False):
        if _begins(former) == _begins(part):
            both = f"Two tiers of {first.row.title} begin at the same quantity; the other is on line {former.line}."
            yield part.line, "tier_from", both
            return
        for name in ("minimum", "rounding", *SEATS):
            if getattr(part.row, name) != getattr(first.row, name):
                yield part.line, name, f"All tiers of {first.row.title} carry the same {name}."
        if part.row.cost is not None and first.row.cost is not None and _cost(part.row) != _cost(first.row):
            yield part.line, "cost", f"A unit of {first.row.title} costs us the same in every tier."
    tiers = [Tier(_begins(part), part.row.tokens, part.row.per) for part in others]
    for name, detail in tier_faults(mode, tiers):
        yield first.line, name, detail


def _cost(row: RateRow) -> tuple[Decimal | None, str]:
    return row.cost, row.cost_currency
