"""The tab of limits: budgets and included units as bars, what the account may use, and what it reached lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.queries.crossings import crossings_since
from usage.queries.limits_shown import access_of, allowances_of, budgets_of
from usage.rules.limits_shown import AllowanceShown, BudgetShown, ValueShown
from wallets.models import Account

SHOWN = timedelta(days=30)
CROSSINGS_SHOWN = 50
BUDGETS_SHOWN = 50
NEARLY = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class Bar:
    """What is taken of a whole, in percent of its width. tone: `full`, `near`, or empty."""

    used: str
    held: str
    tone: str


@dataclass(frozen=True, slots=True)
class ValueBar:
    shown: ValueShown
    bar: Bar


@dataclass(frozen=True, slots=True)
class BudgetBars:
    shown: BudgetShown
    rows: list[ValueBar]


@dataclass(frozen=True, slots=True)
class AllowanceBar:
    shown: AllowanceShown
    bar: Bar


def shown(account: Account, now: datetime, wanted: str = "") -> dict[str, Any]:
    """What the tab shows. wanted: a part of the names of budgets; empty is all, the first of which are shown."""
    budgets = [bars_of(each) for each in budgets_of(account.pk, now)]
    found = [each for each in budgets if wanted.lower() in each.shown.code.lower()]
    present = [each for each in found if not each.shown.is_ended]
    ended = [each for each in found if each.shown.is_ended]
    allowances = allowances_of(account.pk, now)
    return {
        "wanted": wanted,
        "has_many": len(budgets) > BUDGETS_SHOWN,
        "budgets": present[:BUDGETS_SHOWN],
        "more_budgets": len(present[BUDGETS_SHOWN:]),
        "ended_budgets": ended[:BUDGETS_SHOWN],
        "ended_in_all": len(ended),
        "included": [_of_allowance(each) for each in allowances.present],
        "included_ahead": allowances.scheduled,
        "access": access_of(account.pk, now),
        "crossings": crossings_since(account.pk, now - SHOWN, CROSSINGS_SHOWN),
    }


def bars_of(budget: BudgetShown) -> BudgetBars:
    """A bar for each value of a budget."""
    return BudgetBars(budget, [ValueBar(each, _of_value(each)) for each in budget.values])


def _of_value(value: ValueShown) -> Bar:
    return bar(value.spent, value.held, value.spent + value.held if value.limit is None else value.limit)


def _of_allowance(allowance: AllowanceShown) -> AllowanceBar:
    assert allowance.window is not None
    return AllowanceBar(allowance, bar(allowance.window.used, allowance.window.held, allowance.total))


def bar(used: Decimal, held: Decimal, whole: Decimal) -> Bar:
    """used, held: of the whole, in its unit; where they are more than it, they fill the bar between them."""
    taken = used + held
    if taken <= 0:
        return Bar("0", "0", "" if whole else "full")
    scale = max(whole, taken)
    tone = "full" if taken >= whole else "near" if taken >= whole * NEARLY else ""
    return Bar(_percent(used, scale), _percent(held, scale), tone)


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part * 100 / whole:.2f}"
