"""Overage arrives once for good, and figures stand with the customer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from billing.rules.connecting import (
    FIELDS,
    INVOICE_ITEM,
    AccessExpired,
    ConnectionFault,
    Later,
    Message,
    Nothing,
    NotSetUp,
    Sent,
    Unreachable,
)
from billing.tests.connectors.stripe_books import DAY
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE, access, patient_with, wishes

OVERAGE = {
    "amount": "12.34",
    "currency": "USD",
    "description": "Overage of October 2026",
    "period": "2026-12",
    "document": "2026-0017",
}


@pytest.fixture
def customer(stripe_server: StripeServer) -> Tree:
    return stripe_server.books.customer("Acme Ltd", {"account": "acme"})


def send(server: StripeServer, message: Message, trouble: str = "") -> Sent:
    [sent] = patient_with(trouble).send(access(server), [message])
    return sent


def item(customer: Tree, **content: Any) -> Message:
    return Message(INVOICE_ITEM, "overage 2026-10 acme USD", customer["id"], OVERAGE | content)


def items(server: StripeServer) -> list[Tree]:
    return server.books.tables["invoiceitems"]


class TestAnInvoiceItem:
    def test_is_made_as_it_is_told(self, stripe_server: StripeServer, customer: Tree) -> None:
        sent = send(stripe_server, item(customer))

        [made] = items(stripe_server)
        assert (sent.answer.status, sent.answer.error, sent.external_id) == (200, "", made["id"])
        assert (made["amount"], made["currency"], made["customer"]) == (1234, "usd", customer["id"])
        assert made["description"] == "Overage of October 2026"
        assert made["period"] == {"start": 1796083200, "end": 1798761600}
        assert made["metadata"] == {
            "tokendesk_key": "tokendesk:till:overage 2026-10 acme USD",
            "tokendesk_document": "2026-0017",
        }

    @pytest.mark.parametrize(
        ("amount", "currency", "units", "kept"),
        [
            ("12.345", "USD", 1235, "12.345 USD"),
            ("500", "JPY", 500, None),
            ("0.4999", "JPY", 0, "0.4999 JPY"),
            ("5.124", "KWD", 5120, "5.124 KWD"),
            ("40.5", "ISK", 4100, "40.5 ISK"),
            ("-12.345", "USD", -1235, "-12.345 USD"),
        ],
    )
    def test_is_rounded_once_and_keeps_what_it_was(
        self, stripe_server: StripeServer, customer: Tree, amount: str, currency: str, units: int, kept: str
    ) -> None:
        send(stripe_server, item(customer, amount=amount, currency=currency))

        [made] = items(stripe_server)
        assert (made["amount"], made["metadata"].get("tokendesk_amount")) == (units, kept)

    @pytest.mark.parametrize("trouble", ["cut", "late 500", "500", "429", "409", "half", "garbage", "hang"])
    def test_arrives_once_whatever_went_wrong(
        self, stripe_server: StripeServer, customer: Tree, trouble: str
    ) -> None:
        stripe_server.fail(trouble, after=0 if trouble == "late 500" else 1, times=1)

        with pytest.raises((Unreachable, Later)):
            send(stripe_server, item(customer), trouble)
        sent = send(stripe_server, item(customer))

        assert [each["id"] for each in items(stripe_server)] == [sent.external_id]

    def test_is_known_after_stripe_forgot_its_key(self, stripe_server: StripeServer, customer: Tree) -> None:
        first = send(stripe_server, item(customer))
        for number in range(150):
            row: Tree = {"customer": customer["id"], "invoice": None, "metadata": {"number": str(number)}}
            stripe_server.books.keep("invoiceitems", "ii", "invoiceitem", **row)
        stripe_server.books.later(2 * DAY)

        again = send(stripe_server, item(customer))

        assert (again.external_id, again.answer.error) == (first.external_id, "")
        assert len(items(stripe_server)) == 151

    def test_is_made_once_by_many_at_once(self, stripe_server: StripeServer, customer: Tree) -> None:
        def attempt(_: int) -> str:
            try:
                return STRIPE.send(access(stripe_server), [item(customer)])[0].external_id
            except Later:
                return ""

        with ThreadPoolExecutor(8) as pool:
            made = {name for name in pool.map(attempt, range(8)) if name}

        assert made == {each["id"] for each in items(stripe_server)}
        assert len(made) == 1

    @pytest.mark.parametrize("content", [{"amount": "much"}, {"amount": "NaN"}, {"period": "soon"}])
    def test_that_is_none_is_not_tried_again(
        self, stripe_server: StripeServer, customer: Tree, content: Tree
    ) -> None:
        answer = send(stripe_server, item(customer, **content)).answer

        assert (answer.is_final, answer.status) == (True, None)
        assert not items(stripe_server)

    def test_that_stripe_refuses_is_not_tried_again(
        self, stripe_server: StripeServer, customer: Tree
    ) -> None:
        stripe_server.books.delete_customer(customer)

        answer = send(stripe_server, item(customer)).answer

        assert (answer.is_final, answer.status) == (True, 400)
        assert "No such customer" in answer.error

    def test_waits_for_what_a_person_mends(self, stripe_server: StripeServer, customer: Tree) -> None:
        mine = access(stripe_server)
        faults: list[type[ConnectionFault]] = [NotSetUp, AccessExpired]
        stripe_server.lacks.add("invoiceitems write")

        for fault in faults:
            with pytest.raises(fault):
                STRIPE.send(mine, [item(customer)])
            stripe_server.key = "rk_test_other"


class TestFields:
    def test_stand_with_the_customer(self, stripe_server: StripeServer, customer: Tree) -> None:
        first = {"tokendesk_balance": "4200", "tokendesk_runs_out": "2026-12-24", "tokendesk_trial": "used"}
        send(stripe_server, Message(FIELDS, "a", customer["id"], first))
        sent = send(
            stripe_server,
            Message(FIELDS, "b", customer["id"], {"tokendesk_balance": 17, "tokendesk_trial": None}),
        )

        assert customer["metadata"] == {
            "account": "acme",
            "tokendesk_balance": "17",
            "tokendesk_runs_out": "2026-12-24",
        }
        assert sent.external_id == customer["id"]

    def test_that_we_wrote_come_back_as_nothing(self, stripe_server: StripeServer, customer: Tree) -> None:
        send(stripe_server, Message(FIELDS, "a", customer["id"], {"tokendesk_balance": "1"}))
        stripe_server.calls.clear()

        told = wishes(stripe_server, stripe_server.books.event("customer.updated"))

        assert told == [Nothing("It tells what we wrote there ourselves.")]
        assert stripe_server.calls == []

    @pytest.mark.parametrize(
        "content",
        [{"n" * 41: "1"}, {"a[b]": "1"}, {"a": "1" * 501}, {f"name {n}": "1" for n in range(51)}],
    )
    def test_that_stripe_cannot_keep_are_not_sent(
        self, stripe_server: StripeServer, customer: Tree, content: Tree
    ) -> None:
        answer = send(stripe_server, Message(FIELDS, "a", customer["id"], content)).answer

        assert answer.is_final
        assert stripe_server.calls == []

    def test_of_a_customer_that_keeps_too_many_are_refused(
        self, stripe_server: StripeServer, customer: Tree
    ) -> None:
        customer["metadata"] = {f"name {n}": "1" for n in range(50)}

        answer = send(stripe_server, Message(FIELDS, "a", customer["id"], {"balance": "1"})).answer

        assert (answer.is_final, answer.status) == (True, 400)

    def test_and_items_go_by_keys_that_fit(self, stripe_server: StripeServer, customer: Tree) -> None:
        for key in ("k" * 255, "k" * 254 + "l"):
            STRIPE.send(access(stripe_server), [Message(INVOICE_ITEM, key, customer["id"], OVERAGE)])

        assert len(items(stripe_server)) == 2
