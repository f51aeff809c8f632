"""The round trip of a debit against the real database: locks held elsewhere, overflow in a batch, a cut connection."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from select import select
from socket import SHUT_RDWR, socket
from threading import Barrier
from time import monotonic
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from config.kernel.errors import InvalidRequest
from usage.models import Claim, Debit
from usage.queries.pricing_for import price
from usage.rules.orders import DebitOrder, Item
from usage.rules.receipts import Receipt
from usage.services import charging, metering
from usage.tests.made import Shop, a_grant, an_account, clock, ledger_of, named
from wallets.models import Account

pytestmark = pytest.mark.committed


def in_threads(calls: list[Any]) -> list[Any]:
    """Start all calls at one moment, each in a thread with a connection of its own; answer results and refusals."""
    start = Barrier(len(calls))

    def run(call: Any) -> Any:
        start.wait()
        try:
            return call()
        except Exception as fault:
            return fault
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def order(shop: Shop, account: Account, quantity: str, key: str = "") -> DebitOrder:
    return DebitOrder(
        account=account.reference,
        product_id=shop.product.pk,
        api_key_id=shop.key.pk,
        key=key or named("key"),
        fingerprint=quantity.encode().ljust(32),
        items=(Item(shop.chat, Decimal(quantity), {}),),
        received_at=clock(),
    )


def left_after_a_notice(services: Any) -> None:
    """As after a crash: a notice waits to be read, nothing can be written, and libpq takes the line for a sound one."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN left_behind")
    with psycopg.connect(services.app_url) as elsewhere:
        elsewhere.execute("NOTIFY left_behind")
    number = connection.connection.pgconn.socket
    assert select([number], [], [], 10)[0]
    with socket(fileno=os.dup(number)) as line:
        line.shutdown(SHUT_RDWR)


class TestCharge:
    def test_lets_fifty_accounts_pass_while_one_is_locked_elsewhere(self, shop: Shop, services: Any) -> None:
        locked, *free = [shop.an_account() for _ in range(51)]
        for account in (locked, *free):
            a_grant(account, "10")
        with psycopg.connect(services.owner_url) as elsewhere:
            elsewhere.execute("SELECT FROM wallets_account WHERE id = %s FOR NO KEY UPDATE", [locked.pk])
            begun = monotonic()

            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(lambda: in_threads([lambda: shop.debit(locked, "1")])[0])
                answers = in_threads([lambda each=each: shop.debit(each, "1") for each in free])
                took = monotonic() - begun
                elsewhere.rollback()
                late = waiting.result()

        assert [answer.tokens for answer in answers] == [Decimal(1)] * 50
        assert took < 4
        assert isinstance(late, Receipt)

    def test_overflow_of_one_leaves_its_neighbours_alone(self, shop: Shop) -> None:
        accounts = [shop.an_account() for _ in range(20)]
        for account in accounts:
            a_grant(account, "10")
        dear = an_account(rate_table=shop.a_table(tokens="900000000000000000").code)

        calls = [lambda each=each: shop.debit(each, "1") for each in accounts]
        answers = in_threads([*calls, lambda: shop.debit(dear, "900000000000000000")])

        assert isinstance(answers[-1], InvalidRequest)
        assert [answer.tokens for answer in answers[:-1]] == [Decimal(1)] * 20
        assert not Debit.objects.filter(account=dear).exists()
        assert not Claim.objects.filter(account=dear).exists()

    def test_survives_a_connection_that_was_cut(self, shop: Shop, services: Any) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        shop.debit(account, "1")
        second = order(shop, account, "2")
        with psycopg.connect(services.app_url) as elsewhere:
            elsewhere.execute(
                "SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid]
            )

        receipt = metering.charge(second)

        assert receipt.balance.available == 7
        assert ledger_of(account) == [("grant", Decimal(10)), ("draw", Decimal(1)), ("draw", Decimal(2))]

    def test_survives_a_server_that_left_without_a_word_of_an_error(self, services: Any) -> None:
        left_after_a_notice(services)

        assert charging.asked("SELECT $1::text", b"here") == [[b"here"]]

    @pytest.mark.parametrize("unsaid", ["epoch", "revision"])
    def test_is_stale_where_the_request_does_not_say_what_it_was_priced_by(
        self, shop: Shop, unsaid: str
    ) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        asked = order(shop, account, "1")
        found = price(
            account=account.reference,
            product_id=shop.product.pk,
            items=asked.items,
            moment=asked.received_at,
        )
        request = {**found.request(), "product": shop.product.pk, "api_key": shop.key.pk, "key": asked.key}
        del request[unsaid]

        outcome = charging.charge(request)

        assert outcome.word == "stale"
        assert ledger_of(account) == [("grant", Decimal(10))]


class TestChargeBatch:
    def test_answers_each_row_in_the_order_sent(self, shop: Shop) -> None:
        rich, poor = shop.an_account(), shop.an_account()
        a_grant(rich, "10")
        rows = [
            order(shop, rich, "4", "one"),
            order(shop, poor, "1"),
            order(shop, rich, "4", "one"),
            order(shop, rich, "6"),
        ]

        first, refused, again, last = metering.charge_batch(rows)

        assert (first.tokens, first.is_replay) == (Decimal(4), False)
        assert refused.code == "insufficient_tokens"
        assert (again.id, again.is_replay) == (first.id, True)
        assert last.balance.available == 0

    def test_overflow_of_one_row_leaves_its_neighbours_alone(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        dear = an_account(rate_table=shop.a_table(tokens="900000000000000000").code)

        charged, overflowing, also_charged = metering.charge_batch(
            [order(shop, account, "1"), order(shop, dear, "900000000000000000"), order(shop, account, "2")]
        )

        assert (charged.tokens, also_charged.tokens) == (Decimal(1), Decimal(2))
        assert overflowing.code == "invalid_request"
        assert not Debit.objects.filter(account=dear).exists()

    def test_waits_for_a_locked_account_once_and_charges_the_others(self, shop: Shop, services: Any) -> None:
        free, locked = shop.an_account(), shop.an_account()
        for account in (free, locked):
            a_grant(account, "10")
        rows = [order(shop, locked, "1"), order(shop, free, "2"), order(shop, locked, "3")]
        with psycopg.connect(services.owner_url) as elsewhere:
            elsewhere.execute("SELECT FROM wallets_account WHERE id = %s FOR NO KEY UPDATE", [locked.pk])
            begun = monotonic()

            first, charged, last = metering.charge_batch(rows)

            assert monotonic() - begun < 9
        assert charged.balance.available == 8
        assert (first.code, last.code) == ("unavailable", "unavailable")
        assert ledger_of(locked) == [("grant", Decimal(10))]
