"""Seats: which pool of base seats a feature's checkouts count in, and what callers are told of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from usage.rules.orders import Item
from usage.rules.ruling import matches


@dataclass(frozen=True, slots=True)
class SeatsFact:
    """Seats as they stand in the books. seats: None ends what was before it."""

    pattern: str
    seats: int | None
    effective_from: datetime
    effective_until: datetime | None


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """A seat to be taken once per `key`, by the subject's user where it names one."""

    account: str
    product_id: int
    api_key_id: int
    key: str
    fingerprint: bytes
    item: Item
    received_at: datetime
    subject: Mapping[str, object] | None = None
    metadata: Mapping[str, object] | None = None
    now: datetime | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """What one interval charges: one unit of the feature."""
        return (self.item,)

    @property
    def occurred_at(self) -> None:
        """A seat is taken now, by the database's clock."""

    @property
    def person(self) -> str:
        """Who has one seat of a feature at most; empty where nobody is named."""
        return str((self.subject or {}).get("user", ""))


@dataclass(frozen=True, slots=True)
class CheckinOrder:
    """A seat to be given back once per `key`."""

    checkout_id: UUID
    product_id: int
    key: str
    fingerprint: bytes
    by: str = ""
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeatReceipt:
    """A checkout as told. charged_until: of an overflow seat. tokens: what all its intervals came to.

    refunded: given back by this call.
    """

    id: UUID
    account: str
    feature: str
    seat: str
    state: str
    subject: Mapping[str, object] | None
    started_at: datetime
    alive_until: datetime
    charged_until: datetime | None
    ended_at: datetime | None
    tokens: Decimal
    refunded: Decimal | None = None
    is_replay: bool = False


def pool_at(facts: Sequence[SeatsFact], feature: str, moment: datetime) -> tuple[str, int] | None:
    """The pattern whose seats a checkout of the feature takes, and how many there are; None where there are none.

    The feature before the longest pattern. facts: in order of their starts, then of their recording.
    """
    latest = {fact.pattern: fact for fact in facts if fact.effective_from <= moment}
    found = [
        fact
        for fact in latest.values()
        if fact.seats is not None
        and matches(fact.pattern, feature)
        and (fact.effective_until is None or moment < fact.effective_until)
    ]
    best = min(found, key=lambda fact: (fact.pattern.endswith("*"), -len(fact.pattern)), default=None)
    return None if best is None or best.seats is None else (best.pattern, best.seats)
