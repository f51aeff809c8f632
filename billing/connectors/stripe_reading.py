"""What Stripe's objects come to: customers, orders, and what was given back of them. Decision 0040 says why so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.connectors.stripe_amounts import Bundle, customer_of, name_of, net_units
from billing.connectors.stripe_finding import SESSION, SUBSCRIPTION, is_invoiced
from billing.connectors.stripe_left import Sold, left_of, refunds_of
from billing.connectors.stripe_money import from_units
from billing.connectors.stripe_sending import OUR_KEY
from billing.rules.connecting import Customer, Nothing, Sale, SaleLine, Unreadable, Wish
from billing.rules.mapping import OUT, Mapped, Target

TARGETS = (
    Target(
        "sale",
        "account",
        "Account's reference",
        "session.client_reference_id || object.metadata.account || customer.metadata.account",
        help="Where it is empty, the account that the customer is linked to.",
    ),
    Target(
        "line",
        "sku",
        "SKU",
        "metadata.sku || price.metadata.sku || price.product.metadata.sku || price.lookup_key",
        help="A line without one is not ours.",
    ),
    Target("line", "quantity", "Quantity", "quantity"),
    Target(
        "subscription",
        "state",
        "State",
        "status",
        help="A status of Stripe's, or active, cancelled or waiting.",
    ),
    Target("customer", "reference", "Account's reference", "metadata.account"),
    Target("customer", "name", "Name", "name"),
    Target("customer", "available", "Tokens available", "tokendesk_available", OUT),
    Target("customer", "overage", "Overage", "tokendesk_overage", OUT),
    Target("customer", "burn_a_day", "Tokens a day", "tokendesk_burn_a_day", OUT),
    Target("customer", "runs_out_on", "Runs out on", "tokendesk_runs_out_on", OUT),
    Target("customer", "trial", "Trial", "tokendesk_trial", OUT),
    Target("customer", "plan", "Plan", "", OUT),
    Target("customer", "last_used_at", "Last used", "", OUT),
)

ACTIVE, CANCELLED, WAITING = "active", "cancelled", "waiting"
STATES = {
    "trialing": ACTIVE,
    "past_due": ACTIVE,
    "canceled": CANCELLED,
    "unpaid": CANCELLED,
    "incomplete_expired": CANCELLED,
    "paused": CANCELLED,
    "incomplete": WAITING,
}
LONGEST_BACK = timedelta(days=34)
MICROSECONDS = 1_000_000
"""Versions are instants in these."""


def customer_wish(customer: Mapping[str, Any], mapped: Mapped) -> Wish:
    """An account where the customer names one."""
    if not (reference := mapped.text("customer", "reference", customer)):
        return Nothing("The customer names no account; its first sale may.")
    return _customer(customer, reference, mapped)


def sale_wishes(bundle: Bundle, at: int, is_refund: bool, mapped: Mapped) -> Iterator[Wish]:
    """What one sale comes to. at: since when its objects are at least so new, in microseconds since 1970.

    is_refund: what happened is a refund, and what was sold is told elsewhere. Raises Unreadable.
    """
    if why := _why_not(bundle, mapped):
        if customer := _linked(bundle, mapped.text("sale", "account", bundle), mapped):
            yield customer
        yield Nothing(why)
        return
    if (sold := _ours(bundle, mapped)) is None:
        yield Nothing("No line names a SKU, so nothing of it is ours.")
        return
    refunds = [] if sold.is_subscription else list(refunds_of(sold))
    if not is_refund or sold.is_subscription:
        if customer := _linked(bundle, sold.account, mapped):
            yield customer
        yield _sale(sold, at, mapped)
    yield from refunds
    if is_refund and not sold.is_subscription and not refunds:
        yield Nothing("No money has gone back yet.")


def _why_not(bundle: Bundle, mapped: Mapped) -> str:
    """Why nothing was sold by it; empty where something was."""
    thing = bundle["object"]
    if bundle["of"] == SUBSCRIPTION:
        if _state(thing, mapped) == WAITING or bundle["invoice"] is None:
            return "Nothing was paid of the subscription yet."
        return ""
    if bundle["of"] == SESSION:
        if thing["mode"] != "payment":
            return f"A session of the mode {thing['mode']} sells nothing by itself."
        if is_invoiced(thing):
            return "Its invoice tells what was sold."
        return "It is not paid yet." if thing["payment_status"] == "unpaid" else ""
    return "" if thing["status"] == "paid" else f"The invoice is {thing['status']}: nothing was given for it."


def _ours(bundle: Bundle, mapped: Mapped) -> Sold | None:
    """The lines that name a SKU; what we billed ourselves is left out.

    Raises Unreadable.
    """
    lines = [line for line in bundle["lines"] if OUR_KEY not in (line.get("metadata") or {})]
    named = [(mapped.text("line", "sku", line), line) for line in lines]
    kept = [(sku, line) for sku, line in named if sku]
    if not kept:
        return None
    account = mapped.text("sale", "account", bundle)
    if not account and customer_of(bundle) is None:
        where = mapped.rules["sale", "account"].expression
        raise Unreadable("The sale names neither an account nor a customer.", where)
    return Sold(bundle, kept, [net_units(bundle, line) for _, line in kept], account)


def _linked(bundle: Bundle, account: str, mapped: Mapped) -> Customer | None:
    customer = customer_of(bundle)
    if not account or customer is None or customer.get("deleted"):
        return None
    return _customer(customer, account, mapped)


def _customer(customer: Mapping[str, Any], reference: str, mapped: Mapped) -> Customer:
    """Checkout makes a customer for every purchase of one that it isn't told: several are one account."""
    name = mapped.text("customer", "name", customer)
    return Customer(name_of(customer), reference, name, is_one_of_several=True)


