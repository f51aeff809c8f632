"""The one door through which usage events come in: durable when it answers, and each one once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from psycopg.errors import CheckViolation

from config.kernel.errors import FieldError, Forbidden, IdempotencyKeyReused
from pricing.queries.pricebook import pricebook
from usage.rules.events import Acceptance, SentEvent
from usage.services import partitions
from usage.services.charging import asked

ACCEPT = "SELECT place, outcome FROM usage_accept_v1($1::jsonb)"
ACCEPT_THEN = "SELECT place, outcome FROM usage_accept_v1($1::jsonb, '{now}')"


def accept(
    events: Sequence[SentEvent], *, product_id: int, api_key_id: int, now: datetime | None = None
) -> Acceptance:
    """Take events in, together and in a few statements; they are rated later.

    Whether an account or a rate is there is not asked. A feature of another product is rejected as forbidden, and
    an identity that stands for other content as reused. now: null in production.

    Raises Unavailable.
    """
    done = Acceptance()
    rows = []
    features = pricebook().features({event.feature for event in events})
    for place, event in enumerate(events):
        card = features.get(event.feature)
        if card is not None and card.product_id != product_id:
            done.rejected[place] = _of_another_product(event.feature)
        else:
            rows.append(_row(place, event, product_id, api_key_id))
    known = {int(place): word for place, word in _taken_in(rows, now)} if rows else {}
    for place, word in known.items():
        if word == b"duplicate":
            done.duplicates += 1
        else:
            done.rejected[place] = _reused()
    done.taken = [row["place"] for row in rows if row["place"] not in known]
    return done


def _taken_in(rows: list[dict[str, Any]], now: datetime | None) -> list[list[bytes]]:
    """Those that were known, once all are committed. A month that nobody made is made here."""
    statement = ACCEPT if now is None else ACCEPT_THEN.format(now=now.isoformat())
    written = orjson.dumps(rows, default=str)
    try:
        return asked(statement, written)
    except CheckViolation:
        if not partitions.make_ahead():
            raise
        return asked(statement, written)


def _row(place: int, event: SentEvent, product_id: int, api_key_id: int) -> dict[str, Any]:
    return {
        "place": place,
        "account": event.account,
        "source": event.source,
        "sent_id": event.sent_id,
        "fingerprint": event.fingerprint.hex(),
        "product": product_id,
        "api_key": api_key_id,
        "feature": event.feature,
        "occurred_at": event.occurred_at,
        "quantity": event.quantity,
        "dimensions": event.dimensions,
        "cost": event.cost,
        "cost_currency": event.cost_currency,
        "subject": event.subject,
        "payload": event.payload,
    }


def _of_another_product(feature: str) -> Forbidden:
    fault = FieldError("/type", "The feature belongs to another product.")
    return Forbidden(f"The feature {feature} belongs to another product than this key.", errors=[fault])


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        "This source and id stand for another event of the account already; send a new event under a new id."
    )
