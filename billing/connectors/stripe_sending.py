"""What is told to Stripe: overage as invoice items, figures as metadata of customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any

from billing.connectors.stripe_client import Caller
from billing.connectors.stripe_money import from_units, to_units
from billing.rules.connecting import Access, Listed, Message, Refused, Sent, Unreachable
from billing.rules.deliveries import Answer
from config.kernel.amounts import MONEY_PLACES, exact, plain

OUR_KEY, ROUNDED, DOCUMENT = "tokendesk_key", "tokendesk_amount", "tokendesk_document"
PREFIX = "tokendesk:"
LONGEST_KEY = 255
MOST_NAMES, LONGEST_NAME, LONGEST_VALUE = 50, 40, 500


def idempotency_key(access: Access, message: Message) -> str:
    """The key that goes along: of the connection too, for others may send to the same account."""
    key = f"{PREFIX}{access.code}:{message.key}"
    return key if len(key) <= LONGEST_KEY else f"{PREFIX}{access.code}:{sha256(key.encode()).hexdigest()}"


def sent_item(caller: Caller, access: Access, message: Message) -> Sent:
    """Put an item on the customer's next invoice, once a key for good.

    Stripe forgets keys after a day, so the items that the customer has are looked through first.
    Raises as `Caller.one`, but for Refused.
    """
    key = idempotency_key(access, message)
    try:
        for item in caller.all(caller.v1.invoice_items.list, customer=message.subject):
            if (item.get("metadata") or {}).get(OUR_KEY) == key:
                return Sent(_answer(caller), item["id"])
        params = _item(message, key)
        made = caller.one(partial(caller.v1.invoice_items.create, options={"idempotency_key": key}), **params)
    except Refused as refusal:
        return Sent(_refusal(refusal))
    return Sent(_answer(caller), made["id"])


def items_between(caller: Caller, access: Access, since: datetime, until: datetime) -> list[Listed]:
    """The items that this connection made, by the exact amounts that they stand for.

    Raises as `Caller.all`, and Unreachable where an item has another form.
    """
    ours = f"{PREFIX}{access.code}:"
    bounds = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
    rows = caller.all(caller.v1.invoice_items.list, created=bounds)
    try:
        return [_listed(row) for row in rows if (row.get("metadata") or {}).get(OUR_KEY, "").startswith(ours)]
    except (KeyError, ValueError, TypeError, AttributeError) as fault:
        raise Unreachable(f"It answered with items of another form: {fault!r}"[:300]) from fault


def _listed(row: Mapping[str, Any]) -> Listed:
    currency = str(row["currency"]).upper()
    amount = from_units(int(row["amount"]), currency)
    if rounded := row["metadata"].get(ROUNDED):
        amount = exact(str(rounded).split()[0], places=MONEY_PLACES)
    return Listed(row["id"], amount, currency, datetime.fromtimestamp(int(row["date"]), UTC))


def _item(message: Message, key: str) -> dict[str, Any]:
    """An invoice item. What rounding to what can be charged took or gave stands beside it, in `ROUNDED`.

    Raises Refused.
    """
    content = message.content
    try:
        amount = exact(str(content["amount"]), places=MONEY_PLACES)
        currency = str(content["currency"])
        period = _month(content.get("period"))
    except (KeyError, ValueError, TypeError) as fault:
        raise Refused(f"The message is no invoice item: {fault!r}.", 0) from fault
    units = to_units(amount, currency)
    params: dict[str, Any] = {
        "customer": message.subject,
        "amount": units,
        "currency": currency.lower(),
        "description": str(content.get("description") or "")[:500],
        "metadata": {OUR_KEY: key},
    }
    if from_units(units, currency) != amount:
        params["metadata"][ROUNDED] = f"{plain(amount)} {currency}"
    if document := content.get("document"):
        params["metadata"][DOCUMENT] = str(document)[:LONGEST_VALUE]
    return params | period


def _month(said: Any) -> dict[str, Any]:
    """The period that an item is shown with: a month of UTC.

    Raises ValueError.
    """
    if not said:
        return {}
    begin = datetime.strptime(str(said), "%Y-%m").replace(tzinfo=UTC)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return {"period": {"start": int(begin.timestamp()), "end": int(end.timestamp())}}


def sent_fields(caller: Caller, access: Access, message: Message) -> Sent:
    """Write figures to the customer's metadata; one that is empty takes its name away.

    Raises as `Caller.one`, but for Refused.
    """
    key = idempotency_key(access, message)
    try:
        metadata = _metadata(message.content)
        found = caller.one(
            partial(caller.v1.customers.update, options={"idempotency_key": key}),
            message.subject,
            metadata=metadata,
        )
    except Refused as refusal:
        return Sent(_refusal(refusal))
    return Sent(_answer(caller), found["id"])


def _metadata(content: Mapping[str, Any]) -> dict[str, str]:
    """Raises Refused where a name or a value is longer than Stripe keeps."""
    if len(content) > MOST_NAMES:
        raise Refused(f"Stripe keeps {MOST_NAMES} fields of a customer at most.", 0)
    found = {}
    for name, value in content.items():
        text = plain(value) if isinstance(value, Decimal) else "" if value is None else str(value)
        if len(name) > LONGEST_NAME or "[" in name or "]" in name:
            raise Refused(f"{name} is no name of {LONGEST_NAME} characters at most without brackets.", 0)
        if len(text) > LONGEST_VALUE:
            raise Refused(f"{name} has more than {LONGEST_VALUE} characters.", 0)
        found[name] = text
    return found


def _answer(caller: Caller) -> Answer:
    reply = caller.guarded.reply
    return reply.answer() if reply else Answer()


def _refusal(refusal: Refused) -> Answer:
    return replace(Answer(refusal.status or None, str(refusal), refusal.excerpt), is_final=True)
