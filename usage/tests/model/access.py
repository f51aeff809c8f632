"""What an account may use: said in dated facts, bought for a time, ended by a reversal."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from usage.tests.model.prices import covers


@dataclass(frozen=True)
class Said:
    """kind: open, closed, or none, which ends what was said before. debit: what opened it; of a none whose it ends."""

    pattern: str
    kind: str
    begins: datetime
    ends: datetime | None
    debit: int | None = None

    def holds(self, at: datetime) -> bool:
        return self.begins <= at and (self.ends is None or at < self.ends)

    @property
    def closeness(self) -> tuple[bool, int]:
        return not self.pattern.endswith("*"), len(self.pattern)


@dataclass(frozen=True)
class Opens:
    """What one unit of a feature opens. period: how many of hours, days or months."""

    pattern: str
    count: int
    of: str

    def after(self, start: datetime, periods: int) -> datetime:
        if self.of != "months":
            return start + timedelta(**{self.of: self.count * periods})
        month = start.month - 1 + self.count * periods
        year, month = start.year + month // 12, month % 12 + 1
        return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


@dataclass
class Access:
    """said: in the order in which it begins; what begins at one instant in the order of its saying."""

    said: list[Said] = field(default_factory=list)

    def copy(self) -> Access:
        return Access(list(self.said))

    def say(self, fact: Said) -> None:
        self.said = sorted([*self.said, fact], key=lambda each: each.begins)

    def is_open(self, feature: str, at: datetime) -> bool:
        by_closeness = sorted(
            {each.pattern: each for each in self.said if covers(each.pattern, feature)}.values(),
            key=lambda each: each.closeness,
            reverse=True,
        )
        verdicts = (self._verdict(each.pattern, at) for each in by_closeness)
        return next((verdict for verdict in verdicts if verdict is not None), True)

    def until(self, feature: str, at: datetime) -> datetime | None:
        """When what decides about the feature ends; what is opened again by the same pattern lasts on."""
        patterns = {each.pattern: each for each in self.said if covers(each.pattern, feature)}
        for pattern in sorted(patterns, key=lambda each: patterns[each].closeness, reverse=True):
            verdict = self._verdict(pattern, at)
            if verdict is not None:
                return self._end(pattern, at) if verdict else self._since_the_last_end(pattern, at)[0].ends
        return None

    def _end(self, pattern: str, at: datetime) -> datetime | None:
        """When a pattern stops to be open without a break."""
        while True:
            holding = [each for each in self._since_the_last_end(pattern, at)[1] if each.holds(at)]
            if not holding:
                return at
            if any(each.ends is None for each in holding):
                return None
            at = max(each.ends for each in holding)

    def mode(self, at: datetime) -> str:
        return "bought" if self._verdict("*", at) is False else "portfolio"

    def _verdict(self, pattern: str, at: datetime) -> bool | None:
        """Whether one pattern opens or closes; none: it says nothing."""
        last, since = self._since_the_last_end(pattern, at)
        if any(each.holds(at) for each in since):
            return True
        return False if last is not None and last.kind == "closed" and last.holds(at) else None

    def _since_the_last_end(self, pattern: str, at: datetime) -> tuple[Said | None, list[Said]]:
        """What last closed the pattern or ended what was said, and what was opened since and not reversed."""
        begun = [each for each in self.said if each.pattern == pattern and each.begins <= at]
        reversed_ones = {each.debit for each in begun if each.kind == "none" and each.debit is not None}
        ends = [n for n, each in enumerate(begun) if each.kind != "open" and each.debit is None]
        last = ends[-1] if ends else -1
        opened = [each for each in begun[last + 1 :] if each.kind == "open"]
        kept = [each for each in opened if each.debit is None or each.debit not in reversed_ones]
        return (begun[last] if ends else None), kept

    def buy(self, opens: Opens, quantity: Decimal, debit: int, now: datetime) -> None:
        """Open from now; or from where it stops to be open for a time."""
        start = now
        while True:
            _, opened = self._since_the_last_end(opens.pattern, start)
            ends = [each.ends for each in opened if each.ends is not None and each.ends > start]
            if not ends:
                break
            start = max(ends)
        self.say(Said(opens.pattern, "open", start, opens.after(start, int(quantity)), debit))

    def give_back(self, debit: int, now: datetime) -> None:
        """End what the debit opened and what has not ended yet."""
        opened = [each for each in self.said if each.debit == debit and each.kind == "open"]
        for pattern in {each.pattern for each in opened if each.ends and each.ends > now}:
            self.say(Said(pattern, "none", now, None, debit))
