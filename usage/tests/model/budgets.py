"""Budgets inside an account: tokens counted by whom, of what and when; hard ones refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from usage.tests.model.keeping import Rooms
from usage.tests.model.prices import covers
from usage.tests.model.windows import first_day, local_day

ZERO = Decimal(0)
Counter = tuple[str, str, date]
"""Code, value that is counted apart, first day of the window."""


@dataclass(frozen=True)
class Budget:
    code: str
    unit: str
    feature: str
    dimensions: tuple[tuple[str, str], ...]
    subject: tuple[tuple[str, str], ...]
    per: str
    period: str

    def counts(self, feature: str, dimensions: Mapping[str, str], subject: Mapping[str, str]) -> bool:
        return (
            covers(self.feature, feature)
            and self.dimensions == tuple(pair for pair in self.dimensions if pair in dimensions.items())
            and self.subject == tuple(pair for pair in self.subject if pair in subject.items())
        )


@dataclass(frozen=True)
class Taken:
    """What one request takes of one budget, and of which of its lines."""

    counter: Counter
    lines: tuple[int, ...]
    tokens: Decimal
    limit: Decimal
    is_hard: bool


@dataclass
class Budgets:
    """An account's budgets in the order of their opening, with the last limit of each; none: it has ended."""

    zone: str = "UTC"
    opened: dict[str, Budget] = field(default_factory=dict)
    limits: dict[str, tuple[Decimal | None, bool]] = field(default_factory=dict)
    spent: dict[Counter, Decimal] = field(default_factory=dict)
    told: set[tuple[Counter, Decimal]] = field(default_factory=set)
    rooms: Rooms = field(default_factory=Rooms)

    def copy(self) -> Budgets:
        counted = dict(self.spent), set(self.told), self.rooms.copy()
        return Budgets(self.zone, dict(self.opened), dict(self.limits), *counted)

    def gone(self, counter: Counter, now: datetime) -> Decimal:
        """What debits have spent and open holds keep."""
        return self.spent.get(counter, ZERO) + self.rooms.of_others(None, counter, now)

    def takes(
        self,
        unit: str,
        lines: Sequence[tuple[str, Mapping[str, str], Decimal]],
        subject: Mapping[str, str],
        occurred_at: datetime,
    ) -> list[Taken]:
        """What these lines (feature, dimensions, tokens) take of each budget that they fall under."""
        found = []
        for code, budget in self.opened.items():
            limit, is_hard = self.limits[code]
            places = [n for n, line in enumerate(lines) if budget.counts(line[0], line[1], subject)]
            if limit is not None and budget.unit == unit and places:
                day = first_day(budget.period, None, local_day(self.zone, occurred_at))
                counter = (code, subject.get(budget.per, "") if budget.per else "", day)
                tokens = sum((lines[place][2] for place in places), ZERO)
                found.append(Taken(counter, tuple(places), tokens, limit, is_hard))
        return found

    def passed(self, takes: Sequence[Taken], now: datetime) -> Taken | None:
        """The first hard one that would be passed."""
        over = [
            each
            for each in takes
            if each.is_hard and each.tokens > 0 and self.gone(each.counter, now) + each.tokens > each.limit
        ]
        return over[0] if over else None

    def take(self, takes: Sequence[Taken]) -> list[str]:
        """Count; answers what is to be told: each limit that was reached, once."""
        notices = []
        for each in takes:
            self.spent[each.counter] = self.spent.get(each.counter, ZERO) + each.tokens
            is_reached = self.spent[each.counter] >= each.limit and each.tokens > 0
            if is_reached and (each.counter, each.limit) not in self.told:
                self.told.add((each.counter, each.limit))
                notices.append(f"budget:{each.counter[0]}")
        return notices

    def give_back(self, takes: Sequence[Taken], taken_off: Sequence[Decimal]) -> None:
        """taken_off: what a reversal took off each line."""
        for each in takes:
            self.spent[each.counter] -= sum((taken_off[place] for place in each.lines), ZERO)
