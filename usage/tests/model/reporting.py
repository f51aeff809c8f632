"""Usage events on the model: taken in once, booked in the order of their time, whatever the policy says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from usage.tests.model.charging import price, take
from usage.tests.model.facts import Item, Refused
from usage.tests.model.grants import WINDOW_AHEAD, WINDOW_BACK
from usage.tests.model.world import World


@dataclass
class Event:
    """number: in the order of coming. is_stuck: it was tried, and is not tried again before somebody asks."""

    number: int
    account: str
    product: str
    item: Item
    occurred_at: datetime
    is_stuck: bool = False


@dataclass
class Reports:
    """What was reported to a world: every event that was taken in, and those that are not booked yet."""

    world: World
    bodies: dict[tuple[str, str], Any] = field(default_factory=dict)
    waiting: list[Event] = field(default_factory=list)

    def report(
        self, product: str, account: str, sent_id: str, item: Item, now: datetime, at: datetime | None
    ) -> str:
        """Take an event in: "accepted" or "duplicate". Nobody asks for the account or the feature."""
        if self.world.features.get(item.feature, product) != product:
            raise Refused("forbidden")
        body = (product, item, at)
        if (account, sent_id) in self.bodies:
            if self.bodies[account, sent_id] != body:
                raise Refused("idempotency_key_reused")
            return "duplicate"
        self.bodies[account, sent_id] = body
        self.waiting.append(Event(len(self.bodies), account, product, item, at or now))
        return "accepted"

    def rate(self, now: datetime, *, is_asked: bool) -> dict[int, Any]:
        """Book what waits; what is stuck too, where somebody asks. Answers a debit's facts or why it is stuck."""
        tried = [event for event in self.waiting if is_asked or not event.is_stuck]
        told: dict[int, Any] = {}
        for event in sorted(tried, key=lambda event: (event.account, event.occurred_at, event.number)):
            try:
                told[event.number] = self._book(event, now)
                self.waiting.remove(event)
            except Refused as refusal:
                event.is_stuck = True
                told[event.number] = refusal.codes
        return told

    def _book(self, event: Event, now: datetime) -> dict[str, Any]:
        account = self.world.account(event.account)

        def settle() -> tuple[str, dict[str, Any]]:
            priced = price(
                self.world, account, event.product, [event.item], now, event.occurred_at, {}, is_done=True
            )
            account.settle(now)
            return "debit", take(
                self.world, account, event.product, priced, now, event.occurred_at, is_done=True
            )

        if event.occurred_at < now - WINDOW_BACK:
            raise Refused("too_old", *self._faults(event, now))
        if event.occurred_at > now + WINDOW_AHEAD:
            raise Refused("ahead", *self._faults(event, now))
        claim = (event.account, event.product, f"event {event.number}")
        return dict(self.world.once(claim, None, now, settle).facts)

    def _faults(self, event: Event, now: datetime) -> set[str]:
        """What else keeps it from being booked: which is told first is the product's choice."""
        account = self.world.account(event.account)
        try:
            price(self.world, account, event.product, [event.item], now, event.occurred_at, {}, is_done=True)
        except Refused as refusal:
            return refusal.codes
        return set()
