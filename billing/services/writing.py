"""What is sent of a piece of news: a signed webhook, or a mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from django.db.models import Q

from billing.models import Endpoint, EndpointSecret, News, Recipient
from billing.rules import letters, sealing
from billing.rules.deliveries import Answer, Mail, Post
from billing.rules.signatures import signature
from billing.services.outbox import Claimed

AGENT = "Tokendesk-Webhooks/1"
SWITCHED_OFF = Answer(error="It was switched off.", is_final=True)
UNREADABLE = Answer(
    error="Its secret was sealed with another SECRET_KEY: name that one in SECRET_KEY_FALLBACKS, or rotate the secret."
)


def letter_of(claimed: Claimed) -> Post | Mail | Answer:
    """What goes out at this attempt; an answer where nothing can."""
    if claimed.endpoint_id is not None:
        return _post(claimed, Endpoint.objects.get(pk=claimed.endpoint_id))
    return _mail(claimed, Recipient.objects.get(deliveries=claimed.delivery_id))


def body_of(kind: str, occurred_at: datetime, data: dict[str, Any]) -> bytes:
    """The body of a webhook: the same bytes at every attempt."""
    moment = occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": kind, "timestamp": moment, "data": data})


def keys() -> list[str]:
    """What secrets are sealed with, and then what they may have been sealed with before."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def secrets_of(endpoint_id: int, moment: datetime) -> list[str]:
    """The secrets that sign for an endpoint at this instant, the present one first.

    Raises Unreadable.
    """
    rows = EndpointSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=moment), endpoint=endpoint_id)
    return [sealing.opened(each.sealed, keys()) for each in rows.order_by("-pk")]


def _post(claimed: Claimed, endpoint: Endpoint) -> Post | Answer:
    if not endpoint.is_on:
        return SWITCHED_OFF
    try:
        secrets = secrets_of(endpoint.pk, claimed.started_at)
    except sealing.Unreadable:
        return UNREADABLE
    body = body_of(claimed.kind, claimed.occurred_at, claimed.data)
    headers = _headers(News(pk=claimed.news_id).message_id, claimed.started_at, secrets, body)
    return Post(endpoint.url, headers, body, settings.WEBHOOK_PRIVATE_HOSTS)


def _headers(message_id: str, moment: datetime, secrets: Sequence[str], body: bytes) -> dict[str, str]:
    timestamp = int(moment.timestamp())
    return {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id, timestamp, body),
    }


def _mail(claimed: Claimed, recipient: Recipient) -> Mail | Answer:
    if not recipient.is_on:
        return SWITCHED_OFF
    letter = letters.write(claimed.kind, claimed.occurred_at, claimed.data)
    message_id = f"{News(pk=claimed.news_id).message_id}.{recipient.pk}"
    return Mail(recipient.address, letter.subject, letter.text, message_id)
