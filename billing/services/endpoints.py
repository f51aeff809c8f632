"""Webhook endpoints: made, changed, switched on and off, given new secrets, tried.

Every change is made at the switchboard, at an instant of the database's clock, so that their history says who was to be
told of what.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import UnknownEndpoint
from billing.models import Delivery, Endpoint, EndpointSecret, News
from billing.rules import sealing
from billing.rules.news_types import TRIAL_RUN, TYPES, unknown
from billing.rules.signatures import SECRET_BYTES, secret_text
from billing.rules.targets import target_of, why_closed
from billing.services import outbox, switchboard
from billing.services.writing import keys
from config.kernel.errors import Conflict, InvalidRequest
from config.kernel.signing import signed

OLD_SECRET_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EndpointWish:
    """What an endpoint is to be. name: for people. types: of news, one or more."""

    name: str
    url: str
    types: Sequence[str]


@dataclass(frozen=True, slots=True)
class Issued:
    """An endpoint and its new secret, which is shown once."""

    endpoint: Endpoint
    secret: str


@transaction.atomic
def create(*, wish: EndpointWish, user: User | None = None, reason: str = "") -> Issued:
    """Make an endpoint, which is on and is told of what happens from now. Answers it with its secret.

    Raises InvalidRequest.
    """
    _check(wish)
    now = switchboard.take()
    endpoint = Endpoint(name=wish.name, url=wish.url, types=list(wish.types), created_at=now)
    _save(endpoint, now, user, reason)
    return Issued(endpoint, _new_secret(endpoint, now))


@transaction.atomic
def change(*, endpoint_id: int, wish: EndpointWish, user: User | None = None, reason: str = "") -> Endpoint:
    """Let an endpoint be called elsewhere or told of other types, from now; what waits for it goes to the new URL.

    Raises InvalidRequest, UnknownEndpoint.
    """
    _check(wish)
    now = switchboard.take()
    endpoint = _locked(endpoint_id)
    endpoint.name, endpoint.url, endpoint.types = wish.name, wish.url, list(wish.types)
    return _save(endpoint, now, user, reason)


@transaction.atomic
def switch_off(*, endpoint_id: int, user: User | None = None, reason: str = "") -> int:
    """Tell an endpoint of nothing any more; what still waits for it is given up. Answers how much that was.

    One that is off already stays as it is.

    Raises UnknownEndpoint.
    """
    now = switchboard.take()
    endpoint = _locked(endpoint_id)
    if not endpoint.is_on:
        return 0
    endpoint.is_on = False
    _save(endpoint, now, user, reason)
    said = f"The endpoint was switched off. {reason}".strip()
    return outbox.give_up_waiting(endpoint_id=endpoint.pk, reason=said)


@transaction.atomic
def switch_on(*, endpoint_id: int, user: User | None = None, reason: str = "") -> Endpoint:
    """Tell an endpoint again of what happens from now. What was given up meanwhile can be sent again.

    Raises UnknownEndpoint.
    """
    now = switchboard.take()
    endpoint = _locked(endpoint_id)
    if endpoint.is_on:
        return endpoint
    endpoint.is_on = True
    return _save(endpoint, now, user, reason)


@transaction.atomic
def rotate_secret(*, endpoint_id: int, user: User | None = None, reason: str = "") -> Issued:
    """Give an endpoint a new secret. The old one signs beside it for OLD_SECRET_LASTS; older ones end now.

    Raises UnknownEndpoint.
    """
    now = switchboard.take()
    endpoint = _locked(endpoint_id)
    EndpointSecret.objects.filter(endpoint=endpoint, ends_at__isnull=False).delete()
    EndpointSecret.objects.filter(endpoint=endpoint).update(ends_at=now + OLD_SECRET_LASTS)
    secret = _new_secret(endpoint, now)
    return Issued(_save(endpoint, now, user, f"New secret. {reason}".strip()), secret)


@transaction.atomic
def try_out(*, endpoint_id: int, user: User | None = None) -> Delivery:
    """Send an endpoint a piece of news of no consequence. Answers its delivery, which waits.

    Raises UnknownEndpoint, Conflict where it is off.
    """
    now = switchboard.take()
    endpoint = _locked(endpoint_id)
    if not endpoint.is_on:
        raise Conflict("The endpoint is off.")
    data = {"endpoint": endpoint.name, "asked_by": user.get_username() if user else None}
    fact = f"{endpoint.pk}:{uuid4()}"
    news = News.objects.create(kind=TRIAL_RUN, fact=fact, occurred_at=now, recorded_at=now, data=data)
    return Delivery.objects.create(news=news, endpoint=endpoint, created_at=now, next_at=now)


def seal_anew() -> int:
    """Seal with the present SECRET_KEY what a former one sealed, and forget secrets that sign no more.

    Answers how many were sealed. What no key opens stays as it is.
    """
    count = 0
    with transaction.atomic():
        now = switchboard.take()
        EndpointSecret.objects.filter(ends_at__lte=now).delete()
        for secret in EndpointSecret.objects.select_for_update().order_by("pk"):
            if not sealing.is_current(secret.sealed, keys()) and (text := _opened(secret)):
                secret.sealed = sealing.seal(text, keys())
                secret.save(update_fields=["sealed"])
                count += 1
    return count


def _opened(secret: EndpointSecret) -> str:
    try:
        return sealing.opened(secret.sealed, keys())
    except sealing.Unreadable:
        return ""


def _check(wish: EndpointWish) -> None:
    """Raises InvalidRequest."""
    if not wish.types or unknown(list(wish.types)):
        raise InvalidRequest.at("/types", f"Choose one or more of {', '.join(TYPES)}.")
    try:
        target = target_of(wish.url)
    except ValueError as fault:
        raise InvalidRequest.at("/url", str(fault)) from fault
    address = target.address
    if address is not None and not target.is_among(settings.WEBHOOK_PRIVATE_HOSTS) and why_closed(address):
        raise InvalidRequest.at("/url", f"{target.host} is no public address ({why_closed(address)}).")


def _locked(endpoint_id: int) -> Endpoint:
    endpoint = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None:
        raise UnknownEndpoint("There is no such webhook endpoint.")
    return endpoint


def _save(endpoint: Endpoint, now: datetime, user: User | None, reason: str) -> Endpoint:
    dated: Any = signed(endpoint, user, reason)
    dated._history_date = now
    dated.save()
    return endpoint


def _new_secret(endpoint: Endpoint, now: datetime) -> str:
    text = secret_text(randomness.token_bytes(SECRET_BYTES))
    EndpointSecret.objects.create(endpoint=endpoint, sealed=sealing.seal(text, keys()), created_at=now)
    return text
