"""The stand-in is Stripe to Stripe's own SDK: by its published fields, and by how it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest
import stripe

from billing.tests.connectors.stripe_books import DAY
from billing.tests.connectors.stripe_invoices import Terms
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer

CLASSES = {
    "customers": stripe.Customer,
    "products": stripe.Product,
    "prices": stripe.Price,
    "checkout/sessions": stripe.checkout.Session,
    "items": stripe.LineItem,
    "payment_intents": stripe.PaymentIntent,
    "charges": stripe.Charge,
    "refunds": stripe.Refund,
    "disputes": stripe.Dispute,
    "credit_notes": stripe.CreditNote,
    "credit_note_lines": stripe.CreditNoteLineItem,
    "invoices": stripe.Invoice,
    "lines": stripe.InvoiceLineItem,
    "invoice_payments": stripe.InvoicePayment,
    "invoiceitems": stripe.InvoiceItem,
    "subscriptions": stripe.Subscription,
    "subscription_items": stripe.SubscriptionItem,
    "events": stripe.Event,
}


@pytest.fixture
def client(stripe_server: StripeServer) -> Any:
    """The SDK with an HTTP client of its own."""
    return stripe.StripeClient(
        stripe_server.key, base_addresses={"api": stripe_server.url}, max_network_retries=0
    ).v1


def unknown_fields(row: Mapping[str, Any], known: Any, where: str) -> Iterator[str]:
    inner = getattr(known, "_inner_class_types", {})
    for name, value in row.items():
        if name not in known.__annotations__:
            yield f"{where}.{name}"
        elif isinstance(value, dict) and isinstance(inner.get(name), type):
            yield from unknown_fields(value, inner[name], f"{where}.{name}")


def a_busy_month(server: StripeServer) -> None:
    books = server.books
    acme = books.customer(metadata={"account": "acme"})
    pack = books.price(books.product(), 1000)
    plan = books.price(books.product(), 5000, recurring="month")
    session = books.buy(books.checkout([(pack, 2)], acme, Terms(discount=10, tax=20)))
    books.buy(books.checkout([(plan, 1), (pack, 1)], acme))
    invoice = books.invoice(acme, [(pack, 1)], Terms(tax=20))
    books.pay(invoice)
    books.credit(invoice, [(invoice["lines"]["data"][0], 100)])
    books.refund(books.charge_of(session), 100)
    books.dispute(books.charge_of(session))


class TestTheStandIn:
    def test_has_no_field_that_stripe_does_not_publish(
        self, stripe_server: StripeServer, client: Any
    ) -> None:
        a_busy_month(stripe_server)
        customer = stripe_server.books.tables["customers"][0]["id"]
        client.invoice_items.create({"customer": customer, "amount": 5, "currency": "usd"})
        tables = stripe_server.books.tables

        faults = {
            fault
            for table, known in CLASSES.items()
            for row in tables[table]
            for fault in unknown_fields(row, known, table)
        }

        assert all(tables[table] for table in CLASSES)
        assert faults == set()
        assert (
            stripe_server.books.tables["events"][0]["api_version"]
            == import_module("stripe._api_version")._ApiVersion.CURRENT
        )

    def test_pages_expands_and_refuses_as_published(self, stripe_server: StripeServer, client: Any) -> None:
        names = [stripe_server.books.customer(str(n))["id"] for n in range(5)]
        price = stripe_server.books.price(stripe_server.books.product("Tokens"))

        pages = client.customers.list({"limit": 2})
        earlier = client.customers.list({"limit": 2, "ending_before": names[0]})
        expanded = client.prices.retrieve(price["id"], {"expand": ["product"]})

        assert [each.id for each in pages.auto_paging_iter()] == names[::-1]
        assert ([each.id for each in earlier.data], earlier.has_more) == ([names[2], names[1]], True)
        assert expanded.product.name == "Tokens"
        with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: colour"):
            client.customers.list({"colour": "red"})
        with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_none'") as missing:
            client.customers.retrieve("cus_none")
        assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
        with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
            client.prices.retrieve(price["id"], {"expand": ["a.b.c.d.e"]})

    def test_does_what_a_key_asks_for_once_in_a_day(self, stripe_server: StripeServer, client: Any) -> None:
        customer = stripe_server.books.customer()["id"]
        item: Tree = {"customer": customer, "amount": 5, "currency": "usd"}
        key: Any = {"idempotency_key": "a"}

        first = client.invoice_items.create(item, key)
        again = client.invoice_items.create(item, key)
        with pytest.raises(stripe.IdempotencyError):
            client.invoice_items.create(item | {"amount": 6}, key)
        stripe_server.books.later(DAY)
        forgotten = client.invoice_items.create(item, key)

        assert (first.id, again.last_response.headers["Idempotent-Replayed"]) == (again.id, "true")
        assert forgotten.id != first.id
        assert len(stripe_server.books.tables["invoiceitems"]) == 2

    def test_keeps_a_fault_for_its_key(self, stripe_server: StripeServer, client: Any) -> None:
        item: Tree = {"customer": stripe_server.books.customer()["id"], "amount": 5, "currency": "usd"}

        for trouble in ("late 500", ""):
            stripe_server.fail(trouble, times=1)
            with pytest.raises(stripe.APIError):
                client.invoice_items.create(item, {"idempotency_key": "b"})

        assert len(stripe_server.books.tables["invoiceitems"]) == 1

    def test_has_stripes_errors(self, stripe_server: StripeServer, client: Any) -> None:
        stripe_server.lacks.add("invoices read")

        with pytest.raises(stripe.PermissionError):
            client.invoices.list()
        stripe_server.fail("429", times=1)
        with pytest.raises(stripe.RateLimitError) as limited:
            client.customers.list()
        assert limited.value.json_body["error"]["code"] == "rate_limit"
        stripe_server.fail("garbage", times=1)
        with pytest.raises(stripe.APIError):
            client.customers.list()
        stripe_server.key = "rk_test_new"
        with pytest.raises(stripe.AuthenticationError):
            client.customers.list()

    def test_signs_as_the_sdk_verifies(self, stripe_server: StripeServer) -> None:
        stripe_server.books.customer()
        headers, body = stripe_server.delivery(stripe_server.books.event("customer.created"))

        event = stripe.Webhook.construct_event(
            body, headers["stripe-signature"], stripe_server.signing_secret
        )

        assert event.type == "customer.created"
