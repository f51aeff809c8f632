"""Events that never arrived are fetched, whatever goes wrong meanwhile: none is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from billing.rules.connecting import (
    AccessExpired,
    ConnectionFault,
    Later,
    NotSetUp,
    Record,
    Refused,
    Unreachable,
)
from billing.tests.connectors.stripe_books import DAY
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE, access, incoming, patient_with


class Fetched:
    """Fetches as a worker does: the records of a page and the place after it are kept together."""

    def __init__(self, server: StripeServer) -> None:
        self.server, self.cursor, self.stripe = server, "", STRIPE
        self.records: dict[str, Record] = {}
        self.faults: list[ConnectionFault] = []

    def fetch(self, between: Callable[[], object] = lambda: None) -> None:
        for _ in range(50):
            try:
                page = self.stripe.pull(access(self.server), "events", self.cursor)
            except ConnectionFault as fault:
                self.faults.append(fault)
                continue
            assert page.is_last or page.cursor != self.cursor
            self.records |= {record.external_id: record for record in page.records}
            self.cursor = page.cursor
            if page.is_last:
                return
            between()
        raise AssertionError("It never ends.")


@pytest.fixture
def fetched(stripe_server: StripeServer) -> Fetched:
    return Fetched(stripe_server)


def happen(server: StripeServer, times: int) -> None:
    for number in range(times):
        server.books.customer(f"Customer {number}")


def names(server: StripeServer) -> set[str]:
    return {event["id"] for event in server.books.events()}


class TestPulling:
    def test_fetches_every_event_that_is_followed(
        self, stripe_server: StripeServer, fetched: Fetched
    ) -> None:
        happen(stripe_server, 230)
        known = names(stripe_server)
        stripe_server.books.tell("balance.available", {"object": "balance"})

        fetched.fetch()

        assert set(fetched.records) == known
        assert len(stripe_server.calls) == 3

    def test_fetches_the_same_record_as_the_webhook_is(
        self, stripe_server: StripeServer, fetched: Fetched
    ) -> None:
        happen(stripe_server, 1)
        [event] = stripe_server.books.events()
        fetched.fetch()

        assert fetched.records[event["id"]] == STRIPE.verify(
            access(stripe_server), incoming(stripe_server, event)
        )
        assert fetched.records[event["id"]].bytes_vary

    def test_answers_the_older_of_a_page_first(self, stripe_server: StripeServer) -> None:
        happen(stripe_server, 3)

        page = STRIPE.pull(access(stripe_server), "events", "")

        told = [record.content["data"]["object"]["name"] for record in page.records]
        assert told == ["Customer 0", "Customer 1", "Customer 2"]

    def test_finds_what_happens_meanwhile_and_after(
        self, stripe_server: StripeServer, fetched: Fetched
    ) -> None:
        happen(stripe_server, 150)
        fetched.fetch(between=lambda: happen(stripe_server, 5))
        fetched.fetch()
        assert set(fetched.records) == names(stripe_server)

        stripe_server.books.later(3 * DAY)
        happen(stripe_server, 120)
        stripe_server.calls.clear()
        fetched.fetch()

        assert set(fetched.records) == names(stripe_server)
        assert len(stripe_server.calls) == 3

    def test_finds_what_is_listed_late(self, stripe_server: StripeServer, fetched: Fetched) -> None:
        happen(stripe_server, 2)
        fetched.fetch()
        late = stripe_server.books.tell("customer.updated", {"object": "customer", "id": "cus_1"})
        late["created"] -= 300

        fetched.fetch()

        assert late["id"] in fetched.records

    @pytest.mark.parametrize("trouble", ["500", "429", "409", "half", "garbage", "hang", "401"])
    def test_goes_on_where_it_was_after_a_fault(
        self, stripe_server: StripeServer, fetched: Fetched, trouble: str
    ) -> None:
        happen(stripe_server, 230)
        stripe_server.fail(trouble, after=1, times=1)
        fetched.stripe = patient_with(trouble)

        fetched.fetch()

        fault = {"429": Later, "409": Later, "401": AccessExpired}.get(trouble, Unreachable)
        assert [type(each) for each in fetched.faults] == [fault]
        assert set(fetched.records) == names(stripe_server)

    def test_goes_on_after_nobody_was_there(self, stripe_server: StripeServer, fetched: Fetched) -> None:
        happen(stripe_server, 150)
        cursor = STRIPE.pull(access(stripe_server), "events", "").cursor
        stripe_server.down()
        with pytest.raises(Unreachable):
            STRIPE.pull(access(stripe_server), "events", cursor)

        stripe_server.up()
        fetched.fetch()

        assert set(fetched.records) == names(stripe_server)

    def test_begins_its_walk_again_where_its_place_is_forgotten(
        self, stripe_server: StripeServer, fetched: Fetched
    ) -> None:
        happen(stripe_server, 150)
        fetched.cursor = STRIPE.pull(access(stripe_server), "events", "").cursor
        stripe_server.books.later(31 * DAY)
        happen(stripe_server, 150)

        fetched.fetch()

        assert set(fetched.records) == names(stripe_server)

    def test_calls_no_closed_address(self, stripe_server: StripeServer) -> None:
        with pytest.raises(Unreachable, match="no public address"):
            STRIPE.pull(replace(access(stripe_server), private_hosts=frozenset()), "events", "")
        assert stripe_server.calls == []


class TestChecking:
    def test_says_who_we_are(self, stripe_server: StripeServer) -> None:
        said = STRIPE.check(access(stripe_server)).said

        stripe_server.lacks.add("account read")
        unnamed = STRIPE.check(access(stripe_server)).said

        assert said == "Connected to Stand-in (acct_1Standin)."
        assert unnamed == "The key works; it may not read the account's name."
        assert {method for method, _, _ in stripe_server.calls} == {"GET"}

    def test_says_what_the_key_may_not(self, stripe_server: StripeServer) -> None:
        stripe_server.lacks |= {"invoices read", "disputes read"}

        with pytest.raises(NotSetUp, match="may not read invoices, disputes"):
            STRIPE.check(access(stripe_server))

    def test_says_that_the_key_is_wrong(self, stripe_server: StripeServer) -> None:
        mine = access(stripe_server)
        stripe_server.key = "rk_test_other"

        with pytest.raises(AccessExpired):
            STRIPE.check(mine)


class TestCompleting:
    def test_passes_on_what_hinders_it(self, stripe_server: StripeServer) -> None:
        books = stripe_server.books
        books.pay(books.invoice(books.customer(), [(books.price(books.product()), 1)]))
        record = STRIPE.verify(access(stripe_server), incoming(stripe_server, books.event("invoice.paid")))
        faults: dict[str, type[ConnectionFault]] = {
            "429": Later,
            "500": Unreachable,
            "garbage": Unreachable,
            "half": Unreachable,
            "hang": Unreachable,
            "401": AccessExpired,
        }

        for place, (trouble, fault) in enumerate(faults.items()):
            stripe_server.fail(trouble, after=place % 3, times=1)
            with pytest.raises(fault):
                patient_with(trouble).complete(access(stripe_server), record)
        stripe_server.recover()
        stripe_server.lacks.add("prices read")
        with pytest.raises(NotSetUp, match="prices read"):
            STRIPE.complete(access(stripe_server), record)
        stripe_server.lacks.clear()
        books.by_name.pop(record.content["data"]["object"]["id"])
        with pytest.raises(Refused, match="No such invoice"):
            STRIPE.complete(access(stripe_server), record)
