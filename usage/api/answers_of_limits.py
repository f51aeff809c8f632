"""Budgets, allowances and access as callers are answered. `usage.queries.limits_told` makes them."""

from datetime import date, datetime
from typing import Literal

from usage.api.answered import AmountText, Answered, Id, TokenText

Said = Literal["open", "closed", "default"]


class BudgetValue(Answered):
    """What the present window has for one value. value: null where the usage says none, or none is asked for.

    held: kept by open holds. available: null where the budget is ended.
    """

    value: str | None
    spent: TokenText
    held: TokenText
    available: TokenText | None


class BudgetLimit(Answered):
    """How much a budget allows a window since an instant; null ended it."""

    tokens: TokenText | None
    hard: bool
    since: datetime
    reason: str | None


class Budget(BudgetLimit):
    """What it counts, the limit in force, and its present window; a total has one window without end.

    starts_on: in the account's time zone. values: the most used first. more_values: how many are not told.
    """

    code: str
    token: str
    feature: str
    subject: dict[str, str]
    dimensions: dict[str, str]
    per: str | None
    period: Literal["day", "week", "month", "total"]
    opened_at: datetime
    starts_on: date | None
    resets_at: datetime | None
    values: list[BudgetValue]
    more_values: int


class Budgets(Answered):
    """In the order of codes, those that are ended as well."""

    account: str
    as_of: datetime
    items: list[Budget]
    next: str | None


class OneBudget(Budget):
    """The same of one budget. limits: its history, the latest first, up to 100."""

    account: str
    as_of: datetime
    limits: list[BudgetLimit]


class AllowanceWindow(Answered):
    """The present window, in units. carried_in: from the window before. used: by debits. held: kept by open holds.

    starts_on: in the account's time zone; null where the window has neither a beginning nor an end.
    """

    starts_on: date | None
    carried_in: AmountText
    used: AmountText
    held: AmountText
    available: AmountText
    resets_at: datetime | None


class Allowance(Answered):
    """What a pattern includes, now or from later on. units: null where that ends it. window: of the present one."""

    pattern: str
    state: Literal["present", "scheduled"]
    units: AmountText | None
    period: Literal["day", "week", "month", "year", "total"]
    anchor: date | None
    carries: AmountText
    effective_from: datetime
    effective_until: datetime | None
    reason: str | None
    window: AllowanceWindow | None


class Allowances(Answered):
    """Those in force, the closest pattern first, then those that begin later, the next first."""

    account: str
    as_of: datetime
    items: list[Allowance]
    next: str | None


class OneAllowance(Answered):
    """What a pattern includes now, if anything, and later."""

    account: str
    as_of: datetime
    pattern: str
    present: Allowance | None
    scheduled: list[Allowance]


class AccessFact(Answered):
    """A dated fact. decides: whether it rules its pattern now. debit: what bought it; null where it was said."""

    pattern: str
    state: Said
    decides: bool
    effective_from: datetime
    effective_until: datetime | None
    debit: Id | None
    reason: str | None


class Access(Answered):
    """The facts in force by pattern, then those that begin later, the next first.

    entitlements: whether the account may use the whole portfolio, or what was bought.
    """

    account: str
    as_of: datetime
    entitlements: Literal["portfolio", "bought"]
    items: list[AccessFact]
    next: str | None


class OneAccess(Answered):
    """What is said of a pattern now, until when, and by which facts, those that begin later among them."""

    account: str
    as_of: datetime
    pattern: str
    state: Said
    effective_until: datetime | None
    facts: list[AccessFact]
