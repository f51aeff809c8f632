"""The ways in which a product spends, each of seven tokens: a debit, a hold and its capture, a seat, a usage event.

And an order in two versions, which comes to seven more; and accounts that top up by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

Send = Callable[..., httpx.Response | None]
"""Path, body, key and method, POST if not said; None where it was never answered well."""

TOKENS = 7
SOURCE = "/chaos"
SKU = "chaos-pack"
RATES = """product,feature,name,unit,tokens,per,interval,heartbeat,refund_unused
chat,chat.input,Input,token,1,1,,,
chat,chat.output,Output,token,2,1,,,
chat,chat.bonus,Bonus,call,1,1,,,
chat,chat.seat,Seat,interval,7,1,PT12H,PT6H,none
"""
MOST_TOP_UPS = 2
TOP_UP = {
    "threshold": str(TOKENS),
    "fill_to": str(2 * TOKENS),
    "sku": SKU,
    "most": MOST_TOP_UPS,
    "window": "month",
    "most_packs": 1,
}
RULED = 2
"""One account in so many has a ladder, budgets and an allowance of its own, which refuse nothing of what is spent."""
POLICY = {
    "mode": "overage",
    "limit": "1000",
    "notify": [1, 50, 80],
    "throttle": [{"calls_per_minute": 1_000_000}, {"tokens_per_minute": "10000000"}],
    "grace": {"for": "P1D", "tokens": "500"},
}
RULES = """
from decimal import Decimal
from billing.tests.orders.sold import an_offer, bought
from usage.services import limiting
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.services.authors import Author
from wallets.models import Account
an_offer("7", code="{sku}", tokens=[bought("7", priority=100)])
why = Author("chaos", "Rules for the load.")
for account in Account.objects.filter(reference__in={references}):
    units = AllowanceOrder(pattern="chat.bonus", units=Decimal(10**9), period="month")
    limiting.include(account_id=account.pk, order=units, author=why)
    for code, per, hard in (("team", "", True), ("each", "user", False)):
        order = BudgetOrder(code=code, period="month", tokens=Decimal(10**9), is_hard=hard, per=per)
        limiting.open_budget(account_id=account.pk, order=order, author=why)
"""


def ruled(accounts: Sequence[str]) -> tuple[str, ...]:
    return tuple(accounts[::RULED])


def items_for(account: str, ruled_ones: Sequence[str]) -> list[dict[str, Any]]:
    """Seven tokens; under rules also something that an allowance covers."""
    items = [{"feature": "chat.input", "quantity": "3"}, {"feature": "chat.output", "quantity": 2}]
    return [*items, {"feature": "chat.bonus", "quantity": 1}] if account in ruled_ones else items


def debit(send: Send, account: str, items: list[dict[str, Any]], key: str) -> httpx.Response | None:
    return send("/api/v1/debits", {"account": account, "items": items, "subject": _who(key)}, key)


def hold(send: Send, account: str, items: list[dict[str, Any]], key: str) -> httpx.Response | None:
    made = send("/api/v1/holds", {"account": account, "items": items, "subject": _who(key)}, f"{key}-hold")
    if made is None:
        return None
    return send(f"/api/v1/holds/{made.json()['id']}/capture", {"items": items}, key)


def seat(send: Send, account: str, key: str) -> httpx.Response | None:
    """Taken, and given back: nothing of the interval is refunded."""
    taken = send("/api/v1/checkouts", {"account": account, "feature": "chat.seat"}, key)
    if taken is None or send(f"/api/v1/checkouts/{taken.json()['id']}/checkin", {}, f"{key}-end") is None:
        return None
    return taken


def event(send: Send, account: str, key: str) -> httpx.Response | None:
    body = {
        "specversion": "1.0",
        "id": key,
        "source": SOURCE,
        "type": "chat.input",
        "subject": account,
        "time": datetime.now(UTC).isoformat(),
        "data": {"quantity": TOKENS},
    }
    return send("/api/v1/events", body, None)


def order(send: Send, account: str, key: str) -> httpx.Response | None:
    """Two packs, and by the next version one of them less. Its tokens come last of all, so that they are there."""
    for version, packs in ((1, 2), (2, 1)):
        lines = [{"sku": SKU, "quantity": packs}]
        body = {"external_id": key, "version": version, "account": account, "lines": lines}
        placed = send("/api/v1/orders", body, key)
        if placed is None:
            return None
    return placed


def top_up(send: Send, account: str, key: str) -> bool:
    """An account of its own that buys one pack when its rule is put, spends it, and is due from then on."""
    for path, asked in ((account, {}), (f"{account}/top-up", TOP_UP)):
        if send(f"/api/v1/accounts/{path}", asked, key, "PUT") is None:
            return False
    items = [{"feature": "chat.input", "quantity": TOKENS}]
    return debit(send, account, items, f"spends-{key}") is not None


def _who(key: str) -> dict[str, str]:
    return {"user": f"u-{sum(key.encode()) % 50}"}
