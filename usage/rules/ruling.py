"""What an account's own rules say to a request: which budgets and allowances concern which of its lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from usage.rules.orders import Item

Subject = Mapping[str, object]
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class BudgetFact:
    """A budget as it stands in the books. tokens: in one window. per: a field each of whose values counts apart."""

    id: UUID
    code: str
    unit_id: int
    feature: str
    dimensions: Mapping[str, str]
    subject: Mapping[str, str]
    per: str
    period: str
    tokens: Decimal
    is_hard: bool

    def lines(self, items: Sequence[Item], subject: Subject) -> list[int]:
        """The numbers, from 1, of the items that it counts."""
        if any(subject.get(name) != value for name, value in self.subject.items()):
            return []
        return [place for place, item in enumerate(items, 1) if self._counts(item)]

    def _counts(self, item: Item) -> bool:
        return matches(self.feature, item.feature) and all(
            item.dimensions.get(name) == value for name, value in self.dimensions.items()
        )

    def value(self, subject: Subject) -> str:
        """What it counts the usage under; usage that does not say counts under nothing, together."""
        return str(subject.get(self.per, "")) if self.per else ""


@dataclass(frozen=True, slots=True)
class AllowanceFact:
    """An allowance as it stands in the books. units: None ends what was before it. carries: into the next window."""

    pattern: str
    units: Decimal | None
    period: str
    anchor: date | None
    carries: Decimal | None
    effective_from: datetime
    effective_until: datetime | None

    @property
    def windows(self) -> tuple[str, str, int, int]:
        """Which windows it counts in: facts whose windows begin on the same days share them."""
        first = self.anchor or FIRST_DAY
        return self.pattern, self.period, first.day, first.month if self.period == "year" else 1


def matches(pattern: str, feature: str) -> bool:
    """Whether a code or a pattern ending in `*` names the feature."""
    return feature.startswith(pattern[:-1]) if pattern.endswith("*") else feature == pattern


def allowances_at(facts: Sequence[AllowanceFact], moment: datetime) -> list[AllowanceFact]:
    """Those that cover usage of an instant, the most specific first. facts: in order of their starts and recording."""
    latest = {fact.pattern: fact for fact in facts if fact.effective_from <= moment}
    found = [
        fact
        for fact in latest.values()
        if fact.units is not None and (fact.effective_until is None or moment < fact.effective_until)
    ]
    return sorted(found, key=_specificity)


def _specificity(fact: AllowanceFact) -> tuple[bool, int]:
    return fact.pattern.endswith("*"), -len(fact.pattern)


def budgets(
    facts: Sequence[BudgetFact], unit_id: int, items: Sequence[Item], subject: Subject
) -> Iterator[dict[str, Any]]:
    """The budgets that a request in this unit falls under, as the database is told of them."""
    for fact in facts:
        lines = fact.lines(items, subject) if fact.unit_id == unit_id else []
        if lines:
            yield {
                "budget": fact.id,
                "code": fact.code,
                "value": fact.value(subject),
                "period": fact.period,
                "tokens": fact.tokens,
                "hard": fact.is_hard,
                "lines": lines,
            }


def allowances(
    facts: Sequence[AllowanceFact], items: Sequence[Item], moment: datetime
) -> Iterator[dict[str, Any]]:
    """The allowances that may cover items of a request, as the database is told, in the order in which they do."""
    carrying = {fact.windows for fact in facts if fact.carries}
    for fact in allowances_at(facts, moment):
        lines = [place for place, item in enumerate(items, 1) if matches(fact.pattern, item.feature)]
        if lines:
            yield {
                "pattern": fact.pattern,
                "period": fact.period,
                "anchor": fact.anchor,
                "units": fact.units,
                "carries": fact.windows in carrying,
                "lines": lines,
            }
