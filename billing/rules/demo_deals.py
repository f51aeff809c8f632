"""What the demo's customers buy, and when: sized by what their traffic would come to by the first price list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from billing.rules.demo_clients import Client, Deal
from billing.rules.demo_usage import Usage

MONTH, DECIDES_IN = timedelta(days=30), timedelta(days=12)
PLANS = (("scale-monthly", 25_000), ("growth-monthly", 2_500), ("starter-monthly", 100))
STRICT_PLANS = (("fixed-monthly", 250),)
PACKS = (("pack-5000", 5_000), ("pack-100", 100))
"""SKUs in `demo_offers.json` and the tokens of one, the largest first."""


@dataclass(frozen=True)
class Purchase:
    """An order of one line."""

    at: datetime
    sku: str
    quantity: Decimal


def purchases(
    client: Client, usages: Sequence[Usage], came_at: datetime, now: datetime
) -> Iterator[Purchase]:
    """A plan when it came, packs for each thirty days, or packs once a trial has convinced; in order of time."""
    if not client.fit:
        return
    if client.deal in (Deal.PLAN, Deal.STRICT):
        need = (
            sum((each.expected for each in usages), Decimal(0))
            * client.fit
            * Decimal(MONTH / max(now - came_at, MONTH))
        )
        yield _sized(came_at, STRICT_PLANS if client.deal is Deal.STRICT else PLANS, need)
        return
    moment = came_at + DECIDES_IN if client.deal is Deal.TRIAL else came_at
    while moment < now:
        ahead = (each.expected for each in usages if moment <= each.at < moment + MONTH)
        yield _sized(moment, PACKS, sum(ahead, Decimal(0)) * client.fit)
        moment += MONTH


def packs_for(tokens: Decimal, moment: datetime) -> Purchase:
    """Small packs of at least so many tokens."""
    return _sized(moment, PACKS[-1:], tokens)


def _sized(moment: datetime, sizes: Sequence[tuple[str, int]], need: Decimal) -> Purchase:
    """The largest that is not too large, as often as it takes."""
    sku, tokens = next((size for size in sizes if size[1] <= need), sizes[-1])
    return Purchase(moment, sku, max((need / tokens).to_integral_value(ROUND_CEILING), Decimal(1)))
