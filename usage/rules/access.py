"""What an account may use: which dated facts have a say at an instant, and what a purchase opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.errors import InvalidRequest
from usage.rules.answers import instant, instant_or_none
from usage.rules.orders import Item

PERIOD_PATTERN = r"^P([1-9][0-9]{0,3}D|[1-9][0-9]{0,2}[WM]|[1-9][0-9]?Y|T[1-9][0-9]{0,3}[HM])$"
PERIOD_WORDING = (
    "A period is days, weeks, months, years, hours or minutes by ISO 8601: P30D, P2W, P1M, P1Y, PT12H, PT30M."
)
MOST_PERIODS = 100
"""How many periods may be bought with one line."""
PERIOD_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year", "TH": "hour", "TM": "minute"}
EVERYTHING = "*"
PORTFOLIO, BOUGHT = "portfolio", "bought"


@dataclass(frozen=True, slots=True)
class AccessFact:
    """One fact as it stands in the books. debit_id: what opened it; of a `none` whose opening it ends."""

    pattern: str
    kind: str
    effective_from: datetime
    effective_until: datetime | None
    debit_id: UUID | None = None

    def is_in_force(self, moment: datetime) -> bool:
        """Whether it holds for usage of an instant, as long as nothing ended it."""
        return self.effective_from <= moment and (
            self.effective_until is None or moment < self.effective_until
        )

    @property
    def told(self) -> dict[str, Any]:
        """As a refusal carries it."""
        return {
            "pattern": self.pattern,
            "kind": self.kind,
            "effective_from": instant(self.effective_from),
            "effective_until": instant_or_none(self.effective_until),
        }


@dataclass(frozen=True, slots=True)
class UnlockFact:
    """What one unit charged of a feature opens, and for how long, by ISO 8601."""

    pattern: str
    period: str


class Says:
    """What the facts of an account say of its usage of one instant.

    facts: in order of their starts, then of their recording.
    """

    __slots__ = ("_exact", "_patterns")

    def __init__(self, facts: Sequence[AccessFact], moment: datetime) -> None:
        by_pattern: dict[str, list[AccessFact]] = {}
        for fact in facts:
            if fact.effective_from <= moment:
                by_pattern.setdefault(fact.pattern, []).append(fact)
        said = {pattern: _say(found, moment) for pattern, found in by_pattern.items()}
        self._exact = {pattern: fact for pattern, fact in said.items() if fact is not None}
        wide = [pattern for pattern in self._exact if pattern.endswith("*")]
        self._patterns = sorted(wide, key=len, reverse=True)

    def about(self, feature: str) -> AccessFact | None:
        """The fact that decides about a feature; None: nothing is said, and it is open."""
        found = self._exact.get(feature)
        if found is None:
            for pattern in self._patterns:
                if feature.startswith(pattern[:-1]):
                    return self._exact[pattern]
        return found

    def of(self, pattern: str) -> AccessFact | None:
        """The fact that decides within one pattern; None: nothing is said by it."""
        return self._exact.get(pattern)

    def refuses(self, feature: str) -> AccessFact | None:
        """The fact that closes a feature, None where it is open."""
        found = self.about(feature)
        return found if found is not None and found.kind == "closed" else None

    @property
    def mode(self) -> str:
        """Whether the account may use all there is or only what was opened for it."""
        found = self.of(EVERYTHING)
        return BOUGHT if found is not None and found.kind == "closed" else PORTFOLIO


def _say(facts: Sequence[AccessFact], moment: datetime) -> AccessFact | None:
    """Which fact of one pattern decides: the open one that lasts longest, else the closed one. All have begun."""
    holding = _holding(facts, moment)
    return max(holding, key=_lasting) if holding else None


def _holding(facts: Sequence[AccessFact], moment: datetime) -> list[AccessFact]:
    """The facts of one pattern that hold: open ones side by side, else the closed one. All have begun."""
    ended = {fact.debit_id for fact in facts if fact.kind == "none" and fact.debit_id is not None}
    closed: AccessFact | None = None
    open_ones: list[AccessFact] = []
    for fact in facts:
        if fact.kind == "open":
            open_ones.append(fact)
        elif fact.debit_id is None:
            closed, open_ones = fact, []
    holding = [
        fact
        for fact in open_ones
        if fact.is_in_force(moment) and (fact.debit_id is None or fact.debit_id not in ended)
    ]
    if not holding and closed is not None and closed.kind == "closed" and closed.is_in_force(moment):
        return [closed]
    return holding


def holding(facts: Sequence[AccessFact], moment: datetime) -> list[AccessFact]:
    """All that hold at an instant, pattern by pattern. facts: in order of their starts, then of their recording."""
    begun = [fact for fact in facts if fact.effective_from <= moment]
    patterns = sorted({fact.pattern for fact in begun})
    return [
        fact
        for pattern in patterns
        for fact in _holding([each for each in begun if each.pattern == pattern], moment)
    ]


def ahead(facts: Sequence[AccessFact], moment: datetime) -> list[AccessFact]:
    """Those that begin after an instant and that nothing has replaced or ended. facts: as `holding` takes them."""
    ended = {
        (fact.debit_id, fact.pattern) for fact in facts if fact.kind == "none" and fact.debit_id is not None
    }
    last = {
        (fact.pattern, fact.effective_from): place
        for place, fact in enumerate(facts)
        if fact.kind != "open" and fact.debit_id is None
    }
    return [
        fact
        for place, fact in enumerate(facts)
        if fact.effective_from > moment
        and (fact.kind == "open" or fact.debit_id is None)
        and (fact.debit_id, fact.pattern) not in ended
        and place >= last.get((fact.pattern, fact.effective_from), 0)
    ]


def _lasting(fact: AccessFact) -> tuple[bool, datetime]:
    return fact.effective_until is None, fact.effective_until or fact.effective_from


def denied(facts: Sequence[AccessFact], items: Sequence[Item], moment: datetime) -> dict[str, Any]:
    """The first item that the account may not use, as the database is told of it; nothing where it may use all."""
    if not facts:
        return {}
    says = Says(facts, moment)
    for place, item in enumerate(items, 1):
        found = says.refuses(item.feature)
        if found is not None:
            return {"denied": found.told, "denied_line": place}
    return {}


def unlocks(known: Mapping[str, UnlockFact], items: Sequence[Item]) -> Iterator[dict[str, Any]]:
    """What a request would open, as the database is told of it. known: by the code of the feature.

    Raises InvalidRequest where a part of a period is asked for, or too many.
    """
    for place, item in enumerate(items):
        fact = known.get(item.feature)
        if fact is not None:
            yield {
                "pattern": fact.pattern,
                "period": fact.period,
                "periods": _periods(item.quantity, place),
            }


def period_words(period: str) -> str:
    """A period for people: `P30D` is "30 days"."""
    count = "".join(sign for sign in period if sign.isdigit())
    unit = PERIOD_UNITS[period.replace(count, "").removeprefix("P")]
    return f"{count} {unit}{'' if count == '1' else 's'}"


def _periods(quantity: Decimal, place: int) -> int:
    if quantity != quantity.to_integral_value() or quantity > MOST_PERIODS:
        raise InvalidRequest.at(
            f"/items/{place}/quantity", f"This is sold by whole periods, at most {MOST_PERIODS} at once."
        )
    return int(quantity)
