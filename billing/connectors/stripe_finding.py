"""What an event of Stripe's is about, as it stands now: fetched, for events carry no lines and old states.

Each sale that an event is about becomes a bundle: `of` (session, invoice or subscription), `object`, the `session` that
sold it, `customer`, `lines`, each with its whole `price`, and what was paid: `charges`, `refunds`, `disputes`, and the
credit `notes` of an invoice. A subscription's are of the invoice of its present period, which is its `invoice`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billing.connectors.stripe_client import Caller, Found
from billing.connectors.stripe_events import CREDITED
from billing.rules.connecting import Unreadable

SESSION, INVOICE, SUBSCRIPTION = "session", "invoice", "subscription"
FOUND = "found"
"""Where a completed record has what was fetched for it."""
PERIODS_BACK = 10
_CHARGE = "payment_intent.latest_charge"


def found_for(caller: Caller, kind: str, thing: Mapping[str, Any]) -> Found:
    """The objects that an event of a kind is about. thing: the object in the event, of which its name is read.

    Raises as `Caller.one`, and Unreadable.
    """
    if kind.startswith("customer.subscription."):
        return {"sales": _of_subscription(caller, _name(thing, "id"))}
    if kind.startswith("customer."):
        return {"customer": caller.one(caller.v1.customers.retrieve, _name(thing, "id"))}
    if kind.startswith("checkout.session."):
        return {"sales": _of_session(caller, _name(thing, "id"))}
    if kind.startswith("invoice."):
        return {"sales": _of_invoice(caller, _name(thing, "id"))}
    if kind == CREDITED:
        return {"sales": _of_invoice(caller, _name(thing, "invoice"))}
    sales = _of_payment(caller, thing.get("payment_intent"))
    if kind.startswith("refund."):
        _put_refund(caller, sales, _name(thing, "id"))
    return {"sales": sales}


def _of_session(caller: Caller, name: str) -> list[Found]:
    session = caller.one(caller.v1.checkout.sessions.retrieve, name, expand=["customer", _CHARGE])
    if session.get("mode") == "subscription" and session.get("subscription"):
        return _of_subscription(caller, session["subscription"])
    bundle: Found = {"of": SESSION, "object": session, "session": session, "customer": session["customer"]}
    if session.get("mode") != "payment" or is_invoiced(session):
        return [bundle | {"lines": [], **_paid(caller, [])}]
    lines = caller.all(
        caller.v1.checkout.sessions.line_items.list, session["id"], expand=["data.price.product"]
    )
    intent = session.get("payment_intent")
    return [bundle | {"lines": lines, **_paid(caller, [intent] if intent else [])}]


def is_invoiced(session: Mapping[str, Any]) -> bool:
    """Whether an invoice tells what a session sold."""
    return bool((session.get("invoice_creation") or {}).get("enabled"))


def _of_invoice(caller: Caller, name: str) -> list[Found]:
    """What was sold once on the invoice, and the subscription that it is of."""
    invoice = caller.one(caller.v1.invoices.retrieve, name, expand=["customer"])
    lines = caller.all(caller.v1.invoices.line_items.list, invoice["id"])
    sold = [line for line in lines if subscription_of(line) is None]
    bundles = []
    if subscription := subscription_of(invoice):
        bundles = _of_subscription(caller, subscription)
    if sold:
        _put_prices(caller, sold)
        paid = _paid_by(caller, invoice)
        intents = [each["payment_intent"] for each in paid["charges"]]
        session = bundles[0]["session"] if bundles else None
        if session is None and intents:
            session = _session(caller, payment_intent=intents[0])
        of = {"of": INVOICE, "object": invoice, "session": session, "customer": invoice["customer"]}
        bundles.append(of | {"lines": sold, **paid})
    return bundles


def _session(caller: Caller, **about: str) -> Found | None:
    """The session that sold it, where one did: it alone has what the shop said about the account."""
    rows = caller.one(caller.v1.checkout.sessions.list, **about, limit=1)["data"]
    return rows[0] if rows else None


def subscription_of(row: Mapping[str, Any]) -> str | None:
    """The subscription of an invoice, or of one of its lines."""
    parent = row.get("parent") or {}
    details = parent.get("subscription_details") or parent.get("subscription_item_details") or {}
    invoiced = parent.get("invoice_item_details") or {}
    found = details.get("subscription") or (
        invoiced.get("subscription") if invoiced.get("proration") else None
    )
    return str(found) if found else None


def _of_subscription(caller: Caller, name: str) -> list[Found]:
    subscription = caller.one(caller.v1.subscriptions.retrieve, name, expand=["customer"])
    lines = caller.all(
        caller.v1.subscription_items.list, subscription=subscription["id"], expand=["data.price.product"]
    )
    paid = caller.one(
        caller.v1.invoices.list, subscription=subscription["id"], status="paid", limit=PERIODS_BACK
    )
    invoice = next((each for each in paid["data"] if _of_a_period(each)), None)
    return [
        {
            "of": SUBSCRIPTION,
            "object": subscription,
            "session": _session(caller, subscription=subscription["id"]),
            "customer": subscription["customer"],
            "lines": lines,
            "invoice": invoice,
            **(_paid_by(caller, invoice) if invoice else _paid(caller, [])),
        }
    ]


def _of_a_period(invoice: Mapping[str, Any]) -> bool:
    """Whether it asks for a period, and not alone for what changed in the course of one."""
    return any(is_of_a_period(line) for line in invoice["lines"]["data"])


def is_of_a_period(line: Mapping[str, Any]) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return bool(details) and not details.get("proration")


def _of_payment(caller: Caller, name: object) -> list[Found]:
    """The sales that a payment paid for: of a session, or of invoices. None where it was taken in another way."""
    if not isinstance(name, str):
        return []
    session = _session(caller, payment_intent=name)
    if session and not is_invoiced(session):
        return _of_session(caller, session["id"])
    payments = caller.all(
        caller.v1.invoice_payments.list, payment={"type": "payment_intent", "payment_intent": name}
    )
    return [bundle for each in payments for bundle in _of_invoice(caller, each["invoice"])]


def _put_prices(caller: Caller, lines: Sequence[Found]) -> None:
    """Give each line of an invoice its whole price, of which it has the name."""
    known: dict[str, Found] = {}
    for line in lines:
        name = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
        if isinstance(name, str):
            if name not in known:
                known[name] = caller.one(caller.v1.prices.retrieve, name, expand=["product"])
            line["price"] = known[name]


def _put_refund(caller: Caller, sales: Sequence[Found], name: str) -> None:
    """Put the refund that an event is about with its sale, where it isn't: one that failed may be the only one."""
    for bundle in sales:
        if all(each["id"] != name for each in bundle["refunds"]):
            refund = caller.one(caller.v1.refunds.retrieve, name)
            if any(charge["id"] == refund["charge"] for charge in bundle["charges"]):
                bundle["refunds"].append(refund)


