"""What one version prices otherwise than another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pricing.rules.rows import RateRow, row_title
from pricing.rules.seats import FIELDS as SEATS
from pricing.rules.tiers import told

Kind = Literal["new", "removed", "changed"]
Value = Decimal | str | None

PRICED_FIELDS = (
    *("tokens", "per", "tier_mode", "tiers", "formula"),
    *("minimum", "rounding", "cost", "cost_currency"),
    *SEATS,
)
USUAL: dict[str, Value] = {"per": Decimal(1), "rounding": "half_up"}
LABELS = ("product", "name", "unit")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a row, before and after."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is new, removed or changed, with every field that differs.

    A new row's fields have no old value, a removed row's no new one.
    """

    kind: Kind
    feature: str
    dimensions: Mapping[str, str]
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        return row_title(self.feature, self.dimensions)

    @property
    def told(self) -> tuple[Change, ...]:
        """The fields worth a line; of a new or removed row only those that say something. A price of 0 does."""
        if self.kind == "changed":
            return self.changes
        is_computed = any(change.field == "formula" and (change.old or change.new) for change in self.changes)
        return tuple(
            change
            for change in self.changes
            if _says_something(change) and not (is_computed and change.field == "tokens")
        )


def _says_something(change: Change) -> bool:
    if change.field in ("tokens", "cost"):
        return True
    usual = USUAL.get(change.field)
    return any(value not in (None, "", 0, usual) for value in (change.old, change.new))


def differences(old: Iterable[RateRow], new: Iterable[RateRow]) -> list[Difference]:
    """Compare two price lists row by row, in the order of the new one, the removed rows last."""
    before = {row.key: row for row in old}
    found = []
    kept = set()
    for row in new:
        kept.add(row.key)
        former = before.get(row.key)
        if former is None:
            found.append(Difference("new", row.feature, dict(row.dimensions), _every_field(None, row)))
        elif changes := _changes(former, row):
            found.append(Difference("changed", row.feature, dict(row.dimensions), changes))
    for key, row in before.items():
        if key not in kept:
            found.append(Difference("removed", row.feature, dict(row.dimensions), _every_field(row, None)))
    return found


def price_alike(old: Iterable[RateRow], new: Iterable[RateRow]) -> bool:
    """Whether both lists charge every usage alike: the same rows at the same terms, in any order."""
    return {row.key: _meaning(row) for row in old} == {row.key: _meaning(row) for row in new}


def _meaning(row: RateRow) -> tuple[object, ...]:
    labels = (row.product, row.name, row.unit) if row.is_pattern else ()
    return (*row.terms, *labels)


def _changes(old: RateRow, new: RateRow) -> tuple[Change, ...]:
    fields = (*PRICED_FIELDS, *LABELS) if new.is_pattern else PRICED_FIELDS
    return _unlike(fields, old, new)


def _every_field(old: RateRow | None, new: RateRow | None) -> tuple[Change, ...]:
    return _unlike(PRICED_FIELDS, old, new)


def _unlike(fields: Iterable[str], old: RateRow | None, new: RateRow | None) -> tuple[Change, ...]:
    pairs = ((name, _value(old, name), _value(new, name)) for name in fields)
    return tuple(Change(name, before, after) for name, before, after in pairs if before != after)


def _value(row: RateRow | None, name: str) -> Value:
    """A field as people read it: tiers in words."""
    if row is None:
        return None
    value: Value = told(row.tiers) if name == "tiers" else getattr(row, name)
    return value
