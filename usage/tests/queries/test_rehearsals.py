"""What a rehearsal's rows say of features, accounts and wallets, and what next month would cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pricing.rules.tiers import Tier
from usage.models import Rehearsal
from usage.queries import rehearsals
from usage.queries.forecasts import next_month
from usage.tests.made import DAY, HOUR, Shop, a_grant, clock
from usage.tests.rehearsed import a_draft, rehearsed, times, without
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 100 * DAY)


def a_customer(shop: Shop, tokens: str, chat: str = "", image: str = "") -> Account:
    """An account that used so much five days ago, and has so many tokens left."""
    now = clock()
    account = shop.an_account(now - 60 * DAY)
    spent = sum(Decimal(each) for each in (chat, image) if each)
    a_grant(account, str(Decimal(tokens) + spent), now=now - 60 * DAY)
    used = [(shop.chat, chat), (shop.image, image)]
    for feature, quantity in used:
        if quantity:
            shop.debit(account, quantity, features=(feature,), now=now - 5 * DAY)
    return account


def of_ten_days(shop: Shop, factor: str = "2") -> Rehearsal:
    """The last ten days with chat at a multiple of its price."""
    return rehearsed(a_draft(shop, times(factor, shop.chat)), since=clock() - 10 * DAY, until=clock())


class TestTotalAndFeatures:
    def test_tell_tokens_before_and_after(self, shop: Shop) -> None:
        a_customer(shop, "0", chat="10", image="4")
        a_customer(shop, "0", chat="5")

        done = of_ten_days(shop)

        total = rehearsals.total(done)
        assert (total.lines, total.before, total.after, total.change) == (3, 19, 34, 15)
        assert [
            (each.feature.code, each.sums.before, each.sums.after) for each in rehearsals.by_feature(done)
        ] == [
            (shop.chat, 15, 30),
            (shop.image, 4, 4),
        ]

    def test_leave_lines_without_a_price_out_of_both_sides(self, shop: Shop) -> None:
        acme = a_customer(shop, "100", chat="10", image="4")
        draft = a_draft(shop, without(shop.image))

        done = rehearsed(draft, since=clock() - 10 * DAY, until=clock())

        total, found = rehearsals.total(done), rehearsals.of_account(done, acme.pk)
        assert found is not None
        assert (total.before, total.after, total.unpriced_lines, total.priced_lines) == (10, 10, 1, 1)
        assert (found.before, found.charged, found.unpriced_lines, found.change) == (10, 14, 1, 0)
        assert rehearsals.sides(done).same == 1


class TestAccounts:
    def test_are_worse_or_better_off_or_the_same(self, shop: Shop) -> None:
        a_customer(shop, "0", chat="10")
        a_customer(shop, "0", chat="5", image="1")
        a_customer(shop, "0", image="7")

        sides = rehearsals.sides(of_ten_days(shop))
        better = rehearsals.sides(of_ten_days(shop, "0.5"))

        assert (sides.worse, sides.worse_by, sides.better, sides.same, sides.accounts) == (2, 15, 0, 1, 3)
        assert (better.worse, better.better, better.better_by) == (0, 2, Decimal("7.5"))

    def test_are_listed_by_how_hard_they_are_hit(self, shop: Shop) -> None:
        small, large = a_customer(shop, "30", chat="5"), a_customer(shop, "100", chat="10", image="90")

        done = of_ten_days(shop)

        hit = rehearsals.hit(done, most=10)
        assert [each.account for each in hit] == [large, small]
        assert [(each.available, each.runway_before, each.runway_after) for each in hit] == [
            (100, Decimal("10.0"), Decimal("9.1")),
            (30, Decimal("60.0"), Decimal("30.0")),
        ]
        assert [each.account for each in rehearsals.hit(done, most=1, after=1)] == [small]
        assert rehearsals.gaining(done, most=5) == []

    def test_that_gain_are_listed_apart(self, shop: Shop) -> None:
        small, large = a_customer(shop, "0", chat="5"), a_customer(shop, "0", chat="10")

        gaining = rehearsals.gaining(of_ten_days(shop, "0.5"), most=5)

        assert [each.account for each in gaining] == [large, small]


class TestRunDry:
    def test_names_wallets_that_would_not_be_empty_otherwise(self, shop: Shop) -> None:
        a_customer(shop, "6", chat="10")  # six days, then three: dry either way
        soon = a_customer(shop, "12", chat="10")
        a_customer(shop, "14", chat="10")  # fourteen days, then seven: not within
        a_customer(shop, "12", image="10")
        a_customer(shop, "0", chat="10")

        dry = rehearsals.run_dry(of_ten_days(shop), most=20)

        assert (dry.count, [each.account for each in dry.accounts]) == (1, [soon])

    def test_counts_more_than_it_names(self, shop: Shop) -> None:
        customers = [a_customer(shop, tokens, chat="10") for tokens in ("13", "8", "9")]

        dry = rehearsals.run_dry(of_ten_days(shop), most=2)

        assert (dry.count, [each.account for each in dry.accounts]) == (3, [customers[1], customers[2]])

    def test_takes_grants_in_force_alone(self, shop: Shop) -> None:
        account = a_customer(shop, "12", chat="10")
        a_grant(account, "1000", effective_at=clock() + HOUR)
        a_grant(account, "1000", now=clock() - 2 * DAY, expires_at=clock() - DAY)

        assert rehearsals.run_dry(of_ten_days(shop), most=2).count == 1


class TestNextMonth:
    def test_is_the_last_thirty_days_by_the_days_of_the_month(self, shop: Shop) -> None:
        acme = a_customer(shop, "1000", chat="30")
        shop.debit(acme, "999", now=clock() - 31 * DAY)
        draft = a_draft(shop, times("2"))

        found = next_month(acme, draft, clock())

        days = _days_of(found.month)
        assert found.month.day == 1
        assert (found.now, found.then, found.lines) == (Decimal(days), Decimal(2 * days), 1)
        assert found.share == 1

    def test_counts_tiers_from_the_beginning_of_a_month(self, shop: Shop) -> None:
        acme = a_customer(shop, "1000")
        for ago in (25, 20):
            shop.debit(acme, "60", now=clock() - ago * DAY)
        tiers = {"tokens": Decimal(2), "tier_mode": "graduated", "tiers": (Tier(Decimal(100), Decimal(1)),)}

        found = next_month(acme, a_draft(shop, lambda row: replace(row, **tiers)), clock())

        assert found.then == (Decimal(220) * _days_of(found.month) / 30).quantize(Decimal("0.000001"))

    def test_is_unknown_where_some_of_it_would_have_no_price(self, shop: Shop) -> None:
        acme = a_customer(shop, "1000", chat="30", image="1")

        found = next_month(acme, a_draft(shop, without(shop.image)), clock())

        assert (found.then, found.share, found.lines) == (None, None, 2)


def _days_of(month: date) -> int:
    following = (month.replace(day=28) + 7 * DAY).replace(day=1)
    return (following - month).days
