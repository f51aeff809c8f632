"""What the model and the product say to each other: orders, fingerprints, balances and refusals as plain facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from usage.rules.orders import Item as OrderItem
from usage.rules.orders import OwnCost
from usage.rules.receipts import ReceiptLine
from usage.tests.model.calls import Call
from usage.tests.model.facts import Item, Refused


def ordered(items: Iterable[Item]) -> tuple[OrderItem, ...]:
    return tuple(OrderItem(item.feature, item.quantity, dict(item.dimensions), _cost(item)) for item in items)


def _cost(item: Item) -> OwnCost | None:
    return None if item.cost is None else OwnCost(item.cost, item.currency)


def told_line(line: ReceiptLine) -> tuple[object, ...]:
    """A line of an answer as the model tells it."""
    said = (line.cost.amount, line.cost.currency) if line.cost else (None, None)
    return line.feature, line.quantity, line.covered_quantity, line.tokens, line.table, line.version, *said


def digest(call: Call) -> bytes:
    return hashlib.sha256(repr(call.fingerprint).encode()).digest()


def vars_of(balance: Any) -> dict[str, Decimal]:
    return {"available": balance.available, "held": balance.held, "overage": balance.overage}


def told_refusal(code: str, extras: dict[str, Any]) -> Refused:
    return Refused(code, figures=told_figures(extras))


def told_figures(told: dict[str, Any]) -> dict[str, Decimal]:
    """The figures of a refusal that the model knows."""
    names = ("required", "available", "shortfall", "limit", "used", "retry_after")
    return {name: Decimal(told[name]) for name in names if name in told}
