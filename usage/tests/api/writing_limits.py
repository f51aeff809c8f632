"""The write endpoints of budgets, allowances and access, with bodies that they take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usage.tests.api.conftest import Shop

SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
BUDGET = {
    "period": "month",
    "tokens": "500",
    "hard": True,
    "feature": "chat.*",
    "subject": {"team": "research"},
    "dimensions": {"model": "x"},
    "per": "user",
    "token": "AIT",
    "reason": "r",
}
ALLOWANCE = {
    "units": "100",
    "period": "month",
    "anchor": "2026-01-15",
    "carries": "5",
    "effective_until": SOON,
}
ACCESS = {"state": "open", "effective_until": SOON}


def put_budget(shop: Shop, account: str) -> None:
    """A budget that counts each user apart, under the code `users`."""
    answer = shop.all.put(
        f"/accounts/{account}/budgets/users", {"period": "month", "tokens": 5, "per": "user"}
    )
    assert answer.status == 201, answer.content
