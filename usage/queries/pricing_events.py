"""By which rates events are booked; and why not, where there is none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.kernel.errors import DomainError
from usage.queries.pricing_for import Priced, learn, price, refresh
from usage.rules.events import DueEvent, Stuck, stuck_by

log = logging.getLogger(__name__)


class EventPricing:
    """Prices the events of one batch. What an account pays by is looked at anew once, where it prices nothing.

    now: null in production.
    """

    def __init__(self, events: Sequence[DueEvent], now: datetime | None) -> None:
        learn(event.account for event in events)
        self._now = now
        self._looked_again: set[str] = set()

    def request(self, event: DueEvent) -> dict[str, Any] | Stuck:
        """What the SQL function is told of the event, or why it can't be told."""
        try:
            found = self._priced(event)
        except DomainError as refusal:
            return stuck_by(event, refusal.code, refusal.detail)
        except Exception as fault:  # whatever it is, it is this event's: its neighbours are booked
            log.error("A usage event could not be priced.", exc_info=fault)
            return stuck_by(event, "fault", f"{type(fault).__name__}: {fault}")
        return self._asked(event, found)

    def overtaken(self, event: DueEvent) -> None:
        """Read anew what prices the event: it no longer holds."""
        refresh(account=event.account, moment=event.occurred_at)

    def _priced(self, event: DueEvent) -> Priced:
        try:
            return self._price(event)
        except DomainError:
            if event.account in self._looked_again:
                raise
        self._looked_again.add(event.account)
        refresh(account=event.account, moment=event.occurred_at)
        return self._price(event)

    def _price(self, event: DueEvent) -> Priced:
        return price(
            account=event.account,
            product_id=event.product_id,
            items=(event.item(),),
            moment=event.occurred_at,
        )

    def _asked(self, event: DueEvent, found: Priced) -> dict[str, Any]:
        request = found.request()
        request |= {
            "product": event.product_id,
            "api_key": event.api_key_id,
            "key": event.key,
            "fingerprint": event.fingerprint.hex(),
            "occurred_at": event.occurred_at,
            "subject": event.subject,
            "duty": "event" if event.backfill_id is None else "backfill",
        }
        if self._now is not None:
            request["now"] = self._now
        rules = found.rules(event.subject or {})
        if rules is not None:
            request["rules"] = rules
        return request
