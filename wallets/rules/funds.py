"""What an account can pay with in a token unit: free tokens by the features they are for, and room below zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from wallets.rules.holding import Part, starting_of
from wallets.rules.repaying import OpenLot, Repaid, pays_for, repaid

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Restock:
    """What a wallet notes of grants whose start has passed, and no movement has noticed yet (`wallets_stock_up_v1`).

    stocked: available when the last of them had started. bought: tokens of the purchases among them, in their order.
    """

    stocked: Decimal
    bought: Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class Funds:
    """floor: the lowest that overage may take the wallet; None is without limit. owed: open overage.

    restock: None where no grant has started unnoticed.
    overage_held: room above the floor that holds keep. common: what grants in force have left for any feature, and do
    not hold. reserved: the same of grants for some features, with their patterns.
    """

    floor: Decimal | None
    owed: Decimal
    common: Decimal = NOTHING
    reserved: Sequence[tuple[Sequence[str], Decimal]] = ()
    overage_held: Decimal = NOTHING
    restock: Restock | None = None

    @property
    def available(self) -> Decimal:
        """Tokens of grants in force, whatever they are for."""
        return sum((tokens for _, tokens in self.reserved), self.common)

    def payable(self, feature: str) -> Decimal:
        """Tokens that grants would pay for usage of the feature now."""
        payable = self.common
        for patterns, tokens in self.reserved:
            if pays_for(patterns, feature):
                payable += tokens
        return payable

    def lacks(self, feature: str, tokens: Decimal) -> Decimal:
        """What grants would not pay of so many tokens for the feature."""
        return max(tokens - self.payable(feature), NOTHING)

    def has_room(self, overage: Decimal) -> bool:
        """Whether the policy allows so much overage beside what is owed and what holds keep."""
        return self.floor is None or self.owed + self.overage_held + overage <= -self.floor


def funds(
    parts: Sequence[Part],
    *,
    floor: Decimal | None,
    owed: Decimal,
    lots: Sequence[OpenLot],
    moment: datetime,
    overage_held: Decimal = NOTHING,
) -> Funds:
    """What the wallet can pay with at `moment`, once the grants whose start has passed have repaid what is owed.

    overage_held: by holds that have not ended.
    """
    paid = repaid([starting_of(part) for part in parts if part.is_starting], lots)
    common, reserved = NOTHING, []
    for part in parts:
        back = NOTHING if part.is_void else part.returned
        left = part.remaining - part.held + back - paid.by_grant.get(part.id, NOTHING)
        if left > 0 and part.is_in_force(moment):
            if part.features:
                reserved.append((part.features, left))
            else:
                common += left
    found = Funds(floor, owed - paid.total, common, reserved, overage_held)
    return replace(found, restock=_restock(parts, paid))


def _restock(parts: Sequence[Part], paid: Repaid) -> Restock | None:
    """As of the instant at which the last of them started, whenever that is noticed."""
    starting = sorted(
        (part for part in parts if part.is_starting),
        key=lambda part: (part.effective_at, part.created_at, part.id),
    )
    if not starting:
        return None
    at = starting[-1].effective_at
    stocked = sum(
        (part.free_at(at) - paid.by_grant.get(part.id, NOTHING) for part in parts if part.is_in_force(at)),
        NOTHING,
    )
    return Restock(stocked, [part.tokens for part in starting if part.kind == "purchase"])
