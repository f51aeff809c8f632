"""What Stripe has sold by some days, and sales by their names, each as it stands: to be compared with ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from logging import getLogger
from typing import Any

from billing.connectors.stripe_client import Caller, Found
from billing.connectors.stripe_events import TYPES
from billing.connectors.stripe_finding import FOUND, INVOICE, SESSION, SUBSCRIPTION, found_for, is_invoiced
from billing.rules.connecting import Record, Refused, Sold, Unreadable

log = getLogger(__name__)

COMPLETED, PAID, UPDATED = "checkout.session.completed", "invoice.paid", "customer.subscription.updated"
TOLD_BY = {SESSION: COMPLETED, INVOICE: PAID, SUBSCRIPTION: UPDATED}
"""The event that tells each sort of sale."""
PREFIXES = {"cs_": COMPLETED, "in_": PAID, "sub_": UPDATED}
OF_SALES = tuple(
    each for each in TYPES if each not in ("customer.created", "customer.deleted", "customer.updated")
)


def sold_between(caller: Caller, at: int, since: datetime, until: datetime) -> Iterator[Sold]:
    """What was sold, paid anew, changed or given back from `since` and before `until`.

    Lists know when objects were made; what was paid or given back later is known by its event, for 30 days. at: since
    when what is asked is at least so new, in microseconds since 1970. Raises as `Caller.all`, and Unreadable.
    """
    bounds = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
    asked: set[str] = set()
    told: set[str] = set()
    for kind, thing in _things(caller, bounds):
        name = str(thing.get("payment_intent") if _is_of_a_payment(kind) else thing["id"])
        if name in asked:
            continue
        asked.add(name)
        for bundle in _found(caller, kind, thing):
            if (sale := bundle["object"]["id"]) not in told:
                told.add(sale)
                asked.add(sale)
                yield _sold(bundle, at)


def sales_named(caller: Caller, at: int, names: Sequence[str]) -> Iterator[Sold]:
    """The sales of these names, but for what Stripe does not know. Raises as `sold_between`."""
    for name in names:
        kind = next((told for prefix, told in PREFIXES.items() if name.startswith(prefix)), "")
        for bundle in _found(caller, kind, {"id": name}) if kind else ():
            if bundle["object"]["id"] == name:
                yield _sold(bundle, at)


def _found(caller: Caller, kind: str, thing: Found) -> Sequence[Found]:
    """The sales that a thing is of; none where Stripe does not know it, not any more, or has it in another form.

    What is in another form is asked for by the names that we know, and is missing there then.
    """
    try:
        sales: Sequence[Found] = found_for(caller, kind, thing)["sales"]
    except Unreadable as fault:
        log.warning("Stripe has a sale in another form: %s", fault)
        return []
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return []
    return sales


def _things(caller: Caller, bounds: Mapping[str, int]) -> Iterator[tuple[str, Found]]:
    """What may have sold something, with the event that would tell of it."""
    v1 = caller.v1
    for row in caller.all(v1.checkout.sessions.list, created=bounds):
        if row.get("mode") == "payment" and row.get("payment_status") != "unpaid" and not is_invoiced(row):
            yield COMPLETED, row
    for row in caller.all(v1.invoices.list, created=bounds, status="paid"):
        yield PAID, row
    for row in caller.all(v1.subscriptions.list, created=bounds, status="all"):
        yield UPDATED, row
    for event in caller.all(v1.events.list, created=bounds, types=list(OF_SALES)):
        yield event["type"], event["data"]["object"]


def _is_of_a_payment(kind: str) -> bool:
    return kind.startswith(("charge.", "refund."))


def _sold(bundle: Found, at: int) -> Sold:
    """A record as the event would be that tells of the sale now."""
    name, kind = bundle["object"]["id"], TOLD_BY[bundle["of"]]
    if not isinstance(name, str) or not name:
        raise Unreadable("A sale has no name.", "id")
    identity = f"asked:{name}:{at}"
    content: dict[str, Any] = {
        "id": identity,
        "object": "event",
        "type": kind,
        "data": {"object": {"id": name}},
        FOUND: {"sales": [bundle], "at": at},
    }
    return Sold(name, Record(identity, kind, content, bytes_vary=True))
