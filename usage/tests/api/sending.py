"""Events as producers send them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from usage.models import Event, EventIdentity, WaitingEvent
from usage.tests.api.client import Answer, ApiClient

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(account: str = "acme", id: str = "e-1", **more: Any) -> dict[str, Any]:
    """An event of ten units of `chat.input`."""
    sent = {"specversion": "1.0", "id": id, "source": "/gateway", "type": "chat.input", "subject": account}
    data = {"quantity": "10", **more.pop("data", {})}
    return {**sent, "data": data, **more}


def without(name: str, sent: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sent.items() if key != name}


def send(client: ApiClient, body: object, media_type: str = STRUCTURED, **headers: str) -> Answer:
    return client.post("/events", body, once=None, CONTENT_TYPE=media_type, **headers)


def in_headers(**more: str) -> dict[str, str]:
    """The attributes of that event as headers; an empty one is left out."""
    said = {"specversion": "1.0", "id": "e-1", "source": "/gateway", "type": "chat.input", "subject": "acme"}
    return {f"HTTP_CE_{name.upper()}": value for name, value in (said | more).items() if value}


def kept() -> QuerySet[Event]:
    """The events that came from here; other tests may have left theirs."""
    return Event.objects.filter(source="/gateway")


def identities() -> QuerySet[EventIdentity]:
    return EventIdentity.objects.filter(source="/gateway")


def waiting() -> QuerySet[WaitingEvent]:
    return WaitingEvent.objects.filter(event_id__in=kept().values("id"))
