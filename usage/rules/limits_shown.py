"""What an account may use and how far, as people read it: budgets, allowances, access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class LimitShown:
    """How much a budget allows a window. tokens: None, and the budget is ended. since: when that was recorded."""

    tokens: Decimal | None
    is_hard: bool
    since: datetime
    set_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ValueShown:
    """What the present window has for one value. value: empty of usage that does not carry the field.

    held: kept by open holds. left: None where the budget is ended. beyond: spent more than the limit, which soft
    budgets let pass.
    """

    value: str
    spent: Decimal
    held: Decimal
    limit: Decimal | None

    @property
    def left(self) -> Decimal | None:
        return None if self.limit is None else max(self.limit - self.spent - self.held, NOTHING)

    @property
    def beyond(self) -> Decimal:
        return NOTHING if self.limit is None else max(self.spent - self.limit, NOTHING)


@dataclass(frozen=True, slots=True)
class BudgetShown:
    """A budget, the limit that holds, and its present window. starts_on, resets_at: None where it never ends.

    values: the most used first. others: how many more there are.
    """

    id: UUID
    code: str
    token: str
    feature: str
    dimensions: Mapping[str, str]
    subject: Mapping[str, str]
    per: str
    period: str
    opened_at: datetime
    limit: LimitShown
    starts_on: date | None
    resets_at: datetime | None
    values: Sequence[ValueShown]
    others: int

    @property
    def is_ended(self) -> bool:
        return self.limit.tokens is None


@dataclass(frozen=True, slots=True)
class WindowShown:
    """The present window of an allowance, in units. used: by debits. held: kept by open holds.

    goes_on: what would go into the next window if nothing more were used. starts_on, resets_at: None where it never
    ends.
    """

    starts_on: date | None
    carried_in: Decimal
    used: Decimal
    held: Decimal
    left: Decimal
    goes_on: Decimal
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class AllowanceShown:
    """An allowance by the fact that holds. units: None of a scheduled one that ends it.

    window: None before it begins.
    """

    pattern: str
    units: Decimal | None
    period: str
    anchor: date | None
    carries: Decimal
    effective_from: datetime
    effective_until: datetime | None
    recorded_at: datetime
    set_by: str
    reason: str
    window: WindowShown | None

    @property
    def total(self) -> Decimal:
        """What the present window has in all."""
        if self.units is None or self.window is None:
            return NOTHING
        return self.units + self.window.carried_in


@dataclass(frozen=True, slots=True)
class Allowances:
    """Those in force, the closest pattern first, and those that begin later, the next first."""

    present: Sequence[AllowanceShown]
    scheduled: Sequence[AllowanceShown]


@dataclass(frozen=True, slots=True)
class AccessShown:
    """A fact of access. debit_id: what bought it; otherwise `set_by` said it, for `reason`.

    decides: whether it is the one that rules its pattern now.
    """

    pattern: str
    kind: str
    effective_from: datetime
    effective_until: datetime | None
    recorded_at: datetime
    set_by: str
    reason: str
    debit_id: UUID | None
    decides: bool


@dataclass(frozen=True, slots=True)
class AccessOf:
    """mode: `portfolio` or `bought`. present: what holds, by pattern. scheduled: what begins later, the next first."""

    mode: str
    present: Sequence[AccessShown]
    scheduled: Sequence[AccessShown]
