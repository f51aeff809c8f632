"""The operation by which outside systems tell us things."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from config.http.operations import Answer, Operation
from config.http.query import NoParameters
from config.http.shapes import Open
from usage.api.answered import Answered, Id

CONNECTIONS = "Connections"


class TakenEvent(Answered):
    """An event that is durable. Applied in the background, within seconds."""

    id: Id
    duplicate: Annotated[bool, Meta(description="True where it was told before: this call changed nothing.")]


class ToldEvent(Open):
    """Whatever the outside system sends, as JSON. The connection's mapping says what is read of it."""


EVENT_ID = "01996f60-11a0-7b24-9a6b-718293041526"
CONNECTION = "shop"
EVENT = {
    "type": "order",
    "external_id": "SO-2041",
    "version": 1,
    "account": "acme",
    "lines": [{"line": "pack", "sku": "pack-5000", "quantity": 2, "amount": "180", "currency": "USD"}],
}
TAKEN = {"id": EVENT_ID, "duplicate": False}

TELL = Operation[ToldEvent, NoParameters](
    "tell",
    CONNECTIONS,
    "Tell something as an outside system",
    [Answer(202, "Kept for good, and applied in the background.", TakenEvent, example=TAKEN)],
    description="For systems that people connected in the admin. No key is sent: the call is signed as the vendor "
    "signs, and whoever can't be verified is answered 401 and leaves nothing. Of kind `webhook` that is the Standard "
    "Webhooks specification: `webhook-id`, `webhook-timestamp` in seconds and within five minutes, and "
    "`webhook-signature`, which is `v1,` and the base64 of the HMAC-SHA256 of id, timestamp and body, joined by dots, "
    "keyed with the bytes whose base64 follows `whsec_`. The same id again is a duplicate; with another body it is "
    "refused, and the first stays.",
    body=ToldEvent,
    is_signed=True,
    problems=["not_found", "idempotency_key_reused"],
    path_values={"code": CONNECTION},
    body_example=EVENT,
)
