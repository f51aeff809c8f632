"""What a wallet holds at an instant: grants and holds judged at that instant, less what those that started repay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from wallets.rules.repaying import OpenLot, Starting, repaid


@dataclass(frozen=True, slots=True)
class Ended:
    """What a hold keeps of a grant past its end, which no movement of the wallet has noticed yet."""

    at: datetime
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What one grant holds. is_starting: its start has passed, and no movement of the wallet has noticed yet.

    held: by holds, those in `ended` among them. is_void: what holds give back of it lapses. tokens: as granted, where
    that matters.
    """

    id: UUID
    kind: str
    features: Sequence[str]
    remaining: Decimal
    held: Decimal
    effective_at: datetime
    expires_at: datetime | None
    created_at: datetime
    is_starting: bool
    is_void: bool = False
    ended: Sequence[Ended] = ()
    tokens: Decimal = Decimal(0)

    @property
    def returned(self) -> Decimal:
        """What holds have given back by now."""
        return sum((each.tokens for each in self.ended), Decimal(0))

    @property
    def free_at_start(self) -> Decimal:
        """What nothing kept of it when it started; of holds that end at that instant, nothing."""
        return self.free_at(self.effective_at)

    def free_at(self, moment: datetime) -> Decimal:
        """What nothing kept of it then, if nothing but ends of holds has happened to it since."""
        back = sum((each.tokens for each in self.ended if each.at <= moment), Decimal(0))
        return self.remaining - self.held + (Decimal(0) if self.is_void else back)

    def is_in_force(self, moment: datetime) -> bool:
        return self.effective_at <= moment and (self.expires_at is None or self.expires_at > moment)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Tokens that lapse together."""

    at: datetime
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """available: free tokens of all grants in force, whatever their features; by_kind is its split.

    next_expiry: of what is available or held. overage: open, after repayment by the grants that have started.
    """

    moment: datetime
    available: Decimal
    held: Decimal
    overage: Decimal
    by_kind: dict[str, Decimal]
    next_expiry: Expiry | None


def holding(
    parts: Sequence[Part], *, owed: Decimal, held: Decimal, lots: Sequence[OpenLot], moment: datetime
) -> Holding:
    """What the wallet holds at `moment`. owed: open overage before the starting grants repay any of `lots`.

    held: by holds that have not ended.
    """
    paid = repaid([starting_of(part) for part in parts if part.is_starting], lots)
    by_kind: dict[str, Decimal] = {}
    ends: dict[datetime, Decimal] = {}
    for part in parts:
        lapsed = part.returned if part.is_void else Decimal(0)
        left = part.remaining - lapsed - paid.by_grant.get(part.id, Decimal(0))
        if left <= 0 or not part.is_in_force(moment):
            continue
        by_kind[part.kind] = by_kind.get(part.kind, Decimal(0)) + left - part.held + part.returned
        if part.expires_at is not None:
            ends[part.expires_at] = ends.get(part.expires_at, Decimal(0)) + left
    return Holding(
        moment=moment,
        available=sum(by_kind.values(), Decimal(0)),
        held=held,
        overage=owed - paid.total,
        by_kind={kind: tokens for kind, tokens in sorted(by_kind.items()) if tokens},
        next_expiry=Expiry(min(ends), ends[min(ends)]) if ends else None,
    )


def starting_of(part: Part) -> Starting:
    """The grant as it repays overage when it starts."""
    return Starting(part.id, part.kind, part.features, part.effective_at, part.created_at, part.free_at_start)
