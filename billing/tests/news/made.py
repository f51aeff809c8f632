"""Endpoints, recipients and what is told to them, in a line each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from billing.connectors import mails, webhooks
from billing.models import Delivery, Endpoint, News, Recipient
from billing.rules.news_types import TYPES
from billing.services import delivering, endpoints, news, outbox, recipients
from billing.services.delivering import Carriers
from billing.services.endpoints import EndpointWish, Issued
from billing.services.recipients import RecipientWish
from usage.tests.made import DAY, clock, named
from wallets.models import Account

SOMEWHERE = "https://93.184.216.34/hooks"
ALL = tuple(TYPES)
NOBODY_CHOOSES = "something.else"


def an_issued_endpoint(url: str = SOMEWHERE, types: Sequence[str] = ALL) -> Issued:
    return endpoints.create(wish=EndpointWish(named("receiver"), url, types))


def an_endpoint(url: str = SOMEWHERE, types: Sequence[str] = ALL) -> Endpoint:
    return an_issued_endpoint(url, types).endpoint


def a_recipient(about: Account | None = None, types: Sequence[str] = ALL) -> Recipient:
    address = f"{named('person')}@example.com"
    return recipients.create(wish=RecipientWish(address, types, about.pk if about else None))


def told_about(account: Account) -> list[News]:
    """All news of an account, oldest first, after another look for facts."""
    news.tell()
    return list(News.objects.filter(about=account).order_by("pk"))


def kinds_told(account: Account) -> list[str]:
    return [each.kind for each in told_about(account)]


def deliveries_to(receiver: Endpoint | Recipient) -> list[Delivery]:
    """What is on its way to a receiver, oldest first."""
    rows = receiver.deliveries.select_related("news").order_by("news")
    return list(rows)


def data_of(account: Account, kind: str) -> dict[str, Any]:
    """What is told of the only fact of this kind."""
    (only,) = [each for each in told_about(account) if each.kind == kind]
    found: dict[str, Any] = only.data
    return found


def carriers(seconds: float = 5.0) -> Carriers:
    """The real ways out; webhooks with a patience of their own."""
    return Carriers(post=partial(webhooks.send, seconds=seconds), mail=mails.send)


def a_delivery(endpoint: Endpoint, **data: Any) -> Delivery:
    """Something told of nothing in particular, on its way to an endpoint."""
    now = clock()
    told = News.objects.create(
        kind=NOBODY_CHOOSES, fact=named("fact"), occurred_at=now, recorded_at=now, data=data
    )
    return Delivery.objects.create(news=told, endpoint=endpoint, created_at=now, next_at=now)


def attempt_at(delivery: Delivery, seconds: float = 5.0) -> Delivery:
    """One attempt, now, whenever it was due. Answers the delivery as it stands then."""
    Delivery.objects.filter(pk=delivery.pk).update(next_at=clock() - DAY)
    claimed = outbox.claim(delivery.endpoint_id)
    assert claimed is not None
    assert claimed.delivery_id == delivery.pk
    delivering.attempt(claimed, carriers(seconds))
    delivery.refresh_from_db()
    return delivery
