"""Credit notes: a refund that belongs to one gives back the lines that it names, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from billing.rules.connecting import Refund, Sale, Wish
from billing.tests.connectors.stripe_invoices import Terms
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_sales import Sales
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import wishes

Said = tuple[str, Decimal, bool, Mapping[str, Decimal] | None]


@pytest.fixture
def books(stripe_server: StripeServer) -> Sales:
    return stripe_server.books


@pytest.fixture
def acme(books: Sales) -> Tree:
    return books.customer("Acme Ltd", {"account": "acme"})


@pytest.fixture
def invoice(books: Sales, acme: Tree) -> Tree:
    """A pack for 100, another for 60, and 40 that is not ours; 20 % of tax upon each."""
    prices = [
        books.price(books.product(metadata=metadata), amount)
        for metadata, amount in (({"sku": "pack"}, 10_000), ({"sku": "small"}, 6_000), ({}, 4_000))
    ]
    invoice = books.invoice(acme, [(price, 1) for price in prices], Terms(tax=20))
    books.pay(invoice)
    return invoice


def lines_of(invoice: Tree) -> Sequence[Tree]:
    rows: Sequence[Tree] = invoice["lines"]["data"]
    return rows


def refunds_of(found: Sequence[Wish]) -> list[Said]:
    return [
        (each.external_id, each.amount, each.is_whole, each.lines)
        for each in found
        if isinstance(each, Refund)
    ]


def refunded(note: Tree) -> str:
    name: str = note["refunds"][0]["refund"]
    return name


class TestANote:
    def test_names_what_is_given_back(self, stripe_server: StripeServer, books: Sales, invoice: Tree) -> None:
        pack, small, _ = lines_of(invoice)
        note = books.credit(invoice, [(small, 6_000), (pack, 1_000)])
        said = [(refunded(note), Decimal(70), False, {small["id"]: Decimal(60), pack["id"]: Decimal(10)})]

        for kind in ("credit_note.created", "refund.created", "charge.refunded", "invoice.paid"):
            assert refunds_of(wishes(stripe_server, books.event(kind))) == said

    def test_of_what_is_not_ours_takes_nothing_of_ours(
        self, stripe_server: StripeServer, books: Sales, invoice: Tree
    ) -> None:
        note = books.credit(invoice, [(lines_of(invoice)[2], 4_000)])

        assert refunds_of(wishes(stripe_server, books.event("credit_note.created"))) == [
            (refunded(note), Decimal(0), False, {})
        ]

    def test_that_names_no_line_leaves_it_to_shares(
        self, stripe_server: StripeServer, books: Sales, invoice: Tree
    ) -> None:
        note = books.credit(invoice, [(None, 2_400)])

        assert refunds_of(wishes(stripe_server, books.event("credit_note.created"))) == [
            (refunded(note), Decimal(16), False, None)
        ]

    def test_shares_out_what_it_names_no_line_for(
        self, stripe_server: StripeServer, books: Sales, invoice: Tree
    ) -> None:
        pack = lines_of(invoice)[0]
        note = books.credit(invoice, [(pack, 10_000), (None, 1_200)])

        # 12 of the 120 that are left of the payment, 60 of which with 12 of tax are the small pack's.
        assert refunds_of(wishes(stripe_server, books.event("credit_note.created"))) == [
            (refunded(note), Decimal(106), False, {pack["id"]: Decimal(100)})
        ]

    def test_names_the_lines_of_a_refund_that_was_made_before(
        self, stripe_server: StripeServer, books: Sales, invoice: Tree
    ) -> None:
        refund = books.refund(books.charge_of(invoice), 4_800)
        before = refunds_of(wishes(stripe_server, books.event("refund.created")))
        books.credit(invoice, [(lines_of(invoice)[2], 4_000)], refund)

        assert before == [(refund["id"], Decimal(32), False, None)]
        assert refunds_of(wishes(stripe_server, books.event("credit_note.created"))) == [
            (refund["id"], Decimal(0), False, {})
        ]

    def test_beside_a_refund_of_the_rest_comes_to_all(
        self, stripe_server: StripeServer, books: Sales, invoice: Tree
    ) -> None:
        books.credit(invoice, [(lines_of(invoice)[2], 4_000)])
        books.refund(books.charge_of(invoice))

        found = refunds_of(wishes(stripe_server, books.event("charge.refunded")))

        assert sum(amount for _, amount, _, _ in found) == 160

    def test_with_more_lines_than_come_along_names_them_all(
        self, stripe_server: StripeServer, books: Sales, invoice: Tree
    ) -> None:
        pack = lines_of(invoice)[0]
        books.credit(invoice, [(pack, 500)] * 12)

        [(_, amount, _, lines)] = refunds_of(wishes(stripe_server, books.event("credit_note.created")))

        assert (amount, lines) == (Decimal(60), {pack["id"]: Decimal(60)})


class TestASubscription:
    @pytest.fixture
    def plans(self, books: Sales) -> list[Tree]:
        wanted = (({"sku": "team"}, 10_000), ({"sku": "seats"}, 5_000), ({}, 5_000))
        return [
            books.price(books.product(metadata=metadata), amount, recurring="month")
            for metadata, amount in wanted
        ]

    def sold(self, server: StripeServer, books: Sales) -> tuple[str, list[tuple[str, Decimal | None]]]:
        found = wishes(server, books.event("credit_note.created"))
        [sale] = [each for each in found if isinstance(each, Sale)]
        return sale.state, [(line.sku, line.amount) for line in sale.lines]

    def test_is_less_the_lines_that_a_note_of_its_period_names(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, plans: list[Tree]
    ) -> None:
        subscription = books.subscribe(acme, [(plan, 1) for plan in plans], Terms(tax=20))
        invoice = books.by_name[subscription["latest_invoice"]]
        team, seats, other = lines_of(invoice)
        books.credit(invoice, [(other, 5_000)])
        assert self.sold(stripe_server, books) == ("active", [("team", 100), ("seats", 50)])

        books.credit(invoice, [(team, 2_500)])
        assert self.sold(stripe_server, books) == ("active", [("team", 75), ("seats", 50)])

        books.credit(invoice, [(seats, 5_000)])
        assert self.sold(stripe_server, books) == ("active", [("team", 75)])

        books.credit(invoice, [(team, 7_500)])
        assert self.sold(stripe_server, books) == ("cancelled", [("team", 100), ("seats", 50)])

    def test_is_as_it_was_when_its_refund_failed(
        self, stripe_server: StripeServer, books: Sales, acme: Tree, plans: list[Tree]
    ) -> None:
        subscription = books.subscribe(acme, [(plans[0], 1)])
        refund = books.refund(books.charge_of(books.by_name[subscription["latest_invoice"]]), 4_000)
        [sale] = [e for e in wishes(stripe_server, books.event("refund.created")) if isinstance(e, Sale)]
        assert [line.amount for line in sale.lines] == [60]
        books.refund_fails(refund)

        [sale] = [e for e in wishes(stripe_server, books.event("refund.failed")) if isinstance(e, Sale)]

        assert (sale.state, [line.amount for line in sale.lines]) == ("active", [100])
