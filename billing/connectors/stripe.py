"""Stripe, by its own SDK: what was paid there becomes orders, and overage goes there to be paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.connectors.contract import OTHER_FORM, Connector
from billing.connectors.exchange import SECONDS
from billing.connectors.stripe_amounts import name_of
from billing.connectors.stripe_client import ACCOUNT, ADDRESS, KEY, USUAL_ADDRESS, Caller
from billing.connectors.stripe_events import (
    DELETED,
    REFUNDS,
    TYPES,
    event_page,
    prove,
    record_of,
)
from billing.connectors.stripe_finding import FOUND, found_for
from billing.connectors.stripe_reading import TARGETS, customer_wish, sale_wishes
from billing.connectors.stripe_sending import PREFIX, items_between, sent_fields, sent_item
from billing.connectors.stripe_sold import sales_named, sold_between
from billing.rules.connecting import (
    FIELDS,
    INVOICE_ITEM,
    Access,
    Checked,
    Gone,
    Incoming,
    Incomplete,
    Listed,
    Message,
    Nothing,
    NotSetUp,
    Page,
    Record,
    Sent,
    Setting,
    Sold,
    Unreachable,
    Unreadable,
    Wish,
)
from billing.rules.content import parsed
from billing.rules.mapping import Mapped

SIGNING = "signing_secret"
EVENTS = "events"
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stripe(Connector):
    """Events in, by webhook and fetched; invoice items and metadata out."""

    kind = "stripe"
    title = "Stripe"
    settings = (
        Setting(KEY, "Restricted key", "Begins with rk_. The how-to names its permissions.", is_secret=True),
        Setting(SIGNING, "Signing secret", "Of the webhook endpoint; begins with whsec_.", is_secret=True),
        Setting(
            ACCOUNT, "Connected account", "Where the key is a platform's: acct_ and more.", is_needed=False
        ),
        Setting(ADDRESS, "Address", default=USUAL_ADDRESS),
    )
    targets = TARGETS
    streams = (EVENTS,)
    sends = frozenset({FIELDS, INVOICE_ITEM})
    lists = frozenset({INVOICE_ITEM})
    sells = True

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def verify(self, access: Access, incoming: Incoming) -> Record:
        access.secret(SIGNING)
        prove(access.secrets[SIGNING], incoming)
        return self.record_in(incoming.body)

    def record_in(self, body: bytes) -> Record:
        return record_of(parsed(body))

    def complete(self, access: Access, record: Record) -> Record:
        if record.kind not in TYPES or record.kind == DELETED:
            return record
        content = record.content
        if why := _why_left(access, content):
            return _with(record, {"why": why})
        caller = Caller(access, self._seconds)
        try:
            found = found_for(caller, record.kind, content["data"]["object"])
        except OTHER_FORM as fault:
            raise Unreachable(f"It answered with objects of another form: {fault!r}"[:300]) from fault
        return _with(record, found | {"at": _instant(access)})

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        if record.kind not in TYPES:
            return [Nothing(f"Events of the type {record.kind[:80]} are not followed.")]
        try:
            return _wishes(record, mapped)
        except OTHER_FORM as fault:
            raise Unreadable(f"An object of Stripe's has another form: {fault!r}"[:300], FOUND) from fault

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        return event_page(Caller(access, self._seconds), cursor)

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        sent = {FIELDS: sent_fields, INVOICE_ITEM: sent_item}
        return [sent[each.kind](Caller(access, self._seconds), access, each) for each in messages]

    def listed(self, access: Access, kind: str, since: datetime, until: datetime) -> Sequence[Listed]:
        return items_between(Caller(access, self._seconds), access, since, until)

    def sold(self, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
        return _in_form(sold_between(Caller(access, self._seconds), _instant(access), since, until))

    def sales_named(self, access: Access, names: Sequence[str]) -> Iterator[Sold]:
        return _in_form(sales_named(Caller(access, self._seconds), _instant(access), names))

    def check(self, access: Access) -> Checked:
        caller = Caller(access, self._seconds)
        said = _account_name(caller)
        lacking = [what for what, ask in _reads(caller).items() if not _may(caller, ask)]
        if lacking:
            raise NotSetUp(f"The key may not read {', '.join(lacking)}.")
        return Checked(said)


def _instant(access: Access) -> int:
    """Since when what is asked for is at least so new, in microseconds since 1970."""
    return (access.at - _EPOCH) // MICROSECOND


def _in_form(sales: Iterator[Sold]) -> Iterator[Sold]:
    """The same; Unreachable where Stripe answers with objects of another form."""
    try:
        yield from sales
    except (*OTHER_FORM, Unreadable) as fault:
        raise Unreachable(f"It answered with objects of another form: {fault!r}"[:300]) from fault


def _with(record: Record, found: Mapping[str, Any]) -> Record:
    return replace(record, content={**record.content, FOUND: found})


def _why_left(access: Access, content: Mapping[str, Any]) -> str:
    """Why an event concerns us in no way; empty where it may."""
    account = content.get("account")
    if account and account != access.settings.get(ACCOUNT):
        return f"It is of the account {account}."
    asked = content.get("request")
    key = asked.get("idempotency_key") if isinstance(asked, dict) else None
    if isinstance(key, str) and key.startswith(f"{PREFIX}{access.code}:"):
        return "It tells what we wrote there ourselves."
    return ""


def _wishes(record: Record, mapped: Mapped) -> Sequence[Wish]:
    content = record.content
    if record.kind == DELETED:
        return [Gone(name_of(content["data"]["object"]))]
    if FOUND not in content:
        raise Incomplete("The event was not completed.", FOUND)
    found = content[FOUND]
    if "why" in found:
        return [Nothing(str(found["why"]))]
    if "customer" in found:
        customer = found["customer"]
        return [Gone(name_of(customer)) if customer.get("deleted") else customer_wish(customer, mapped)]
    if not found["sales"]:
        return [Nothing("The payment belongs to no session and to no invoice.")]
    is_refund, at = record.kind in REFUNDS, int(found["at"])
    return [wish for bundle in found["sales"] for wish in sale_wishes(bundle, at, is_refund, mapped)]


def _account_name(caller: Caller) -> str:
    try:
        account = caller.one(caller.v1.accounts.retrieve_current)
    except NotSetUp:
        return "The key works; it may not read the account's name."
    shown = ((account.get("settings") or {}).get("dashboard") or {}).get("display_name")
    name = shown or (account.get("business_profile") or {}).get("name") or account["id"]
    return f"Connected to {name} ({account['id']})."


def _reads(caller: Caller) -> Mapping[str, Any]:
    v1 = caller.v1
    return {
        "events": v1.events.list,
        "customers": v1.customers.list,
        "Checkout sessions": v1.checkout.sessions.list,
        "invoices": v1.invoices.list,
        "invoice items": v1.invoice_items.list,
        "subscriptions": v1.subscriptions.list,
        "prices": v1.prices.list,
        "products": v1.products.list,
        "charges": v1.charges.list,
        "refunds": v1.refunds.list,
        "credit notes": v1.credit_notes.list,
        "disputes": v1.disputes.list,
    }


def _may(caller: Caller, ask: Any) -> bool:
    try:
        caller.one(ask, limit=1)
    except NotSetUp:
        return False
    return True
