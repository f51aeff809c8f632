"""Sales that race with whoever places an order of the same name by hand: one of them has it, for good."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connections as databases

from billing.models import Connection, ExternalSale, Order
from billing.rules.connecting import Sale, SaleLine
from billing.services import connections, external_sales
from billing.tests.connections.shops import Shop, a_shop
from billing.tests.orders.sold import a_line, an_offer, bought, order
from config.kernel.errors import Conflict, IdempotencyKeyReused
from usage.tests.made import an_account

pytestmark = pytest.mark.committed


@pytest.fixture
def shop(committed_database: None) -> Iterator[Shop]:
    """A shop that is off again when the test is over."""
    shop = a_shop()
    yield shop
    connections.set_state(connection_id=shop.row.pk, state=Connection.State.OFF)


def placed_by(name: str) -> list[str]:
    versions = Order.objects.get(external_id=name).versions.order_by("number")
    return list(versions.values_list("placed_by", flat=True))


@pytest.mark.parametrize("is_same_account", [True, False])
def test_a_sale_takes_no_order_that_was_placed_while_it_was_judged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_same_account: bool
) -> None:
    acme, other = an_account(), an_account()
    sku, name = an_offer("100", tokens=[bought("1000")]), f"{shop.row.code}:SO-1"
    judged, placed = Event(), Event()
    meant = external_sales.account_meant

    def waits(*given: Any, **named: Any) -> Any:
        judged.set()
        assert placed.wait(30)
        return meant(*given, **named)

    monkeypatch.setattr(external_sales, "account_meant", waits)
    wish = Sale("SO-1", 7, [SaleLine(sku.code)], account=acme.reference)

    with ThreadPoolExecutor(1) as threads:
        sold = threads.submit(_apart, lambda: external_sales.sold(shop.row, wish))
        assert judged.wait(30)
        order(acme if is_same_account else other, a_line(sku), external_id=name)
        placed.set()
        with pytest.raises(Conflict, match="did not place"):
            sold.result(30)

    assert len(placed_by(name)) == 1
    assert shop.row.code not in placed_by(name)
    assert not ExternalSale.objects.filter(connection=shop.row).exists()


def test_a_sale_that_was_cancelled_first_takes_no_order_either(shop: Shop) -> None:
    acme, sku = an_account(), an_offer("100", tokens=[bought("1000")])
    name = f"{shop.row.code}:SO-1"
    external_sales.sold(shop.row, Sale("SO-1", 1, state="cancelled"))
    order(acme, a_line(sku), external_id=name)

    with pytest.raises(Conflict, match="did not place"):
        external_sales.sold(shop.row, Sale("SO-1", 2, [SaleLine(sku.code)], account=acme.reference))

    assert len(placed_by(name)) == 1


def test_of_many_that_race_one_has_the_name(shop: Shop) -> None:
    acme, sku = an_account(), an_offer("100", tokens=[bought("1000")])
    names = [f"SO-{n}" for n in range(12)]
    start = Barrier(2)

    def sell() -> None:
        start.wait()
        for each in names:
            with suppress(Conflict):
                external_sales.sold(shop.row, Sale(each, 1, [SaleLine(sku.code)], account=acme.reference))

    def place() -> None:
        start.wait()
        for each in names:
            with suppress(IdempotencyKeyReused):
                order(acme, a_line(sku), external_id=f"{shop.row.code}:{each}")

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(_apart, sell), threads.submit(_apart, place)]:
            each.result(60)

    sold = set(ExternalSale.objects.filter(connection=shop.row).values_list("external_id", flat=True))
    for each in names:
        (by,) = placed_by(f"{shop.row.code}:{each}")
        assert (by == shop.row.code) == (each in sold)


def _apart(call: Any) -> Any:
    """The call on a connection of its own, which is closed after it."""
    try:
        return call()
    finally:
        databases.close_all()
