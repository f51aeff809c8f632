"""What usage costs us, the plain way: what it says itself, else what its rate says, else what its model costs."""

from __future__ import annotations

from decimal import Decimal

from usage.tests.model.facts import Item
from usage.tests.model.prices import Rate

REPORTING = "USD"
WORTHS = {REPORTING: Decimal(1), "EUR": Decimal("1.1")}
"""The currencies there are, and what one of each is worth in the reporting one."""
COSTED = "chat.input"
"""The feature whose units are a component of what models cost."""
MODELS = {"gpt": (Decimal("0.25"), "EUR")}
"""The models whose cost is known, a unit."""


def currency_of(item: Item) -> str | None:
    """The currency of what an item says that it cost; None where it says nothing."""
    return None if item.cost is None else item.currency or REPORTING


def cost_of(item: Item, rate: Rate) -> Decimal | None:
    """What an item costs by a rate, in the reporting currency; None where nobody knows."""
    if item.cost is not None:
        return item.cost * WORTHS[item.currency or REPORTING]
    if rate.cost is not None:
        return item.quantity * rate.cost * WORTHS[rate.cost_currency or REPORTING]
    known = MODELS.get(dict(item.dimensions).get("model", "")) if item.feature == COSTED else None
    return item.quantity * known[0] * WORTHS[known[1]] if known else None
