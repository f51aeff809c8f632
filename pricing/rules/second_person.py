"""When prices need a second person: what the rules say of a price list and of the one it takes over from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from config.kernel.amounts import plain
from pricing.rules.checks import Finding
from pricing.rules.costs import UnitCost
from pricing.rules.jumps import GONE, handed_over, index_of, jump
from pricing.rules.rows import RateRow

FINDINGS_SHOWN = 20

# What two rows may differ in without charging otherwise by more than a millionth of a token.
_LABELS = frozenset({"feature", "dimensions", "product", "name", "unit", "cost", "cost_currency", "rounding"})
_MEASURED = frozenset({"tokens", "per", "minimum", "tier_mode", "tiers"})


class Margin(Protocol):
    """What is left of a unit's price after its cost: a share of it, or None; and the reckoning in words."""

    @property
    def share(self) -> Decimal | None: ...
    @property
    def why(self) -> str: ...


MarginOf = Callable[[RateRow, UnitCost], Margin]


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to ask a second person: `jump`, `margin` or `sensitive`. share: per cent; none of the last."""

    kind: str
    share: Decimal | None = None

    @property
    def title(self) -> str:
        if self.kind == "jump":
            return f"a price that jumps by more than {plain(self.share or Decimal(0))} %"
        if self.kind == "margin":
            return f"a margin under {plain(self.share or Decimal(0))} %"
        return "whatever changes"


def reasons(
    rules: Iterable[Rule],
    rows: Sequence[RateRow],
    replaced: Sequence[RateRow],
    costs: Sequence[UnitCost],
    margin_of: MarginOf | None,
) -> list[Finding]:
    """Why these prices need a second person, none where they do not.

    Of several rules of a kind the strictest counts. costs: of a unit of each of `rows`, in their order.
    margin_of: None where nobody knows what a token is worth; what a rule can't judge needs a second person.
    """
    known = list(rules)
    found: list[Finding] = []
    if any(rule.kind == "sensitive" for rule in known):
        found.append(Finding("sensitive", "", "Whatever changes in this table needs a second person."))
    jumps = [rule.share for rule in known if rule.kind == "jump" and rule.share is not None]
    if jumps:
        found += _shortened(list(_jumps(rows, replaced, min(jumps))))
    margins = [rule.share for rule in known if rule.kind == "margin" and rule.share is not None]
    if margins:
        found += _shortened(list(_thin_margins(rows, costs, max(margins), margin_of)))
    return found


def _shortened(found: list[Finding]) -> list[Finding]:
    if len(found) <= FINDINGS_SHOWN:
        return found
    more = Finding(found[0].code, "", f"The same is true of {len(found) - FINDINGS_SHOWN} more rates.")
    return [*found[:FINDINGS_SHOWN], more]


def _jumps(rows: Sequence[RateRow], replaced: Sequence[RateRow], share: Decimal) -> Iterator[Finding]:
    """Prices that move by more than this per cent of what they were, up or down; one that is gone does."""
    for row, former, rate in handed_over(index_of(replaced), index_of(rows), (*replaced, *rows)):
        if rate is None:
            yield Finding("jump", row.feature, f"{row.title} {GONE}.")
        elif moved := _move(former, rate, Fraction(share) / 100):
            yield Finding("jump", row.feature, f"{row.title} {moved}, more than {plain(share)} %.")


def _move(former: RateRow, rate: RateRow, share: Fraction) -> str:
    """What moves by more: the price of a unit in any tier, the least price of a line, or the way of pricing itself."""
    others = {each.name for each in fields(RateRow)} - _LABELS - _MEASURED
    modes = {former.tier_mode, rate.tier_mode}
    if any(getattr(former, name) != getattr(rate, name) for name in others) or not (
        len(modes) == 1 or modes == {"", "graduated"}
    ):
        return "is priced in another way"
    if "package" in modes and _packs(former) != _packs(rate):
        return "is sold in other packs"
    if moved := jump(former, rate, share):
        return moved
    if abs(rate.minimum - former.minimum) > Fraction(former.minimum) * share:
        return f"goes from {plain(former.minimum)} to {plain(rate.minimum)} tokens a line at least"
    return ""


def _packs(row: RateRow) -> list[tuple[Decimal, Decimal]]:
    """Where tiers of packs begin, and how many units a pack has."""
    return [(tier.tier_from, tier.per) for tier in row.all_tiers]


def _thin_margins(
    rows: Sequence[RateRow], costs: Sequence[UnitCost], share: Decimal, margin_of: MarginOf | None
) -> Iterator[Finding]:
    """Rates that cost us something and leave less than this per cent of their price, or nobody knows what."""
    unknown: set[str] = set()
    for place, (row, cost) in enumerate(zip(rows, costs, strict=True)):
        if not cost.amount:
            continue
        if margin_of is None:
            yield Finding("margin", row.feature, "Nobody here knows what a token is worth.", place)
            return
        margin = margin_of(row, cost)
        if margin.share is None and (row.formula or any(row.unit_prices)):
            if margin.why in unknown:
                continue
            unknown.add(margin.why)
            detail = f"The margin of {row.title} and others alike can't be reckoned. {margin.why}"
        elif margin.share is None or margin.share * 100 < share:
            left = "nothing" if margin.share is None else f"{plain(margin.share * 100)} %"
            detail = f"{row.title} leaves {left}, under {plain(share)} %. {margin.why}"
        else:
            continue
        yield Finding("margin", row.feature, detail, place)
