"""Any system that signs its webhooks by the Standard Webhooks specification, and takes such webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

import orjson

from billing.connectors.contract import Connector
from billing.connectors.exchange import SECONDS, Call, Reply, exchange, settled
from billing.connectors.guarded import LookUp, addresses_of
from billing.rules.connecting import (
    FIELDS,
    SELLER,
    TASK,
    Access,
    Checked,
    Customer,
    Incoming,
    Message,
    Nothing,
    Record,
    Refund,
    Refused,
    Sale,
    SaleLine,
    Sent,
    Setting,
    TrialWish,
    Unreadable,
    Wish,
)
from billing.rules.content import parsed
from billing.rules.mapping import Mapped, Target
from billing.rules.signatures import proven, signature

ORDER = "order"
SIGNING, SENDING, ADDRESS = "signing_secret", "sending_secret", "address"
TYPES = {FIELDS: "account.figures", TASK: "account.task"}
TEST = "connection.test"


def _needed(record: str, name: str, label: str, expression: str) -> Target:
    return Target(record, name, label, expression, is_needed=True)


TARGETS = (
    Target(
        "event", "kind", "What it is", "type || 'order'", help="order, customer, trial, refund or ignore."
    ),
    _needed("order", "external_id", "Order's name", "external_id"),
    Target("order", "version", "Version", "version", help="A number or a time that rises with every change."),
    Target("order", "state", "State", "state", help="active or cancelled."),
    Target("order", "account", "Account's reference", "account"),
    Target(
        "order", "account_name", "Account's name", "account_name", help="Makes the account where it is new."
    ),
    Target("order", "customer", "Customer's id", "customer", help="Instead of the account's reference."),
    Target("order", "starts_at", "Starts at", "starts_at"),
    Target("order", "billing", "Billed by", "billing", help="invoice or external."),
    Target("order", "lines", "Lines", "lines", help="Needed unless it is cancelled."),
    _needed("line", "sku", "SKU", "sku"),
    Target("line", "name", "Line's name", "line"),
    Target("line", "quantity", "Quantity", "quantity"),
    Target("line", "amount", "Amount", "amount", help="Of the whole line."),
    Target("line", "currency", "Currency", "currency"),
    Target("line", "ends_at", "Ends at", "ends_at"),
    _needed("customer", "external_id", "Customer's id", "external_id"),
    Target("customer", "reference", "Account's reference", "account"),
    Target("customer", "name", "Name", "name"),
    _needed("trial", "key", "Key", "external_id"),
    _needed("trial", "offer", "Trial offer's name", "offer"),
    Target("trial", "account", "Account's reference", "account"),
    Target("trial", "customer", "Customer's id", "customer"),
    Target("trial", "reason", "Reason", "reason"),
    _needed("refund", "external_id", "Refund's name", "external_id"),
    _needed("refund", "sale", "Order's name", "order"),
    _needed("refund", "amount", "Amount", "amount"),
    _needed("refund", "currency", "Currency", "currency"),
    Target("refund", "whole", "Is it all of it", "whole", help="true or false."),
    Target("refund", "reason", "Reason", "reason"),
)


class Generic(Connector):
    """Webhooks in, with a mapping whose usual fields are those of our own `POST /orders`; webhooks out, if asked."""

    kind = "webhook"
    title = "Signed webhooks"
    settings = (
        Setting(SIGNING, "Secret they sign with", is_secret=True, is_made_here=True),
        Setting(
            ADDRESS, "Address to send to", "Figures and tasks are sent there as webhooks.", is_needed=False
        ),
        Setting(SENDING, "Secret we sign with", is_secret=True, is_made_here=True),
        SELLER,
    )
    targets = TARGETS
    sends = frozenset(TYPES)

    def __init__(self, seconds: float = SECONDS, look_up: LookUp = addresses_of) -> None:
        self._seconds, self._look_up = seconds, look_up

    def verify(self, access: Access, incoming: Incoming) -> Record:
        access.secret(SIGNING)
        message_id = proven(access.secrets[SIGNING], incoming.headers, incoming.body, incoming.at)
        return replace(self.record_in(incoming.body), external_id=message_id)

    def record_in(self, body: bytes) -> Record:
        """Its name is in no body: a header of the call says it."""
        content = parsed(body)
        if not isinstance(content, dict):
            raise Unreadable("It is no JSON object.")
        kind = content.get("type")
        return Record("", kind if isinstance(kind, str) else ORDER, content)

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        content = record.content
        kind = mapped.text("event", "kind", content)
        match kind:
            case "order":
                return _order(content, mapped)
            case "customer":
                return [_customer(content, mapped)]
            case "trial":
                return [_trial(content, mapped)]
            case "refund":
                return [_refund(content, mapped)]
            case "ignore":
                return [Nothing("Such events are ignored.")]
            case "":
                return [Nothing("Nothing says what it is.")]
        return [Nothing(f"Events of the type {kind[:80]} are not mapped.")]

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        return [self._sent(access, each) for each in messages]

    def check(self, access: Access) -> Checked:
        if not access.settings.get(ADDRESS):
            return Checked("It takes calls; nothing is sent.")
        reply = settled(self._post(access, f"{TEST}.{int(access.at.timestamp())}", TEST, {}))
        return Checked(f"It answered {reply.status} within {reply.milliseconds} ms.")

    def _sent(self, access: Access, message: Message) -> Sent:
        told = {"account": message.subject, **message.content}
        reply = self._post(access, message.key, TYPES[message.kind], told)
        try:
            return Sent(settled(reply, access.at.timestamp()).answer())
        except Refused as refusal:
            return Sent(reply.refusal(str(refusal)))

    def _post(self, access: Access, message_id: str, kind: str, told: Mapping[str, Any]) -> Reply:
        """One signed webhook. The same message has the same id and body at every attempt."""
        body = orjson.dumps({"type": kind, "data": told})
        access.secret(SENDING)
        stamp = int(access.at.timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(access.secrets[SENDING], message_id, stamp, body),
        }
        call = Call(
            "POST", access.setting(ADDRESS), headers, content=body, private_hosts=access.private_hosts
        )
        return exchange(call, self._seconds, self._look_up)


def _order(content: Mapping[str, Any], mapped: Mapped) -> Sequence[Wish]:
    def text(name: str) -> str:
        return mapped.text("order", name, content)

    sale = Sale(
        external_id=mapped.text("order", "external_id", content, is_needed=True),
        version=_version(content, mapped),
        lines=[
            _line(place, each, mapped) for place, each in enumerate(mapped.list("order", "lines", content))
        ],
        account=text("account"),
        customer=text("customer"),
        state=text("state") or "active",
        starts_at=mapped.moment("order", "starts_at", content),
        billing=text("billing") or "external",
    )
    name = text("account_name")
    if name and sale.account:
        return [Customer(sale.customer or sale.account, sale.account, name), sale]
    return [sale]


def _version(content: Mapping[str, Any], mapped: Mapped) -> int:
    """A whole number, or a time in milliseconds since 1970; 1 where neither is said."""
    try:
        number = mapped.number("order", "version", content)
    except Unreadable:
        moment = mapped.moment("order", "version", content)
        number = None if moment is None else Decimal(int(moment.astimezone(UTC).timestamp() * 1000))
    if number is None:
        return 1
    if number != number.to_integral_value() or not 0 <= number < 10**18:
        raise Unreadable("version is no whole number.", mapped.rules["order", "version"].expression)
    return int(number)


def _line(place: int, content: Any, mapped: Mapped) -> SaleLine:
    try:
        quantity = mapped.number("line", "quantity", content)
        return SaleLine(
            sku=mapped.text("line", "sku", content, is_needed=True),
            name=mapped.text("line", "name", content) or None,
            quantity=Decimal(1) if quantity is None else quantity,
            amount=mapped.number("line", "amount", content),
            currency=mapped.text("line", "currency", content) or None,
            ends_at=mapped.moment("line", "ends_at", content),
        )
    except Unreadable as fault:
        raise Unreadable(str(fault), f"lines[{place}].{fault.where}") from fault


def _customer(content: Mapping[str, Any], mapped: Mapped) -> Customer:
    return Customer(
        external_id=mapped.text("customer", "external_id", content, is_needed=True),
        reference=mapped.text("customer", "reference", content),
        name=mapped.text("customer", "name", content),
    )


def _trial(content: Mapping[str, Any], mapped: Mapped) -> TrialWish:
    return TrialWish(
        key=mapped.text("trial", "key", content, is_needed=True),
        offer=mapped.text("trial", "offer", content, is_needed=True),
        account=mapped.text("trial", "account", content),
        customer=mapped.text("trial", "customer", content),
        reason=mapped.text("trial", "reason", content),
    )


def _refund(content: Mapping[str, Any], mapped: Mapped) -> Refund:
    amount = mapped.number("refund", "amount", content)
    whole = mapped.text("refund", "whole", content).lower()
    if whole not in ("", "true", "false"):
        raise Unreadable("whole is neither true nor false.", "whole")
    if amount is None:
        raise Unreadable("There is no amount.", "amount")
    return Refund(
        external_id=mapped.text("refund", "external_id", content, is_needed=True),
        sale=mapped.text("refund", "sale", content, is_needed=True),
        amount=amount,
        currency=mapped.text("refund", "currency", content, is_needed=True),
        is_whole=whole == "true",
        reason=mapped.text("refund", "reason", content),
    )
