"""Each event that Stripe sends, and what it comes to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.connectors.stripe_reading import MICROSECONDS
from billing.rules.connecting import Customer, Gone, Nothing, Record, Sale, Unreadable
from billing.rules.mapping import Rule, mapped_by
from billing.tests.connectors.stripe_invoices import Terms
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_sales import Sales
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE, access, incoming, wishes


@pytest.fixture
def books(stripe_server: StripeServer) -> Sales:
    return stripe_server.books


@pytest.fixture
def acme(books: Sales) -> Tree:
    return books.customer("Acme Ltd", {"account": "acme"})


@pytest.fixture
def pack(books: Sales) -> Tree:
    return books.price(books.product("Pack", {"sku": "pack-5000"}), 10_000)


@pytest.fixture
def team(books: Sales) -> Tree:
    return books.price(books.product("Team"), 49_900, recurring="month", lookup_key="team-monthly")


def sale_of(found: object) -> Sale:
    assert isinstance(found, list)
    [sale] = [wish for wish in found if isinstance(wish, Sale)]
    return sale


class TestCheckout:
    def test_that_is_paid_is_an_order(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, pack: Tree
    ) -> None:
        session = books.buy(books.checkout([(pack, 2)], acme, Terms(discount=10, tax=19)))

        customer, sale = wishes(stripe_server, books.event("checkout.session.completed"))

        assert customer == Customer(acme["id"], "acme", "Acme Ltd", is_one_of_several=True)
        assert isinstance(sale, Sale)
        assert (sale.external_id, sale.account, sale.state) == (session["id"], "acme", "active")
        assert (sale.billing, sale.version) == ("external", session["created"] * MICROSECONDS)
        assert sale.starts_at == datetime.fromtimestamp(session["created"], UTC)
        [line] = sale.lines
        assert (line.sku, line.quantity, line.amount, line.currency) == (
            "pack-5000",
            2,
            Decimal("180.00"),
            "USD",
        )

    def test_is_net_of_tax_that_is_within_the_price(
        self, stripe_server: StripeServer, books: Sales, acme: Tree
    ) -> None:
        gross = books.price(books.product(metadata={"sku": "pack"}), 11_900, "eur", tax_behavior="inclusive")
        books.buy(books.checkout([(gross, 1)], acme, Terms(tax=19)))

        sale = sale_of(wishes(stripe_server, books.event("checkout.session.completed")))

        assert [(line.amount, line.currency) for line in sale.lines] == [(Decimal("100.00"), "EUR")]

    def test_waits_for_money_that_comes_later(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, pack: Tree
    ) -> None:
        session = books.buy(books.checkout([(pack, 1)], acme), pays_later=True)
        before = wishes(stripe_server, books.event("checkout.session.completed"))
        books.arrives(session)

        after = sale_of(wishes(stripe_server, books.event("checkout.session.async_payment_succeeded")))
        again = sale_of(wishes(stripe_server, books.event("checkout.session.completed")))

        assert before == [
            Customer(acme["id"], "acme", "Acme Ltd", is_one_of_several=True),
            Nothing("It is not paid yet."),
        ]
        assert after == again

    def test_names_the_account_by_what_the_shop_said(
        self, stripe_server: StripeServer, books: Sales, pack: Tree
    ) -> None:
        guest = books.customer("Guest")
        books.buy(books.checkout([(pack, 1)], guest, client_reference_id="initech"))
        named = wishes(stripe_server, books.event("checkout.session.completed"))
        books.buy(books.checkout([(pack, 1)], guest))
        linked = sale_of(wishes(stripe_server, books.event("checkout.session.completed")))
        books.buy(books.checkout([(pack, 1)]))

        assert named[0] == Customer(guest["id"], "initech", "Guest", is_one_of_several=True)
        assert (sale_of(named).account, linked.account, linked.customer) == ("initech", "", guest["id"])
        with pytest.raises(Unreadable, match="neither an account nor a customer") as fault:
            wishes(stripe_server, books.event("checkout.session.completed"))
        assert "client_reference_id" in fault.value.where

    def test_of_more_lines_than_a_page_is_whole_and_without_what_is_not_ours(
        self, stripe_server: StripeServer, books: Sales, acme: Tree
    ) -> None:
        shirt = books.price(books.product("Shirt"), 2000)
        packs = [books.price(books.product(metadata={"sku": f"pack-{n}"}), n + 1) for n in range(101)]
        books.buy(books.checkout([(price, 1) for price in [*packs, shirt]], acme))
        books.buy(books.checkout([(shirt, 1)], acme))

        nothing, whole = (
            wishes(stripe_server, event)
            for event in books.events()
            if event["type"] == "checkout.session.completed"
        )

        assert [line.sku for line in sale_of(whole).lines] == [f"pack-{n}" for n in range(101)]
        assert nothing == [Nothing("No line names a SKU, so nothing of it is ours.")]

    def test_that_makes_an_invoice_is_told_by_it_alone(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, pack: Tree
    ) -> None:
        made = {"enabled": True}
        session = books.buy(books.checkout([(pack, 1)], acme, invoice_creation=made))

        by_session = wishes(stripe_server, books.event("checkout.session.completed"))
        by_invoice = sale_of(wishes(stripe_server, books.event("invoice.paid")))

        told = Nothing("Its invoice tells what was sold.")
        assert by_session == [Customer(acme["id"], "acme", "Acme Ltd", is_one_of_several=True), told]
        assert by_invoice.external_id == session["invoice"]

    def test_of_a_plan_is_the_subscription(
        self, stripe_server: StripeServer, books: Sales, pack: Tree, team: Tree
    ) -> None:
        guest = books.customer("Guest")
        session = books.buy(books.checkout([(team, 3), (pack, 1)], guest, client_reference_id="initech"))

        by_session = wishes(stripe_server, books.event("checkout.session.completed"))
        plan, once = (
            wish for wish in wishes(stripe_server, books.event("invoice.paid")) if isinstance(wish, Sale)
        )

        sale = sale_of(by_session)
        assert by_session[0] == Customer(guest["id"], "initech", "Guest", is_one_of_several=True)
        assert (sale.external_id, sale.account) == (session["subscription"], "initech")
        assert (plan.external_id, plan.account) == (session["subscription"], "initech")
        assert [(line.sku, line.quantity, line.amount) for line in plan.lines] == [
            ("team-monthly", 3, Decimal("1497.00"))
        ]
        assert (once.external_id, [line.sku for line in once.lines]) == (session["invoice"], ["pack-5000"])
        assert once.account == "initech"

    def test_is_mapped_as_a_person_says(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, pack: Tree
    ) -> None:
        books.buy(books.checkout([(pack, 2)], acme, metadata={"tenant": "t-7"}))
        rules = {
            ("in", "sale", "account"): Rule("object.metadata.tenant"),
            ("in", "line", "sku"): Rule("price.product.name", {"Pack": "tokens"}),
        }

        sale = sale_of(wishes(stripe_server, books.event("checkout.session.completed"), rules))

        assert (sale.account, [line.sku for line in sale.lines]) == ("t-7", ["tokens"])


class TestCustomers:
    def test_are_accounts_where_they_name_one(self, stripe_server: StripeServer, books: Sales) -> None:
        named = books.customer("Acme Ltd", {"account": "acme"})
        told = wishes(stripe_server, books.event("customer.created"))
        unnamed = books.customer("Guest")
        unknown = wishes(stripe_server, books.event("customer.created"))
        books.change_customer(unnamed, {"metadata": {"account": "guest"}})
        changed = wishes(stripe_server, books.event("customer.updated"))
        books.delete_customer(named)

        assert told == [Customer(named["id"], "acme", "Acme Ltd", is_one_of_several=True)]
        assert isinstance(unknown[0], Nothing)
        assert changed == [Customer(unnamed["id"], "guest", "Guest", is_one_of_several=True)]
        for event in ("customer.deleted", "customer.created"):
            assert wishes(stripe_server, books.event(event)) in (
                [Gone(named["id"])],
                [Customer(unnamed["id"], "guest", "Guest", is_one_of_several=True)],
            )

    def test_that_are_gone_by_now_are_gone(self, stripe_server: StripeServer, books: Sales) -> None:
        acme = books.customer("Acme Ltd", {"account": "acme"})
        made = books.event("customer.created")
        books.delete_customer(acme)

        assert wishes(stripe_server, books.event("customer.deleted")) == [Gone(acme["id"])]
        assert wishes(stripe_server, made) == [Gone(acme["id"])]


class TestOtherEvents:
    def test_come_to_nothing_and_ask_for_nothing(self, stripe_server: StripeServer, books: Sales) -> None:
        books.tell("balance.available", {"object": "balance"})

        assert isinstance(wishes(stripe_server, books.event("balance.available"))[0], Nothing)
        assert stripe_server.calls == []

    def test_of_another_account_are_left(self, stripe_server: StripeServer, books: Sales, acme: Tree) -> None:
        event = books.event("customer.created") | {"account": "acct_2"}

        for account in ("acct_1", ""):
            mine = access(stripe_server, account=account)
            record = STRIPE.complete(mine, STRIPE.verify(mine, incoming(stripe_server, event)))
            assert record.content["found"] == {"why": "It is of the account acct_2."}

    def test_that_were_not_completed_are_unreadable(self) -> None:
        record = Record("evt_1", "invoice.paid", {"data": {"object": {"id": "in_1"}}})

        with pytest.raises(Unreadable):
            STRIPE.read(record, mapped_by(STRIPE.targets, {}))

    def test_of_a_payment_taken_otherwise_come_to_nothing(
        self, stripe_server: StripeServer, books: Sales
    ) -> None:
        intent = books.payment(500, "usd", None)
        books.refund(books.by_name[intent["latest_charge"]])

        assert wishes(stripe_server, books.event("charge.refunded")) == [
            Nothing("The payment belongs to no session and to no invoice.")
        ]
