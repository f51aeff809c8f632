"""How much an allowance has left now: the turns of windows that nobody has noticed yet, done in thought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from usage.rules.ruling import AllowanceFact

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A window as it stands in the books. ends_at: None where it never ends."""

    start: date
    ends_at: datetime | None
    carried_in: Decimal
    carried_out: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Included:
    """What an allowance includes in its present window, with what came from the one before, and how much is used."""

    pattern: str
    units: Decimal
    used: Decimal
    resets_at: datetime | None

    @property
    def left(self) -> Decimal:
        return max(self.units - self.used, NOTHING)


def included(
    fact: AllowanceFact, facts: Sequence[AllowanceFact], rows: Sequence[WindowRow], now: datetime
) -> Included:
    """What `usage_roll_v1` would leave to the present window of an allowance in force.

    facts: all of the account, in order of their starts and recording. rows: the windows from the first that was not
    turned yet to the present one.
    """
    assert fact.units is not None
    carried = NOTHING
    for row in rows[:-1]:
        rule = _rule(fact, facts, row.ends_at, now)
        carried = NOTHING if rule is None else _carried(rule, row, carried)
    present = rows[-1]
    units = fact.units + present.carried_in + carried - present.carried_out
    return Included(fact.pattern, units, present.used, present.ends_at)


def going_on(present: Included, fact: AllowanceFact, facts: Sequence[AllowanceFact]) -> Decimal:
    """What of an allowance's present window would go into the next one, were nothing of it used any more."""
    rule = _rule(fact, facts, present.resets_at, present.resets_at)
    if rule is None:
        return NOTHING
    assert fact.units is not None
    assert rule.units is not None
    assert rule.carries is not None
    left = rule.units + present.units - fact.units - present.used
    return max(min(rule.carries, left), NOTHING)


def _carried(rule: AllowanceFact, row: WindowRow, came_in: Decimal) -> Decimal:
    assert rule.units is not None
    assert rule.carries is not None
    left = rule.units + row.carried_in + came_in - row.carried_out - row.used
    return max(min(rule.carries, left), NOTHING)


def _rule(
    of: AllowanceFact, facts: Sequence[AllowanceFact], ends_at: datetime | None, now: datetime | None
) -> AllowanceFact | None:
    """The rule in force up to the end of a window, where it goes on, in the same windows, and carries anything."""
    if ends_at is None or now is None:
        return None
    last: AllowanceFact | None = None
    for fact in facts:
        if fact.pattern == of.pattern and fact.effective_from < ends_at and fact.effective_from <= now:
            last = fact
    if last is None or last.windows != of.windows or last.units is None or not last.carries:
        return None
    return last if last.effective_until is None or last.effective_until >= ends_at else None
