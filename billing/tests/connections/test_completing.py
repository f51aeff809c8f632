"""Records that leave something out, where whoever could tell it does not answer or asks to be left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing.connectors.registry import CONNECTORS
from billing.models import ConnectionHealth, Handling
from billing.rules.connecting import Access, Later, Record, Unreachable
from billing.rules.deliveries import LONGEST_REST
from billing.services import applying
from billing.tests.connections.shops import Shop, a_sale
from usage.tests.made import clock
from wallets.models import Account


class Asking:
    """The generic connector, which asks them about each record and fails as it is told to."""

    def __init__(self, fault: Exception | None, about: str = "") -> None:
        self.fault, self.about, self.asked = fault, about, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(CONNECTORS["webhook"], name)

    def complete(self, access: Access, record: Record) -> Record:
        self.asked += 1
        if self.fault is not None and self.about in (record.external_id, ""):
            raise self.fault
        return record


def work(connector: Any) -> None:
    applying.work_due({"webhook": connector}, 5.0)


def rest_is_over(shop: Shop) -> None:
    ConnectionHealth.objects.filter(connection=shop.row).update(applying_rests_until=clock())


def all_are_due(shop: Shop) -> None:
    Handling.objects.filter(connection=shop.row).waiting().update(next_at=clock())


@pytest.mark.parametrize("fault", [Later("Slow down.", 3600), Unreachable("No answer.")])
def test_one_is_asked_about_and_the_rest_wait(shop: Shop, acme: Account, pack: str, fault: Exception) -> None:
    for _ in range(30):
        shop.tell(a_sale(acme.reference, pack))
    asking = Asking(fault)

    work(asking)
    work(asking)

    assert asking.asked == 1
    assert shop.states() == ["waiting"] * 30


def test_they_are_left_alone_as_long_as_they_ask_for(shop: Shop, acme: Account, pack: str) -> None:
    shop.tell(a_sale(acme.reference, pack))
    before = clock()

    work(Asking(Later("Slow down.", 3600)))

    rests_until = ConnectionHealth.objects.get(connection=shop.row).applying_rests_until
    assert rests_until is not None
    assert rests_until >= before + timedelta(hours=1)


def test_nothing_is_given_up_however_long_it_lasts_and_it_is_applied_after(
    shop: Shop, acme: Account, pack: str
) -> None:
    shop.tell(a_sale(acme.reference, pack))
    for _ in range(20):
        work(Asking(Unreachable("No answer.")))
        rest_is_over(shop)
        all_are_due(shop)
    assert shop.handlings()[0].attempts == 20

    work(Asking(None))

    assert shop.states() == ["applied"]


def test_one_that_always_fails_keeps_no_other_from_its_turn(shop: Shop, acme: Account, pack: str) -> None:
    for _ in range(4):
        shop.tell(a_sale(acme.reference, pack))
    odd = shop.handlings()[0].received.external_id
    asking = Asking(Unreachable("No answer."), odd)

    work(asking)
    rest_is_over(shop)
    work(asking)

    assert sorted(shop.states()) == ["applied", "applied", "applied", "waiting"]
    (left,) = Handling.objects.filter(connection=shop.row).waiting()
    assert clock() < left.next_at <= clock() + LONGEST_REST * 1.2
