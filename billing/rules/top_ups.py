"""When packs are bought, how many, and what a rule says in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.rules.offers import ONCE, Snapshot
from config.kernel.amounts import DIGITS_BEFORE_THE_POINT, EXACT

NOTHING = Decimal(0)
REST = timedelta(hours=1)
"""How long a rule rests after a refusal: whoever refused has time to mend it, and the breaker counts no bursts."""
MOST = Decimal(10) ** DIGITS_BEFORE_THE_POINT
PACK = "pack"
MOST_PACKS = 1_000_000
"""Of one purchase."""


@dataclass(frozen=True, slots=True)
class RuleAsked:
    """A rule as it was asked for, as a whole. Fields as `TopUpRule` has them. unit: a token unit's code.

    seen: the revision that the person saw, 0 where there was none; None does not ask.
    """

    threshold: Decimal
    fill_to: Decimal
    sku: str
    most: int
    window: str
    unit: str | None = None
    most_packs: int | None = None
    most_amount: Decimal | None = None
    needs_payment: bool = False
    breaks_after: int = 3
    is_on: bool = True
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule says of how much. Tokens; money in the currency of its pack."""

    threshold: Decimal
    fill_to: Decimal
    most: int
    most_packs: int | None
    most_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What was bought in a window, or waits for its payment: how often, and for how much money."""

    start: date
    ends_at: datetime
    count: int
    spent: Decimal


@dataclass(frozen=True, slots=True)
class Pack:
    """What one pack gives and costs."""

    sku: str
    tokens: Decimal
    price: Decimal
    currency: str


def pack_of(offer: Snapshot | None, sku: str, unit: str, currency: str) -> Pack | str:
    """What one pack gives of a token unit, or a sentence that says why it can't be bought.

    currency: of the money that may be spent; empty where that is not limited.
    """
    if offer is None:
        return f"There is no SKU {sku}."
    if offer.kind != PACK:
        return f"The SKU {sku} is no pack."
    tokens = sum((part.tokens for part in offer.tokens if part.unit == unit and part.every == ONCE), NOTHING)
    if not tokens:
        return f"The SKU {sku} gives no {unit}."
    if currency and currency != offer.currency:
        return f"The SKU {sku} is sold in {offer.currency}, and the money of the rule is in {currency}."
    return Pack(sku, tokens, offer.list_price, offer.currency)


def packs_wanted(limits: Limits, pack: Pack, available: Decimal, overage: Decimal) -> int:
    """So many packs close the gap: up to `fill_to` tokens, and what overage takes of a purchase first."""
    gap = limits.fill_to - available + overage
    packs = EXACT.divide_int(gap, pack.tokens)
    return int(packs) + (1 if EXACT.multiply(packs, pack.tokens) < gap else 0)


def packs_allowed(limits: Limits, pack: Pack, taken: Taken) -> int:
    """At most so many packs may be bought once more in the window."""
    found = [MOST_PACKS if limits.most_packs is None else limits.most_packs]
    if taken.count >= limits.most:
        found.append(0)
    if limits.most_amount is not None and pack.price:
        left = max(limits.most_amount - taken.spent, NOTHING)
        found.append(int(EXACT.divide_int(left, pack.price)))
    return min(found)


def is_too_large(pack: Pack, packs: int) -> bool:
    """Whether so many packs are more tokens or money than an amount can be."""
    return max(pack.tokens, pack.price) * packs >= MOST