def _notes_of(caller: Caller, invoice: Mapping[str, Any]) -> list[Found]:
    """The credit notes of an invoice that was paid when they were made, each with all its lines."""
    if not invoice["post_payment_credit_notes_amount"]:
        return []
    notes = caller.all(caller.v1.credit_notes.list, invoice=invoice["id"])
    for note in notes:
        if note["lines"]["has_more"]:
            note["lines"]["data"] = caller.all(caller.v1.credit_notes.line_items.list, note["id"])
    return notes


def _paid_by(caller: Caller, invoice: Mapping[str, Any]) -> Found:
    payments = caller.all(
        caller.v1.invoice_payments.list,
        invoice=invoice["id"],
        status="paid",
        expand=["data.payment.payment_intent.latest_charge"],
    )
    intents = [(each.get("payment") or {}).get("payment_intent") for each in payments]
    return _paid(caller, [each for each in intents if each]) | {"notes": _notes_of(caller, invoice)}


def _paid(caller: Caller, intents: Sequence[Mapping[str, Any]]) -> Found:
    """What was paid by these, and what of it went back."""
    charges = [each["latest_charge"] for each in intents if isinstance(each.get("latest_charge"), dict)]
    refunds: list[Found] = []
    disputes: list[Found] = []
    for charge in charges:
        if charge["amount_refunded"]:
            refunds += caller.all(caller.v1.refunds.list, charge=charge["id"])
        if charge["disputed"]:
            disputes += caller.all(caller.v1.disputes.list, charge=charge["id"])
    return {"charges": charges, "refunds": refunds, "disputes": disputes, "notes": []}


def _name(thing: Mapping[str, Any], field: str) -> str:
    name = thing.get(field)
    if not isinstance(name, str) or not name:
        raise Unreadable("The event names no object.", f"data.object.{field}")
    return name
