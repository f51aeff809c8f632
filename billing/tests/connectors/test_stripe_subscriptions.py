"""A subscription is one order, as long as it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.connectors.stripe_sending import OUR_KEY
from billing.rules.connecting import Nothing, Sale, Wish
from billing.rules.mapping import Rule
from billing.tests.connectors.stripe_books import DAY
from billing.tests.connectors.stripe_invoices import Terms
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_sales import Sales
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import wishes

LATER = timedelta(seconds=7)


@pytest.fixture
def books(stripe_server: StripeServer) -> Sales:
    return stripe_server.books


@pytest.fixture
def acme(books: Sales) -> Tree:
    return books.customer("Acme Ltd", {"account": "acme"})


@pytest.fixture
def team(books: Sales) -> Tree:
    return books.price(books.product("Team", {"sku": "team"}), 49_900, recurring="month")


def sale_of(found: Sequence[Wish]) -> Sale:
    [sale] = [wish for wish in found if isinstance(wish, Sale)]
    return sale


def priced(sale: Sale) -> list[Any]:
    return [(line.sku, line.quantity, line.amount) for line in sale.lines]


class TestASubscription:
    def test_begins_when_it_is_paid(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        subscription = books.subscribe(acme, [(team, 2)], Terms(discount=50, tax=19), pays=False)
        unpaid = wishes(stripe_server, books.event("customer.subscription.created"))
        books.pay(books.by_name[subscription["latest_invoice"]])
        books.change(subscription, "customer.subscription.updated", status="active")

        by_invoice = sale_of(wishes(stripe_server, books.event("invoice.paid")))
        by_itself = sale_of(wishes(stripe_server, books.event("customer.subscription.updated")))

        assert unpaid[1:] == [Nothing("Nothing was paid of the subscription yet.")]
        assert replace(by_invoice, version=0) == replace(by_itself, version=0)
        assert (by_itself.external_id, by_itself.account) == (subscription["id"], "acme")
        assert priced(by_itself) == [("team", 2, Decimal("499.00"))]

    def test_changes_and_keeps_its_lines_names(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        large = books.price(books.product("Large", {"sku": "large"}), 99_900, recurring="month")
        use = books.price(
            books.product("Calls", {"sku": "calls"}),
            5,
            recurring="month",
            recurring_fields={"usage_type": "metered"},
        )
        subscription = books.subscribe(acme, [(team, 1)])
        small = sale_of(wishes(stripe_server, books.event("customer.subscription.updated")))
        books.resize(subscription, [(large, 3), (use, 1)])

        sale = sale_of(wishes(stripe_server, books.event("customer.subscription.updated"), after=LATER))

        assert priced(sale) == [("large", 3, Decimal("2997.00")), ("calls", 1, Decimal(0))]
        assert sale.lines[0].name == small.lines[0].name
        assert sale.version > small.version

    def test_costs_what_its_periods_invoice_says(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        subscription = books.subscribe(acme, [(team, 1)], Terms(discount=100))
        free = sale_of(wishes(stripe_server, books.event("invoice.paid")))
        books.renew(subscription)

        assert priced(free) == [("team", 1, Decimal(0))]
        assert priced(sale_of(wishes(stripe_server, books.event("invoice.paid")))) == [
            ("team", 1, Decimal("499.00"))
        ]

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("active", "active"),
            ("trialing", "active"),
            ("past_due", "active"),
            ("unpaid", "cancelled"),
            ("paused", "cancelled"),
            ("canceled", "cancelled"),
        ],
    )
    def test_lasts_as_long_as_stripe_goes_on_with_it(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree, status: str, state: str
    ) -> None:
        books.subscribe(acme, [(team, 1)])["status"] = status

        assert sale_of(wishes(stripe_server, books.event("invoice.paid"))).state == state

    def test_ends_with_its_first_arrears_where_a_person_says_so(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        books.renew(books.subscribe(acme, [(team, 1)]), pays=False)
        rules = {("in", "subscription", "state"): Rule("status", {"past_due": "cancelled"})}

        found = wishes(stripe_server, books.event("customer.subscription.updated"), rules)

        assert sale_of(found).state == "cancelled"

    def test_ends_the_same_in_whatever_order_it_is_told(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        subscription = books.subscribe(acme, [(team, 1)])
        early = sale_of(wishes(stripe_server, books.event("invoice.paid")))
        books.cancel(subscription)

        ended = sale_of(wishes(stripe_server, books.event("customer.subscription.deleted"), after=LATER))
        late = sale_of(wishes(stripe_server, books.event("customer.subscription.updated"), after=2 * LATER))

        assert [sale.state for sale in (early, ended, late)] == ["active", "cancelled", "cancelled"]
        assert early.version < ended.version < late.version

    def test_ends_when_it_was_said_to(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        subscription = books.subscribe(acme, [(team, 1)])
        ends_at = books.now() + 20 * DAY
        books.change(subscription, "customer.subscription.updated", cancel_at=ends_at)

        sale = sale_of(wishes(stripe_server, books.event("customer.subscription.updated")))

        assert [line.ends_at for line in sale.lines] == [datetime.fromtimestamp(ends_at, UTC)]

    def test_starts_with_its_period_unless_that_is_long_ago(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        subscription = books.subscribe(acme, [(team, 1)])
        began = subscription["items"]["data"][0]["current_period_start"]
        books.later(10 * DAY)
        recent = sale_of(wishes(stripe_server, books.event("invoice.paid")))
        books.later(30 * DAY)
        old = sale_of(wishes(stripe_server, books.event("invoice.paid")))

        assert recent.starts_at == datetime.fromtimestamp(began, UTC)
        assert old.starts_at is None

    def test_is_given_back_for_its_period_alone(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        subscription = books.subscribe(acme, [(team, 1)])
        charge = books.charge_of(books.by_name[subscription["latest_invoice"]])
        books.refund(charge, 9_900)
        part = wishes(stripe_server, books.event("refund.created"))
        books.refund(charge)
        whole = wishes(stripe_server, books.event("refund.created"), after=LATER)
        books.renew(subscription)
        renewed = wishes(stripe_server, books.event("invoice.paid"), after=2 * LATER)

        sales = [sale_of(found) for found in (part, whole, renewed)]
        assert [(sale.state, sale.lines[0].amount) for sale in sales] == [
            ("active", Decimal("400.00")),
            ("cancelled", Decimal("499.00")),
            ("active", Decimal("499.00")),
        ]


class TestAnInvoice:
    def test_is_an_order_of_its_own(self, stripe_server: StripeServer, books: Sales, acme: Tree) -> None:
        pack = books.price(books.product(metadata={"sku": "pack"}), 3_000, "jpy")
        invoice = books.invoice(acme, [(pack, 3)], Terms(discount=10, tax=10))
        books.pay(invoice)

        sale = sale_of(wishes(stripe_server, books.event("invoice.paid")))

        assert (sale.external_id, sale.account) == (invoice["id"], "acme")
        assert priced(sale) == [("pack", 3, Decimal(8_100))]
        assert sale.lines[0].currency == "JPY"

    def test_is_net_of_tax_that_is_within_the_price(
        self, stripe_server: StripeServer, books: Sales, acme: Tree
    ) -> None:
        gross = books.price(books.product(metadata={"sku": "pack"}), 11_900, "eur", tax_behavior="inclusive")
        books.pay(books.invoice(acme, [(gross, 1)], Terms(tax=19)))

        assert priced(sale_of(wishes(stripe_server, books.event("invoice.paid")))) == [
            ("pack", 1, Decimal("100.00"))
        ]

    def test_sells_nothing_by_what_we_billed_ourselves(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, team: Tree
    ) -> None:
        row: Tree = {"customer": acme["id"], "invoice": None, "amount": 700, "currency": "usd"}
        books.keep("invoiceitems", "ii", "invoiceitem", metadata={OUR_KEY: "a", "sku": "pack"}, **row)
        subscription = books.subscribe(acme, [(team, 1)])

        found = wishes(stripe_server, books.event("invoice.paid"))

        assert [wish.external_id for wish in found if isinstance(wish, Sale)] == [subscription["id"]]