def _sale(sold: Sold, at: int, mapped: Mapped) -> Sale:
    """The order as it stands. Of money that went back of a subscription, and of what a bank took, nothing is left."""
    bundle, thing = sold.bundle, sold.bundle["object"]
    units = left_of(sold)
    state = _state(thing, mapped) if sold.is_subscription else ACTIVE
    if units is None:
        state, units = CANCELLED, sold.units
    ends_at = thing.get("cancel_at") if sold.is_subscription and state == ACTIVE else None
    ends = _moment(ends_at) if ends_at and ends_at * MICROSECONDS > at else None
    customer = customer_of(bundle)
    return Sale(
        external_id=name_of(thing),
        version=_version(sold, at),
        lines=[
            _line(sold, sku, line, unit, ends, mapped)
            for (sku, line), unit, before in zip(sold.lines, units, sold.units, strict=True)
            if unit or not before
        ],
        account=sold.account,
        customer=name_of(customer) if customer and not sold.account else "",
        state=state,
        starts_at=_start(sold, at),
    )


def _state(subscription: Mapping[str, Any], mapped: Mapped) -> str:
    said = mapped.text("subscription", "state", subscription)
    return STATES.get(said, said)


def _version(sold: Sold, at: int) -> int:
    """What never changes is of the instant of its sale; what may is as new as what was asked for."""
    if sold.is_subscription or sold.is_disputed:
        return at
    thing = sold.bundle["object"]
    return int((thing.get("status_transitions") or {}).get("paid_at") or thing["created"]) * MICROSECONDS


def _start(sold: Sold, at: int) -> datetime | None:
    """When what was sold begins: with its payment, or its period; None, now, where that is too long ago."""
    thing, charges = sold.bundle["object"], sold.bundle["charges"]
    if sold.is_subscription:
        began = min(line["current_period_start"] for _, line in sold.lines)
    else:
        paid_at = (thing.get("status_transitions") or {}).get("paid_at")
        began = paid_at or (charges[0]["created"] if charges else thing["created"])
    start = _moment(began)
    return start if _moment(at // MICROSECONDS) - start <= LONGEST_BACK else None


def _line(
    sold: Sold, sku: str, line: Mapping[str, Any], units: int | None, ends: datetime | None, mapped: Mapped
) -> SaleLine:
    said = mapped.number("line", "quantity", line)
    return SaleLine(
        sku=sku,
        name=name_of(line),
        quantity=Decimal(1) if said is None else said,
        amount=None if units is None else from_units(units, sold.currency),
        currency=sold.currency,
        ends_at=ends,
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
