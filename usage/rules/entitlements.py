"""Whether an account may use a feature now, and why: what a debit of it would answer, without making one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from usage.rules.access import AccessFact, Says
from usage.rules.climbing import Ladder, Stand, floor_of, refused_by_bucket
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
    product_id: int


class Entitlement(Struct, frozen=True, gc=False):
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


class Cover(Struct, frozen=True, gc=False):
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
    """What the windows of an account include for a feature, and what of a quantity they would cover."""
    units = used = left = NOTHING
    resets_at: datetime | None = None
    is_included = False
    for each in windows:
        if matches(each.pattern, feature):
            is_included = True
            units, used, left = units + each.units, used + each.used, left + each.left
            if each.resets_at is not None and (resets_at is None or each.resets_at < resets_at):
                resets_at = each.resets_at
    return Cover(units, used, resets_at, min(left, quantity)) if is_included else NO_COVER


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


@dataclass(frozen=True, slots=True)
class Judge:
    """What an account is judged by at `moment`. is_active: it may spend at all.

    budgets: hard ones that count anybody's usage. stand: where it stands on its ladder.
    """

    is_active: bool
    budgets: Sequence[HardBudget]
    funds: Funds
    stand: Stand
    moment: datetime

    def verdict(
        self,
        feature: str,
        tokens: Decimal,
        *,
        is_closed: bool,
        is_covered: bool,
        ladder: Ladder | None = None,
    ) -> tuple[bool, str]:
        """Whether a debit of so many tokens would pass, and the word of its refusal or of what would pay.

        is_closed: access to the feature. is_covered: allowances cover some of it. ladder: that rules the feature; None
        where the wallet's floor says it all.
        """
        if not self.is_active:
            return False, "account_suspended"
        if is_closed:
            return False, "not_entitled"
        if any(0 < tokens > each.left and matches(each.feature, feature) for each in self.budgets):
            return False, "limit_reached"
        slow = refused_by_bucket(ladder, self.stand, tokens, self.moment) if ladder else ""
        if slow == "limit_reached":
            return False, slow
        allowed, word = self._paid(feature, tokens, is_covered, ladder)
        return (False, slow) if allowed and slow else (allowed, word)

    def _paid(
        self, feature: str, tokens: Decimal, is_covered: bool, ladder: Ladder | None
    ) -> tuple[bool, str]:
        if not tokens:
            return True, "included" if is_covered else "free"
        overage = self.funds.lacks(feature, tokens)
        if not overage:
            return True, "tokens"
        funds = self.funds
        if ladder:
            funds = replace(funds, floor=floor_of(ladder, self.stand, funds, self.moment, is_beyond=True))
        return (True, "overage") if funds.has_room(overage) else (False, "insufficient_tokens")
