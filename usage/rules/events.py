"""Usage events: work that was done, as a product reported it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from config.kernel.errors import DomainError
from usage.rules.orders import Item, OwnCost

KEY = "event "
"""How the key of an event's debit begins. No caller can choose such a key: theirs have no spaces."""

LANES = 16
"""Into how many lanes the queue is divided, by account; `usage_accept_v1` says which is whose."""

SOONEST_TRY_SECONDS, LATEST_TRY_SECONDS = 5.0, 300.0


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event as sent, to be taken in once for its account, source and id.

    occurred_at: None is now, by the database's clock. cost: money, in all. payload: the event whole.
    """

    account: str
    source: str
    sent_id: str
    fingerprint: bytes
    feature: str
    quantity: Decimal
    dimensions: Mapping[str, str]
    payload: Mapping[str, Any]
    occurred_at: datetime | None = None
    cost: Decimal | None = None
    cost_currency: str | None = None
    subject: Mapping[str, str] | None = None


@dataclass(slots=True)
class Acceptance:
    """What became of events, by their places in the order sent. rejected: the refusal of each that was not taken in."""

    taken: list[int] = field(default_factory=list)
    duplicates: int = 0
    rejected: dict[int, DomainError] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        return len(self.taken)


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event whose turn it is."""

    id: UUID
    account: str
    product_id: int
    api_key_id: int
    feature: str
    occurred_at: datetime
    quantity: Decimal
    dimensions: Mapping[str, str]
    subject: Mapping[str, str] | None
    cost: Decimal | None
    cost_currency: str | None
    tries: int
    backfill_id: int | None = None

    def item(self) -> Item:
        """What is charged."""
        cost = None if self.cost is None else OwnCost(self.cost, self.cost_currency)
        return Item(self.feature, self.quantity, self.dimensions, cost)

    @property
    def key(self) -> str:
        """The idempotency key of its debit."""
        return f"{KEY}{self.id}"

    @property
    def fingerprint(self) -> bytes:
        """Of the claim: the key names one event, whose content never changes."""
        return sha256(self.key.encode()).digest()


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why an event can't be rated as things stand. seconds: until it is tried again by itself, None: not at all."""

    event_id: UUID
    reason: str
    detail: str
    seconds: float | None


def event_of(key: str) -> UUID | None:
    """The event that a debit's key names; None where it is a caller's own key."""
    return UUID(key.removeprefix(KEY)) if key.startswith(KEY) else None


TRIED_AGAIN = frozenset({"no_rate", "ahead", "fault"})
"""What may have changed without anybody's telling. An account or a feature is told by its being there."""


def stuck_by(event: DueEvent, reason: str, detail: str) -> Stuck:
    """The event waits for a reason that may pass, or for a person."""
    return Stuck(event.id, reason, detail, patience(event.tries) if reason in TRIED_AGAIN else None)


def patience(tries: int) -> float:
    """Seconds until an event is tried again: twice as long each time."""
    return min(SOONEST_TRY_SECONDS * 2.0 ** min(tries, 10), LATEST_TRY_SECONDS)
