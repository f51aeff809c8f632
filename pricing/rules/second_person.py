"""When prices need a second person: what the rules say of a price list and of the one it takes over from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from config.kernel.amounts import plain
from pricing.rules.checks import Finding
from pricing.rules.compiled import unit_price
from pricing.rules.matching import RateIndex
from pricing.rules.rows import RateRow

FINDINGS_SHOWN = 20

# What two rows may differ in without charging otherwise by more than a millionth of a token.
_LABELS = frozenset({"feature", "dimensions", "product", "name", "unit", "cost", "cost_currency", "rounding"})
_MEASURED = frozenset({"tokens", "per", "minimum"})


class Margin(Protocol):
    """What is left of a unit's price after its cost: a share of it, or None; and the reckoning in words."""

    @property
    def share(self) -> Decimal | None: ...
    @property
    def why(self) -> str: ...


MarginOf = Callable[[RateRow], Margin]


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
    margin_of: MarginOf | None,
) -> list[Finding]:
    """Why these prices need a second person, none where they do not.

    Of several rules of a kind the strictest counts. margin_of: None where nobody knows what a token is worth; what a
    rule can't judge needs a second person.
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
        found += _shortened(list(_thin_margins(rows, max(margins), margin_of)))
    return found


def _shortened(found: list[Finding]) -> list[Finding]:
    if len(found) <= FINDINGS_SHOWN:
        return found
    more = Finding(found[0].code, "", f"The same is true of {len(found) - FINDINGS_SHOWN} more rates.")
    return [*found[:FINDINGS_SHOWN], more]


def _jumps(rows: Sequence[RateRow], replaced: Sequence[RateRow], share: Decimal) -> Iterator[Finding]:
    """Prices that move by more than this per cent of what they were, up or down; one that is gone does."""
    now, before = _index(rows), _index(replaced)
    for row in {row.key: row for row in (*replaced, *rows)}.values():
        former, rate = before.best(row.feature, row.dimensions), now.best(row.feature, row.dimensions)
        if former is None:
            continue
        if rate is None:
            detail = f"{row.title} is priced now and would have no rate."
        elif _moves(former, rate, Fraction(share) / 100):
            change = f"goes from {_price(former)} to {_price(rate)} tokens a unit"
            same = _price(former) == _price(rate)
            detail = (
                f"{row.title} {'is priced in another way' if same else change}, more than {plain(share)} %."
            )
        else:
            continue
        yield Finding("jump", row.feature, detail)


def _moves(former: RateRow, rate: RateRow, share: Fraction) -> bool:
    """Whether the price of a unit or the least price of a line moves by more; any other way of pricing does."""
    others = {each.name for each in fields(RateRow)} - _LABELS - _MEASURED
    if any(getattr(former, name) != getattr(rate, name) for name in others):
        return True
    pairs = (
        (Fraction(former.tokens) / Fraction(former.per), Fraction(rate.tokens) / Fraction(rate.per)),
        (Fraction(former.minimum), Fraction(rate.minimum)),
    )
    return any(abs(after - before) > before * share for before, after in pairs)


def _thin_margins(rows: Sequence[RateRow], share: Decimal, margin_of: MarginOf | None) -> Iterator[Finding]:
    """Rates with a cost that leave less than this per cent of their price, or of which nobody knows what they leave."""
    unknown: set[str] = set()
    for place, row in enumerate(rows):
        if not row.cost:
            continue
        if margin_of is None:
            yield Finding("margin", row.feature, "Nobody here knows what a token is worth.", place)
            return
        margin = margin_of(row)
        if margin.share is None and row.tokens:
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


def _index(rows: Iterable[RateRow]) -> RateIndex[RateRow]:
    return RateIndex((row.feature, row.dimensions, row) for row in rows)


def _price(row: RateRow) -> str:
    return unit_price(row.tokens, row.per)
