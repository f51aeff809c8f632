"""What an account may use, by the plain model: each feature asked for as a debit, on a copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from usage.tests.model.charging import quote
from usage.tests.model.facts import Account, Item, Refused
from usage.tests.model.prices import covers
from usage.tests.model.windows import end_of_window, local_day
from usage.tests.model.world import World

ZERO = Decimal(0)


@dataclass(frozen=True)
class May:
    """reasons: the word for what would pay, or all for which it would be refused. cost: none where it is not told."""

    allowed: bool
    reasons: frozenset[str]
    cost: Decimal | None
    included: tuple[Decimal, Decimal]
    resets_at: datetime | None
    until: datetime | None


def may_use(world: World, reference: str, feature: str, quantity: Decimal, now: datetime) -> May:
    account = world.account(reference)
    account.allowances.turn(now)
    included = _included(account, feature, now)
    until = account.access.until(feature, now)
    try:
        told = quote(world, world.features[feature], reference, now, [Item(feature, quantity)])
    except Refused as refusal:
        cost = refusal.figures.get("required") if "insufficient_tokens" in refusal.codes else None
        return May(False, frozenset(refusal.codes), cost, *included, until)
    return May(True, frozenset({_reason(told)}), told["tokens"], *included, until)


def _reason(told: dict[str, Any]) -> str:
    ((_, _, covered, tokens, *_),) = told["lines"]
    if told["outcome"] == "overage":
        return "overage"
    if tokens:
        return "tokens"
    return "included" if covered else "free"


def _included(
    account: Account, feature: str, now: datetime
) -> tuple[tuple[Decimal, Decimal], datetime | None]:
    """Units included and used in the present windows, and when the first of them ends."""
    units, used, ends = ZERO, ZERO, []
    for each in account.allowances.at(now):
        if covers(each.pattern, feature):
            key = account.allowances.key(each, local_day(account.zone, now))
            window = account.allowances.windows.get(key)
            gone = account.allowances.rooms.of_others(None, key, now) + (window.used if window else ZERO)
            units += account.allowances.left(each, key, now) + gone
            used += gone
            end = end_of_window(account.zone, each.period, each.anchor, now)
            ends += [end] if end else []
    return (units, used), min(ends, default=None)
