"""Stripe's events: proven where they are sent here, and fetched in case one never arrived."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from billing.connectors.stripe_client import PAGE, Caller, rows_of
from billing.rules.connecting import Incoming, Page, Record, Refused, Unreachable, Unreadable, Unverified

SIGNATURE = "stripe-signature"
TOLERANCE = 300
"""How far the stamp of a signature may lie from the present; in seconds."""
OVERLAP = 600
"""How much of what was fetched is fetched again, for what is listed late; in seconds."""
DELETED = "customer.deleted"
CREDITED = "credit_note.created"
REFUNDS = frozenset({"charge.refunded", "refund.created", "refund.updated", "refund.failed", CREDITED})
TYPES = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.updated",
    "charge.refunded",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    CREDITED,
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.paid",
    "refund.created",
    "refund.failed",
    "refund.updated",
)
"""The events that are followed: as many as one list can be asked for."""


def prove(secrets: Sequence[str], incoming: Incoming) -> None:
    """Whether Stripe sent it, by any of the secrets, and now.

    Raises Unverified.
    """
    header = incoming.headers.get(SIGNATURE, "")
    if not any(_is_signed(header, incoming.body, secret) for secret in secrets):
        raise Unverified("No signature of Stripe's fits the body.")
    stamp = next(part for part in header.split(",") if part.startswith("t=")).split("=")[1]
    if abs(incoming.at.timestamp() - int(stamp)) > TOLERANCE:
        raise Unverified(f"The signature is not of the last {TOLERANCE} seconds.")


def _is_signed(header: str, body: bytes, secret: str) -> bool:
    """By the SDK, but for the time, which is the caller's, and for bytes that are no text, which it does not take."""
    from stripe import SignatureVerificationError, WebhookSignature

    if not header.isascii():
        return False
    try:
        return bool(WebhookSignature.verify_header(body, header, secret, tolerance=None))
    except SignatureVerificationError:
        return False
    except UnicodeDecodeError:
        said = [part.partition("=") for part in header.split(",")]
        stamps = [text for name, _, text in said if name == "t"]
        mark = hmac.new(secret.encode(), f"{''.join(stamps[:1])}.".encode() + body, sha256).hexdigest()
        return any(compare_digest(mark, text) for name, _, text in said if name == "v1")


def record_of(event: Any) -> Record:
    """The record that an event is.

    Raises Unreadable.
    """
    if not isinstance(event, dict) or event.get("object") != "event":
        raise Unreadable("It is no event of Stripe's.", "object")
    name, kind, created = (event.get(field) for field in ("id", "type", "created"))
    if not (isinstance(name, str) and name and isinstance(kind, str) and isinstance(created, int)):
        raise Unreadable("It is no event of Stripe's: id, type or created is missing.", "id")
    if not isinstance(event.get("data"), dict) or not isinstance(event["data"].get("object"), dict):
        raise Unreadable("The event is about nothing.", "data.object")
    try:
        occurred_at = datetime.fromtimestamp(created, UTC)
    except (ValueError, OverflowError, OSError) as fault:
        raise Unreadable("created is no time.", "created") from fault
    return Record(name, kind, event, occurred_at, bytes_vary=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a walk from the newest event to older ones has come to.

    since: older ones were fetched by former walks; 0: by none. newest: of this walk. after: the last event read.
    """

    since: int = 0
    newest: int = 0
    after: str = ""


def event_page(caller: Caller, cursor: str) -> Page:
    """A page of a walk back from the newest event to what former walks have fetched, and some more.

    Stripe lists the newest first and keeps 30 days. What happens meanwhile is the next walk's. Raises as `Caller.one`.
    """
    place = _read(cursor)
    params: dict[str, Any] = {"types": list(TYPES), "limit": PAGE}
    if place.since:
        params["created"] = {"gte": place.since}
    if place.after:
        params["starting_after"] = place.after
    try:
        answer = caller.one(caller.v1.events.list, **params)
    except Refused as refusal:
        if not (place.after and "starting_after" in refusal.excerpt):
            raise
        return Page([], _written(_Place(place.since)), is_last=False)
    rows = rows_of(answer)
    try:
        records = [record_of(row) for row in reversed(rows)]
    except Unreadable as fault:
        raise Unreachable(f"It listed what is no event: {fault}", 200) from fault
    newest = max([place.newest, *(row["created"] for row in rows)])
    if answer.get("has_more") and rows:
        return Page(records, _written(_Place(place.since, newest, rows[-1]["id"])), is_last=False)
    return Page(records, _written(_Place(max(place.since, newest - OVERLAP))))


def _read(cursor: str) -> _Place:
    said: Mapping[str, Any] = json.loads(cursor) if cursor else {}
    return _Place(said.get("since", 0), said.get("newest", 0), said.get("after", ""))


def _written(place: _Place) -> str:
    return json.dumps({"since": place.since, "newest": place.newest, "after": place.after})
