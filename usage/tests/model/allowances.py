"""Allowances: units included in each window, exact at the line, what is unused carried over by rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from usage.tests.model.keeping import Hold, Rooms
from usage.tests.model.prices import covers
from usage.tests.model.windows import first_day, local_day, midnight, next_first_day

ZERO = Decimal(0)
Key = tuple[str, str, date]
"""Pattern, period and first day of a window."""
Use = tuple[int, Key, Decimal]
"""The place of a line, the window that covered of it, and how many units."""


@dataclass(frozen=True)
class Allowance:
    """units: none ends what was before it. carries: unused units that go into the next window."""

    pattern: str
    units: Decimal | None
    period: str
    anchor: date | None
    carries: Decimal
    begins: datetime
    ends: datetime | None

    @property
    def grid(self) -> tuple[str, str, int, int]:
        """Those whose windows begin on the same days count in the same windows."""
        first = self.anchor or date(2000, 1, 1)
        return self.pattern, self.period, first.day, first.month if self.period == "year" else 0

    @property
    def closeness(self) -> tuple[bool, int]:
        return not self.pattern.endswith("*"), len(self.pattern)


@dataclass
class Window:
    carried_in: Decimal = ZERO
    carried_out: Decimal = ZERO
    used: Decimal = ZERO
    is_turned: bool = False


@dataclass
class Allowances:
    """What one account has included. said: in the order in which it begins."""

    zone: str = "UTC"
    said: list[Allowance] = field(default_factory=list)
    windows: dict[Key, Window] = field(default_factory=dict)
    rooms: Rooms = field(default_factory=Rooms)

    def copy(self) -> Allowances:
        windows = {key: replace(window) for key, window in self.windows.items()}
        return Allowances(self.zone, list(self.said), windows, self.rooms.copy())

    def say(self, allowance: Allowance) -> None:
        self.said = sorted([*self.said, allowance], key=lambda each: each.begins)

    def at(self, occurred_at: datetime) -> list[Allowance]:
        """Those that cover usage of this instant: the last of each pattern, the closest pattern first."""
        last = {each.pattern: each for each in self.said if each.begins <= occurred_at}
        holding = [
            each
            for each in last.values()
            if each.units is not None and (each.ends is None or occurred_at < each.ends)
        ]
        return sorted(holding, key=lambda each: each.closeness, reverse=True)

    def cover(
        self,
        items: Sequence[tuple[str, Decimal]],
        occurred_at: datetime,
        now: datetime,
        hold: Hold | None = None,
    ) -> tuple[list[Decimal], list[Use]]:
        """What is covered of each (feature, quantity), and by which windows; uses nothing yet. hold: being captured."""
        self.turn(now)
        covered = [ZERO] * len(items)
        uses: list[Use] = []
        for each in self.at(occurred_at):
            key = self.key(each, local_day(self.zone, occurred_at))
            left = self.left(each, key, now, hold)
            for place, (feature, quantity) in enumerate(items):
                if covers(each.pattern, feature):
                    units = max(ZERO, min(left, quantity - covered[place]))
                    covered[place] += units
                    left -= units
                    uses += [(place, key, units)] if units else []
        return covered, uses

    def use(self, uses: Sequence[Use]) -> None:
        for _, key, units in uses:
            self.windows.setdefault(key, Window()).used += units

    def unuse(self, uses: Sequence[Use], now: datetime) -> None:
        """Give units back; what went into a later window stays there."""
        self.turn(now)
        for _, key, units in uses:
            self.windows[key].used -= units

    @staticmethod
    def key(each: Allowance, day: date) -> Key:
        return each.pattern, each.period, first_day(each.period, each.anchor, day)

    def left(self, each: Allowance, key: Key, at: datetime, hold: Hold | None = None) -> Decimal:
        """What neither debits have used nor holds that were open then keep, but for this one."""
        window = self.windows.get(key, Window())
        assert each.units is not None
        unused = each.units + window.carried_in - window.carried_out - window.used
        return unused - self.rooms.of_others(hold, key, at)

    def turn(self, now: datetime) -> None:
        """Let every window whose end has passed leave to the next one what its rule says, once."""
        for each in self._carrying(now):
            for key, following, ends_at in list(self._ended(each, now)):
                window = self.windows.setdefault(key, Window())
                if not window.is_turned:
                    window.is_turned = True
                    rule = self._rule(each, ends_at)
                    carried = max(ZERO, min(rule.carries, self.left(rule, key, ends_at))) if rule else ZERO
                    window.carried_out += carried
                    if carried:
                        self.windows.setdefault(following, Window()).carried_in += carried

    def _carrying(self, now: datetime) -> list[Allowance]:
        """The first rule of each grid that carries anything over."""
        first: dict[object, Allowance] = {}
        for each in self.said:
            if each.carries > 0 and each.begins <= now:
                first.setdefault(each.grid, each)
        return list(first.values())

    def _ended(self, each: Allowance, now: datetime) -> Iterator[tuple[Key, Key, datetime]]:
        """Windows from the one in which the rule began, each with the one after it and the instant between them."""
        day = first_day(each.period, each.anchor, local_day(self.zone, each.begins))
        while (following := next_first_day(each.period, each.anchor, day)) is not None:
            ends_at = midnight(self.zone, following)
            if ends_at > now:
                return
            yield (each.pattern, each.period, day), (each.pattern, each.period, following), ends_at
            day = following

    def _rule(self, of: Allowance, ends_at: datetime) -> Allowance | None:
        """The rule in force up to the end of a window, if it goes on there and counts in the same windows."""
        before = [each for each in self.said if each.pattern == of.pattern and each.begins < ends_at]
        last = before[-1] if before else None
        if last is None or last.grid != of.grid or last.units is None or not last.carries:
            return None
        return last if last.ends is None or last.ends >= ends_at else None
