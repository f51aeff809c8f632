"""Money that goes back of what others sold, and comes back: by lines, in any order, and the books agree to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from billing.errors import NotThereYet
from billing.models import OrderPeriod, RefundChange
from billing.queries.orders import lines_of, present_version
from billing.rules.connecting import Customer, Refund, RefundFailed, Sale, SaleLine, Wish
from billing.services import auditing, wishes
from billing.tests.connections.shops import Shop as Till
from billing.tests.connections.shops import a_shop
from billing.tests.orders.sold import an_offer, bought, left
from billing.tests.orders.test_money import CHECKS, money, paid
from config.kernel.errors import Conflict, IdempotencyKeyReused
from usage.tests.held import a_hold, release
from usage.tests.made import Shop, an_account
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def usage() -> Shop:
    return Shop()


@pytest.fixture
def acme(usage: Shop) -> Account:
    return usage.an_account()


@pytest.fixture
def till(no_bell: None) -> Till:
    return a_shop()


def a_pack(price: str = "100", tokens: str = "1000") -> str:
    return an_offer(price, tokens=[bought(tokens)]).code


def sold(buyer: Account, skus: Mapping[str, str], version: int = 1, **more: Any) -> Sale:
    """A sale of one of each SKU, by line."""
    lines = [SaleLine(sku, name) for name, sku in skus.items()]
    return Sale("SO-1", version, lines, **{"account": buyer.reference} | more)


def refund(name: str, amount: str, *, whole: bool = False, **lines: str) -> Refund:
    named = {line: Decimal(part) for line, part in lines.items()} if lines else None
    return Refund(name, "SO-1", Decimal(amount), "USD", whole, lines=named)


def failed(name: str, amount: str) -> RefundFailed:
    return RefundFailed(name, "SO-1", Decimal(amount), "USD")


def told(till: Till, *them: Wish) -> list[str]:
    """What each came to; what waits for another is told after it."""
    found, waiting = [], list(them)
    while waiting:
        later = []
        for wish in waiting:
            try:
                found.append(wishes.grant(till.row, wish).said)
            except NotThereYet:
                later.append(wish)
        assert len(later) < len(waiting)
        waiting = later
    return found


def prices(till: Till) -> dict[str, tuple[Decimal, Decimal]]:
    """The quantity and the price of each line of the order; none where it is cancelled."""
    present = present_version(till.order("SO-1"))
    assert present is not None
    lines = lines_of(present) if present.state == "active" else []
    return {line.name: (line.quantity, line.amount) for line in lines}


def agrees(account: Account) -> None:
    """Order and revenue have the same money, and no check finds a lie."""
    assert sum(period.amount for period in OrderPeriod.objects.filter(account=account)) == paid(account)
    found = money(account)
    assert found.get("paid", 0) - found.get("refunded", 0) == paid(account)
    assert auditing.findings([*CHECKS, "sale_of_theirs_is_its_order"]) == ()


class TestARefund:
    def test_of_a_line_leaves_the_others(self, till: Till, acme: Account) -> None:
        told(till, sold(acme, {"a": a_pack(), "b": a_pack("60", "600")}))
        told(till, refund("R-1", "25", a="25"))
        assert prices(till) == {"a": (Decimal("0.75"), 75), "b": (1, 60)}

        told(till, refund("R-2", "60", b="60"))

        assert prices(till) == {"a": (Decimal("0.75"), 75)}
        assert left(acme) == [750, 0]
        agrees(acme)

    def test_of_what_is_not_ours_takes_nothing(self, till: Till, acme: Account) -> None:
        told(till, sold(acme, {"a": a_pack()}))
        wishes.grant(till.row, Refund("R-1", "SO-1", Decimal(0), "USD", False, lines={}))

        assert prices(till) == {"a": (1, 100)}

    def test_takes_the_rest_of_what_is_left(self, till: Till, acme: Account) -> None:
        told(till, sold(acme, {"a": a_pack(), "b": a_pack("60", "600")}))

        told(till, refund("R-1", "75", a="60"), refund("R-2", "20"))

        # 60 off the first line, and 35 off the 100 that are left: 14 and 21.
        assert prices(till) == {"a": (Decimal("0.26"), 26), "b": (Decimal("0.65"), 39)}
        agrees(acme)

    def test_comes_to_the_same_in_any_order(self, usage: Shop, no_bell: None) -> None:
        skus = {"a": a_pack(), "b": a_pack("60", "600")}
        part = refund("R-1", "25", a="25"), refund("R-2", "45"), refund("R-3", "30", b="30")
        for place, order in enumerate(permutations(part)):
            till, account = a_shop(), usage.an_account()
            them = [*order]
            them.insert(place % 4, sold(account, skus))
            told(till, *them)

            assert prices(till) == {
                "a": (Decimal("0.428571429"), Decimal("42.857142857143")),
                "b": (Decimal("0.285714286"), Decimal("17.142857142857")),
            }
        agrees(account)

    def test_is_for_other_lines_when_they_are_named(self, till: Till, acme: Account) -> None:
        told(till, sold(acme, {"a": a_pack(), "b": a_pack("60", "600")}))
        told(till, refund("R-1", "32"))
        assert prices(till) == {"a": (Decimal("0.8"), 80), "b": (Decimal("0.8"), 48)}

        told(till, refund("R-1", "30", b="30"))
        assert prices(till) == {"a": (1, 100), "b": (Decimal("0.5"), 30)}
        said = told(till, refund("R-1", "32"), refund("R-1", "30", b="30"))

        assert said == ["The refund R-1 was taken off before."] * 2
        assert RefundChange.objects.filter(refund__sale__connection=till.row).count() == 1
        with pytest.raises(IdempotencyKeyReused):
            wishes.grant(till.row, Refund("R-1", "SO-1", Decimal(30), "EUR", False, lines={"b": Decimal(30)}))
        agrees(acme)


class TestAFailure:
    @pytest.mark.parametrize("whole", [False, True])
    def test_lets_the_sale_stand_in_any_order(self, usage: Shop, no_bell: None, whole: bool) -> None:
        skus, amount = {"a": a_pack()}, "100" if whole else "40"
        part = refund("R-1", amount, whole=whole), failed("R-1", amount), refund("R-2", "10")
        for order in permutations(range(3)):
            till, account = a_shop(), usage.an_account()
            them = (sold(account, skus), *part[:2])
            told(till, *(them[place] for place in order), part[2])

            assert prices(till) == {"a": (Decimal("0.9"), 90)}
            assert sum(left(account)) == 900
            assert told(till, *part)[1] == "The refund R-1 was known to have failed."
            assert prices(till) == {"a": (Decimal("0.9"), 90)}
        agrees(account)

    @pytest.mark.parametrize("spent", ["300", "700", "1000"])
    def test_sells_again_what_was_not_kept(self, till: Till, usage: Shop, acme: Account, spent: str) -> None:
        told(till, sold(acme, {"a": a_pack()}))
        usage.debit(acme, spent)
        told(till, refund("R-1", "100", whole=True))
        assert (prices(till), sum(left(acme)), paid(acme)) == ({}, 0, Decimal(spent) / 10)

        told(till, failed("R-1", "100"))

        assert sum(left(acme)) == 1000 - Decimal(spent)
        assert paid(acme) == 100
        agrees(acme)
        told(till, refund("R-2", "10"))
        assert paid(acme) == max(Decimal(90), Decimal(spent) / 10)
        agrees(acme)

    def test_leaves_to_a_hold_what_it_kept(self, till: Till, usage: Shop, acme: Account) -> None:
        told(till, sold(acme, {"a": a_pack()}))
        hold = a_hold(usage, acme, "400")
        told(till, refund("R-1", "100", whole=True), failed("R-1", "100"))

        assert (sum(left(acme)), paid(acme)) == (1000, 100)
        release(usage, hold)
        agrees(acme)

    def test_of_a_part_gives_again_what_was_taken(self, till: Till, usage: Shop, acme: Account) -> None:
        told(till, sold(acme, {"a": a_pack()}))
        usage.debit(acme, "800")
        told(till, refund("R-1", "50"))
        assert (sum(left(acme)), paid(acme)) == (0, 80)

        [said] = told(till, failed("R-1", "50"))

        assert said.endswith("version 3, holds. Refund R-1 of 50 USD failed after all.")
        assert (sum(left(acme)), paid(acme)) == (200, 100)
        agrees(acme)


class TestAnAccountThatReadsOtherwise:
    def test_leaves_what_was_sold_where_it_is(self, till: Till, acme: Account) -> None:
        sku, other = a_pack(), an_account()
        told(till, sold(acme, {"a": sku}))

        [said] = told(till, sold(other, {"a": sku}))
        [unknown] = told(till, sold(acme, {"a": sku}, account="nobody-yet"))

        assert f"stays with the account {acme.reference}" in said
        assert f"stays with the account {acme.reference}" in unknown
        assert "transfer it" in said
        assert (left(acme), left(other)) == ([1000], [])
        with pytest.raises(IdempotencyKeyReused):
            told(till, sold(other, {"a": a_pack()}))

    def test_says_nothing_where_it_means_the_same(self, till: Till, acme: Account) -> None:
        sku = a_pack()
        wishes.grant(till.row, Customer("cus_1", acme.reference))
        told(till, sold(acme, {"a": sku}))

        assert told(till, sold(acme, {"a": sku}, account="", customer="cus_1")) == [
            "Version 1 of SO-1 was told before."
        ]

    def test_is_given_back_all_the_same(self, till: Till, acme: Account) -> None:
        sku, other = a_pack(), an_account()
        wishes.grant(till.row, Customer("cus_1", acme.reference))
        told(till, sold(acme, {"a": sku}, account="", customer="cus_1"))
        wishes.grant(till.row, Customer("cus_2", other.reference))
        wishes.grant(till.row, wishes.Merged("cus_1", "cus_2"))

        told(till, refund("R-1", "40"), failed("R-1", "40"), refund("R-2", "50"))
        told(till, sold(acme, {"a": sku}, 2, account="", customer="cus_2", state="cancelled"))

        assert (sum(left(acme)), left(other)) == (0, [])
        assert prices(till) == {}
        with pytest.raises(Conflict, match="another account needs an order of its own"):
            told(till, sold(acme, {"a": sku}, 3, account="", customer="cus_2"))
