"""What covers a need at the least list price, and what need an account's own usage tells."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from random import Random

import pytest

from billing.queries.estimates import estimate
from billing.rules.estimates import Need, cheapest
from billing.rules.offers import SeatsPart, Snapshot, TokensPart
from billing.tests.orders.sold import an_offer, bought, monthly
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from wallets.models import Account

D = Decimal


def sold(
    code: str, kind: str, price: str, tokens: str = "0", seats: int = 0, period: str = "", **part: object
) -> Snapshot:
    every = period or "once"
    given = TokensPart("AIT", D(tokens), every, False, D(0), None, None, False, 50, part.get("features", ()))  # type: ignore[arg-type]
    return Snapshot(
        code, code, kind, D(price), "USD", period, "", None, "",
        tokens=(given,) if given.tokens else (),
        seats=(SeatsPart("desk.*", seats),) if seats else (),
    )  # fmt: skip


def need(tokens: str, seats: int = 0) -> Need:
    return Need("AIT", D(tokens), ["chat"], {"desk.a": seats} if seats else {})


def said(found: object) -> dict[str, int]:
    return {offer.code: count for offer, count in found.choices}  # type: ignore[attr-defined]


SHELF = [
    sold("p1", "pack", "12", "1000"),
    sold("p5", "pack", "50", "5000"),
    sold("plan", "plan", "100", "8000", 5, "month"),
    sold("year", "plan", "960", "96000", 3, "year"),
    sold("seat", "seats", "9", seats=1, period="month"),
]


class TestCheapest:
    @pytest.mark.parametrize(
        ("tokens", "seats", "wanted", "price"),
        [
            ("900", 0, {"p1": 1}, 12),
            ("5001", 0, {"p1": 1, "p5": 1}, 62),
            ("4500", 0, {"p5": 1}, 50),
            ("8000", 0, {"year": 1}, 80),
            ("8000", 5, {"year": 1, "seat": 2}, 98),
            ("0", 2, {"seat": 2}, 18),
            ("8000", 6, {"year": 1, "seat": 3}, 107),
            ("16500", 6, {"year": 2, "p1": 1}, 172),
        ],
    )
    def test_is_reckoned_by_hand(self, tokens: str, seats: int, wanted: dict[str, int], price: int) -> None:
        found = cheapest(need(tokens, seats), SHELF)

        assert found is not None
        assert (said(found), found.price) == (wanted, price)

    def test_of_packs_is_what_trying_all_finds(self) -> None:
        chance = Random(3)
        for _ in range(40):
            packs = [
                sold(f"k{n}", "pack", str(chance.randrange(5, 60)), str(chance.randrange(3, 40)))
                for n in range(3)
            ]
            wanted = chance.randrange(1, 120)
            sizes = [int(each.tokens[0].tokens) for each in packs]
            tried = min(
                sum(count * each.list_price for count, each in zip(counts, packs, strict=True))
                for counts in product(*(range(-(-wanted // size) + 1) for size in sizes))
                if sum(count * size for count, size in zip(counts, sizes, strict=True)) >= wanted
            )

            found = cheapest(need(str(wanted)), packs)

            assert found is not None
            assert found.price == tried

    def test_leaves_out_tokens_for_other_features_and_says_where_nothing_covers(self) -> None:
        narrow = sold("narrow", "pack", "1", "9999", features=("image",))

        assert cheapest(need("10"), [narrow]) is None
        assert cheapest(need("10", 1), SHELF[:2]) is None
        assert cheapest(need("0"), SHELF) is None


@pytest.mark.django_db
class TestEstimate:
    @pytest.fixture
    def shop(self) -> Shop:
        return Shop(since=clock() - 100 * DAY)

    @pytest.fixture
    def acme(self, shop: Shop) -> Account:
        account = shop.an_account(clock() - 95 * DAY)
        a_grant(account, "100000", now=clock() - 95 * DAY)
        return account

    def test_is_told_from_the_accounts_debits(self, shop: Shop, acme: Account) -> None:
        now = clock()
        shop.debit(acme, "900", now=now - 60 * DAY)
        shop.debit(acme, "300", "100", features=(shop.chat, shop.image), now=now - 10 * DAY)
        back = shop.debit(acme, "50", now=now - 9 * DAY)
        reversing.reverse(a_reversal(back, now=now - 8 * DAY))
        an_offer("10", currency="EUR", tokens=[bought("250")])
        an_offer("1", currency="USD", tokens=[bought("9999")])

        month, quarter = (estimate(acme, days, "EUR", now) for days in (30, 90))

        assert [(each.code, each.tokens, each.lines) for each in month.features] == [
            (shop.chat, 350, 2),
            (shop.image, 100, 1),
        ]
        assert (month.given_back, month.tokens, month.a_month) == (50, 400, 400)
        assert (quarter.tokens, quarter.a_month) == (1300, 434)
        assert month.cover is not None
        assert (month.cover.choices[0][1], month.cover.price) == (2, 20)
        assert month.kept()["a_month"] == "400"

    def test_covers_nothing_where_nothing_was_used(self, acme: Account) -> None:
        an_offer("10", currency="EUR", tokens=[monthly("250")], kind="plan", period="month")

        found = estimate(acme, 30, "EUR", clock() + timedelta(seconds=1))

        assert (found.features, found.a_month, found.cover) == ([], 0, None)
