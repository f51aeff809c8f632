"""Whether an account may use a feature now, and why: what a debit of it would answer, without making one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from usage.rules.access import AccessFact, Says
from usage.rules.ruling import matches
from usage.rules.windows import Included
from wallets.rules.funds import Funds

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class FeatureCard:
    """A feature as it is shown."""

    id: int
    code: str
    name: str
    unit: str
    product: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What holds for one account and one feature.

    reason: a word of the refusal, or of what would pay. included, used: units of the allowances' present windows.
    unit_tokens: the price of one unit as text, where it is one. until: when what is said of access ends.
    would_cost: tokens; None where it has no price. said: the fact that decides access.
    """

    feature: FeatureCard
    allowed: bool
    reason: str
    included: Decimal
    used: Decimal
    resets_at: datetime | None
    unit_tokens: str | None
    until: datetime | None
    would_cost: Decimal | None
    said: AccessFact | None


@dataclass(frozen=True, slots=True)
class Cover:
    """What allowances include for a feature, and how many units of a request they would cover."""

    included: Decimal
    used: Decimal
    resets_at: datetime | None
    covered: Decimal


NO_COVER = Cover(NOTHING, NOTHING, None, NOTHING)


@dataclass(frozen=True, slots=True)
class HardBudget:
    """A hard budget that counts usage of nobody in particular. left: tokens that its present window allows still."""

    feature: str
    left: Decimal


def cover(windows: Sequence[Included], feature: str, quantity: Decimal) -> Cover:
    """What the windows of an account, the closest pattern first, include for a feature and cover of a quantity."""
    found = [each for each in windows if matches(each.pattern, feature)]
    if not found:
        return NO_COVER
    left = sum((each.left for each in found), NOTHING)
    ends = [each.resets_at for each in found if each.resets_at is not None]
    return Cover(
        sum((each.units for each in found), NOTHING),
        sum((each.used for each in found), NOTHING),
        min(ends, default=None),
        min(left, quantity),
    )


def lasts_until(said: AccessFact | None, facts: Sequence[AccessFact]) -> datetime | None:
    """When what is said of a feature now ends; access that was bought again ends where the last purchase does."""
    if said is None or said.effective_until is None or said.kind != "open":
        return said.effective_until if said is not None else None
    end = said.effective_until
    while (following := Says(facts, end).of(said.pattern)) is not None and following.kind == "open":
        if following.effective_until is None:
            return None
        end = following.effective_until
    return end


def verdict(
    *,
    feature: str,
    state: str,
    is_closed: bool,
    tokens: Decimal,
    is_covered: bool,
    budgets: Sequence[HardBudget],
    funds: Funds,
) -> tuple[bool, str]:
    """Whether a debit of so many tokens would pass, and the word of its refusal or of what would pay.

    is_covered: allowances cover some of it.
    """
    if state != "active":
        return False, "account_suspended"
    if is_closed:
        return False, "not_entitled"
    if tokens and any(tokens > each.left for each in budgets if matches(each.feature, feature)):
        return False, "limit_reached"
    overage = funds.lacks(feature, tokens) if tokens else NOTHING
    if overage:
        return (True, "overage") if funds.has_room(overage) else (False, "insufficient_tokens")
    if tokens:
        return True, "tokens"
    return True, "included" if is_covered else "free"
