"""A customer with budgets and allowances: counted, covered, given back, carried over, and kept for a hold."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from usage.models import AllowanceWindow, BudgetCount
from usage.services import limiting, reversing
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.tests.held import a_hold, capture
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def limit(shop: Shop) -> dict[str, Any]:
    """Names of what was written."""
    family = shop.an_account(MARCH)
    a_grant(family, "1000", now=MARCH)
    included = AllowanceOrder(
        pattern=shop.chat, units=Decimal(50), period="month", carries=Decimal(20), effective_from=None
    )
    limiting.include(account_id=family.pk, order=included, author=AUTHOR, now=MARCH)
    budget = BudgetOrder(code="house", period="month", tokens=Decimal(60), is_hard=True)
    limiting.open_budget(account_id=family.pk, order=budget, author=AUTHOR, now=MARCH)
    spent = shop.debit(family, "70", now=MARCH + DAY)
    undone = shop.debit(family, "15", now=MARCH + 2 * DAY)
    reversing.reverse(a_reversal(undone, now=MARCH + 2 * DAY))
    kept = a_hold(shop, family, "9", now=MARCH + 3 * DAY)
    capture(shop, kept, "4", is_final=False, now=MARCH + 3 * DAY)
    reversing.reverse(a_reversal(spent, now=MARCH + 4 * DAY))
    over = shop.debit(family, "60", now=APRIL + HOUR)
    waiting = a_hold(shop, family, "8", now=APRIL + 2 * HOUR, expires_in=3650 * 86_400)
    counters = BudgetCount.objects.filter(account=family).order_by("window_start")
    windows = AllowanceWindow.objects.filter(account=family).order_by("window_start")
    return {
        "family": family.pk,
        "counted": spent.id,
        "carried_over": over.id,
        "kept_allowance": waiting.id,
        "kept_budget": kept.id,
        "march_counter": counters[0].pk,
        "march_window": windows[0].pk,
        "april_window": windows[1].pk,
    }
