"""What the model and the product say to each other: orders, fingerprints, balances and refusals as plain facts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from usage.rules.orders import Item as OrderItem
from usage.tests.model.calls import Call
from usage.tests.model.facts import Item, Refused


def ordered(items: Iterable[Item]) -> tuple[OrderItem, ...]:
    return tuple(OrderItem(item.feature, item.quantity, dict(item.dimensions)) for item in items)


def digest(call: Call) -> bytes:
    return hashlib.sha256(repr(call.fingerprint).encode()).digest()


def vars_of(balance: Any) -> dict[str, Decimal]:
    return {"available": balance.available, "held": balance.held, "overage": balance.overage}


def told_refusal(code: str, extras: dict[str, Any]) -> Refused:
    figures: dict[str, Decimal] = {
        name: Decimal(extras[name]) for name in ("required", "available", "shortfall") if name in extras
    }
    return Refused(code, figures=figures)
