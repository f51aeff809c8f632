"""Money that goes back: refunds are taken off once, a dispute takes all for as long as it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from billing.rules.connecting import Nothing, Refund, RefundFailed, Sale, Wish
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
def session(books: Sales) -> Tree:
    """A pack for 100 and 19 of tax."""
    acme = books.customer("Acme Ltd", {"account": "acme"})
    pack = books.price(books.product(metadata={"sku": "pack-5000"}), 10_000)
    return books.buy(books.checkout([(pack, 1)], acme, Terms(tax=19)))


def sale_of(found: Sequence[Wish]) -> Sale:
    [sale] = [wish for wish in found if isinstance(wish, Sale)]
    return sale


def refunds_of(found: Sequence[Wish]) -> list[tuple[str, Decimal, bool]]:
    return [(each.external_id, each.amount, each.is_whole) for each in found if isinstance(each, Refund)]


class TestARefund:
    def test_of_the_whole_undoes_the_sale(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        refund = books.refund(books.charge_of(session))

        assert wishes(stripe_server, books.event("charge.refunded")) == [
            Refund(refund["id"], session["id"], Decimal("100.00"), "USD", True, "requested_by_customer")
        ]
        assert wishes(stripe_server, books.event("refund.created")) == wishes(
            stripe_server, books.event("charge.refunded")
        )

    def test_says_the_same_whatever_follows_it(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        charge = books.charge_of(session)
        first = books.refund(charge, 3_967)
        alone = refunds_of(wishes(stripe_server, books.event("refund.created")))
        second = books.refund(charge)

        both = refunds_of(wishes(stripe_server, books.event("charge.refunded")))

        assert alone == [(first["id"], Decimal("33.34"), False)]
        assert sorted(both) == sorted([*alone, (second["id"], Decimal("66.67"), False)])

    def test_comes_along_where_its_sale_is_told_after_it(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        refund = books.refund(books.charge_of(session))

        found = wishes(stripe_server, books.event("checkout.session.completed"))

        assert sale_of(found).state == "active"
        assert refunds_of(found) == [(refund["id"], Decimal("100.00"), True)]

    def test_counts_when_it_has_succeeded(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        refund = books.refund(books.charge_of(session), status="pending")
        pending = wishes(stripe_server, books.event("refund.created"))
        books.change(refund, "refund.updated", status="succeeded")
        succeeded = wishes(stripe_server, books.event("refund.updated"))

        assert pending == [Nothing("No money has gone back yet.")]
        assert refunds_of(succeeded) == [(refund["id"], Decimal("100.00"), True)]

    @pytest.mark.parametrize("status", ["pending", "succeeded"])
    def test_that_fails_says_so_whichever_event_is_looked_into(
        self, stripe_server: StripeServer, books: Sales, session: Tree, status: str
    ) -> None:
        refund = books.refund(books.charge_of(session), 1_190, status)
        books.refund_fails(refund)

        for kind in ("refund.created", "refund.failed"):
            assert wishes(stripe_server, books.event(kind)) == [
                RefundFailed(refund["id"], session["id"], Decimal("10.00"), "USD")
            ]
        assert wishes(stripe_server, books.event("charge.refunded")) == [
            Nothing("No money has gone back yet.")
        ]

    def test_that_fails_is_told_beside_one_that_stands(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        stands, fails = (books.refund(books.charge_of(session), amount) for amount in (1_190, 2_380))
        books.refund_fails(fails)

        found = wishes(stripe_server, books.event("refund.failed"))

        assert refunds_of(found) == [(stands["id"], Decimal("10.00"), False)]
        assert found[-1] == RefundFailed(fails["id"], session["id"], Decimal("20.00"), "USD")


class TestADispute:
    def test_cancels_until_it_is_won(self, stripe_server: StripeServer, books: Sales, session: Tree) -> None:
        bought = sale_of(wishes(stripe_server, books.event("checkout.session.completed")))
        dispute = books.dispute(books.charge_of(session))
        taken = sale_of(wishes(stripe_server, books.event("charge.dispute.created"), after=LATER))
        books.close_dispute(dispute, "won")
        won = sale_of(wishes(stripe_server, books.event("charge.dispute.closed"), after=2 * LATER))

        assert [sale.state for sale in (bought, taken, won)] == ["active", "cancelled", "active"]
        assert bought.version < taken.version < won.version
        assert bought.lines == taken.lines == won.lines

    def test_that_is_lost_stays_cancelled(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        books.close_dispute(books.dispute(books.charge_of(session)), "lost")

        assert sale_of(wishes(stripe_server, books.event("charge.dispute.closed"))).state == "cancelled"

    @pytest.mark.parametrize("status", ["won", "lost"])
    def test_ends_the_same_in_whatever_order_it_is_told(
        self, stripe_server: StripeServer, books: Sales, session: Tree, status: str
    ) -> None:
        books.close_dispute(books.dispute(books.charge_of(session)), status)
        kinds = ("checkout.session.completed", "charge.dispute.created", "charge.dispute.closed")

        for order in permutations(kinds):
            told = [
                sale_of(wishes(stripe_server, books.event(kind), after=LATER * place))
                for place, kind in enumerate(order, 1)
            ]

            last = max(told, key=lambda sale: sale.version)
            assert last.state == ("active" if status == "won" else "cancelled")

    def test_that_asks_alone_takes_nothing(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        books.dispute(books.charge_of(session), status="warning_needs_response")

        assert sale_of(wishes(stripe_server, books.event("charge.dispute.created"))).state == "active"

    def test_of_a_part_lowers_the_price(
        self, stripe_server: StripeServer, books: Sales, session: Tree
    ) -> None:
        books.dispute(books.charge_of(session), 2_975)

        sale = sale_of(wishes(stripe_server, books.event("charge.dispute.created")))

        assert (sale.state, [line.amount for line in sale.lines]) == ("active", [Decimal("75.00")])
