"""What every connector is held to, by Stripe's stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.connectors.stripe import Stripe
from billing.rules.connecting import FIELDS, Access, Incoming, Message, Record
from billing.tests.connectors.stripe_invoices import Terms
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer, Trouble
from billing.tests.connectors.stripe_told import STRIPE, access, incoming

contract: Any = pytest.importorskip("billing.tests.connectors.contract")
TROUBLES = {
    "throttled": "429",
    "broken": "500",
    "half an answer": "half",
    "garbage": "garbage",
    "beside the point": "list",
    "silent": "hang",
    "token expired": "401",
    "refusing": "400",
}
PREFIX = "tokendesk:till:"


class StripeItself(StripeServer):
    @property
    def asked(self) -> Sequence[Any]:
        return self.calls

    @contextmanager
    def in_trouble(self, trouble: str, *, does_it_first: bool = False) -> Iterator[None]:
        self.trouble = Trouble(TROUBLES[trouble], acts_first=does_it_first)
        try:
            yield
        finally:
            self.trouble = None


def completed(server: StripeServer) -> Iterator[Record]:
    """A sale by session with all that may go back of it, a subscription, customers, and what is not followed."""
    books = server.books
    acme = books.customer("Acme", {"account": "acme"})
    pack = books.price(books.product(metadata={"sku": "pack"}), 1000)
    team = books.price(books.product(metadata={"sku": "team"}), 5000, recurring="month")
    session = books.buy(books.checkout([(pack, 1)], acme, Terms(discount=10, tax=20)))
    books.refund(books.charge_of(session), 100)
    books.dispute(books.charge_of(session), 200)
    books.subscribe(acme, [(team, 1)])
    invoice = books.invoice(acme, [(pack, 1)], Terms(tax=20))
    books.pay(invoice)
    books.credit(invoice, [(invoice["lines"]["data"][0], 500), (None, 100)])
    books.refund_fails(books.refund(books.charge_of(invoice), 100))
    books.delete_customer(books.customer())
    books.tell("balance.available", {"object": "balance"})
    for kind in (
        "customer.created",
        "customer.deleted",
        "refund.created",
        "credit_note.created",
        "charge.dispute.created",
        "invoice.paid",
        "balance.available",
    ):
        mine = access(server)
        yield STRIPE.complete(mine, STRIPE.verify(mine, incoming(server, books.event(kind))))


class TestStripe(  # type: ignore[misc]
    contract.Verifies, contract.Reads, contract.Pulls, contract.Sells, contract.Sends, contract.Checks
):
    customer: str
    sales: set[str]

    def connector(self, seconds: float = contract.PATIENT) -> Stripe:
        return Stripe(seconds)

    def made_stand_in(self) -> StripeItself:
        server = StripeItself()
        books = server.books
        self.customer = [books.customer(str(number))["id"] for number in range(120)][0]
        pack = books.price(books.product(metadata={"sku": "pack"}), 1000)
        acme = books.customer("Acme", {"account": "acme"})
        self.sales = {books.buy(books.checkout([(pack, 1)], acme))["id"] for _ in range(101)}
        return server

    def access(self, vendor: StripeServer) -> Access:
        return access(vendor)

    def signed(self, mine: Access, body: bytes) -> Incoming:
        server = StripeServer()
        server.close()
        server.signing_secret = mine.secrets["signing_secret"][0]
        return Incoming(server.mark(body, int(contract.NOW.timestamp())), body, contract.NOW)

    def bodies(self) -> Sequence[bytes]:
        server = StripeServer()
        server.close()
        server.books.customer("Ü")
        return [json.dumps(event).encode() for event in server.books.events()]

    def records(self) -> Sequence[Record]:
        server = StripeServer()
        try:
            return list(completed(server))
        finally:
            server.close()

    def held(self, vendor: StripeServer, stream: str) -> set[str]:
        return {event["id"] for event in vendor.books.events()}

    def sold_there(self, vendor: StripeServer) -> set[str]:
        return self.sales

    def span(self, vendor: StripeServer) -> tuple[datetime, datetime]:
        now = datetime.fromtimestamp(vendor.books.now(), UTC)
        return now - timedelta(days=1), now + timedelta(days=1)

    def message(self, kind: str, key: str) -> Message:
        content: Tree = {"last": key} if kind == FIELDS else {"amount": "1.50", "currency": "USD"}
        return Message(kind, key, self.customer, content)

    def done(self, vendor: StripeServer) -> list[str]:
        keys = [event["request"]["idempotency_key"] for event in reversed(vendor.books.events())]
        return [key.removeprefix(PREFIX) for key in keys if key]
