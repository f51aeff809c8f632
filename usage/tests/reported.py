"""Usage that was reported after the fact, for tests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import uuid4

from usage.models import Claim, Debit, Event, WaitingEvent
from usage.rules.events import Acceptance, SentEvent
from usage.services import accepting, rating
from usage.tests.made import Shop
from wallets.models import Account


def an_event(
    shop: Shop, account: Account | str, quantity: str = "10", *, at: datetime | None = None, **more: Any
) -> SentEvent:
    """An event of chat. Its content is told apart by its quantity alone."""
    return SentEvent(
        account=account if isinstance(account, str) else account.reference,
        source="/tests",
        sent_id=more.pop("sent_id", uuid4().hex),
        fingerprint=sha256(quantity.encode()).digest(),
        feature=more.pop("feature", shop.chat),
        quantity=Decimal(quantity),
        dimensions=more.pop("dimensions", {}),
        payload={"data": {"quantity": quantity}},
        occurred_at=at,
        **more,
    )


def report(shop: Shop, *events: SentEvent) -> Acceptance:
    return accepting.accept(events, product_id=shop.product.pk, api_key_id=shop.key.pk)


def rate(now: datetime | None = None) -> None:
    """Rate all that can be rated."""
    while rating.work(60, now):
        pass


def the_event(sent: SentEvent) -> Event:
    return Event.objects.get(account=sent.account, source=sent.source, sent_id=sent.sent_id)


def debit_of(sent: SentEvent) -> Debit | None:
    """The debit that booked an event, by its claim."""
    claim = Claim.objects.filter(key=f"event {the_event(sent).pk}").first()
    return Debit.objects.get(pk=claim.effect_id) if claim else None


def reason_of(sent: SentEvent) -> str | None:
    """Why an event is stuck; empty where it waits for its turn, None where it waits no more."""
    return WaitingEvent.objects.filter(event_id=the_event(sent).pk).values_list("reason", flat=True).first()


def the_place(sent: SentEvent) -> WaitingEvent:
    """The event's place in the queue."""
    return WaitingEvent.objects.get(event_id=the_event(sent).pk)
