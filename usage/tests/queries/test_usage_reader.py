"""What a reader of usage answers beyond plain sums."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import AdoptionWeek, Clock, Portion, UsageQuestion, months_around
from usage.services import reversing
from usage.tests.made import DAY, UNLIMITED, Shop, a_reversal, ait, clock
from usage.tests.rolled import roll_up
from wallets.models import Account

pytestmark = pytest.mark.committed


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 60 * DAY)


@pytest.fixture
def accounts(shop: Shop) -> list[Account]:
    return [shop.an_account(clock() - 50 * DAY, policy=UNLIMITED) for _ in range(3)]


def question(shop: Shop, *groups: str, days: int = 40) -> UsageQuestion:
    now = clock()
    return UsageQuestion(now - days * DAY, now + DAY, groups, products=frozenset({shop.product.pk}))


class TestMost:
    def test_begins_with_what_took_the_most(self, shop: Shop, accounts: list[Account]) -> None:
        for account, quantity in zip(accounts, ("3", "9", "5"), strict=True):
            shop.debit(account, quantity)
        roll_up()

        found = usage_reader().most(question(shop, "account"), 2)

        assert [(row.keys, row.tokens) for row in found] == [((accounts[1].pk,), 9), ((accounts[2].pk,), 5)]


class TestReach:
    def test_counts_accounts_once_and_not_where_all_was_given_back(
        self, shop: Shop, accounts: list[Account]
    ) -> None:
        for account in (accounts[0], accounts[0], accounts[1]):
            shop.debit(account, "1")
        shop.debit(accounts[1], "2", "3", features=(shop.chat, shop.image))
        reversing.reverse(a_reversal(shop.debit(accounts[2], "4")))
        roll_up()

        reach = usage_reader().reach(question(shop, "feature"), 5)

        assert sorted(reach.by_key.values()) == [1, 2]
        assert (reach.accounts, reach.largest) == (2, [accounts[1].pk, accounts[0].pk])

    def test_names_the_largest_alone(self, shop: Shop, accounts: list[Account]) -> None:
        for account, quantity in zip(accounts, ("3", "9", "5"), strict=True):
            shop.debit(account, quantity)
        roll_up()

        reach = usage_reader().reach(question(shop, "feature"), 2)

        assert (reach.accounts, reach.largest) == (3, [accounts[1].pk, accounts[2].pk])

    def test_of_what_nobody_used_is_nothing(self, shop: Shop) -> None:
        reach = usage_reader().reach(question(shop, "feature"), 5)

        assert (reach.by_key, reach.accounts, reach.largest) == ({}, 0, [])


class TestFirstDays:
    def test_are_those_of_what_still_stands(self, shop: Shop, accounts: list[Account]) -> None:
        now = clock()
        early = shop.debit(accounts[0], "1", now=now - 30 * DAY)
        shop.debit(accounts[0], "1", now=now - 20 * DAY)
        reversing.reverse(a_reversal(early, now=now - 10 * DAY))
        roll_up()

        assert usage_reader().first_days(question(shop)) == {(): (now - 20 * DAY).date()}


class TestAdoption:
    def test_counts_who_came_and_who_came_back(self, shop: Shop, accounts: list[Account]) -> None:
        began = (clock() - 25 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        for account, day in ((0, 0), (1, 6), (0, 7), (2, 15), (2, 16), (0, 20)):
            shop.debit(accounts[account], "1", now=began + day * DAY)
        roll_up()
        asked = UsageQuestion(began, clock(), products=frozenset({shop.product.pk}))

        found = usage_reader().adoption(asked)

        assert found == [AdoptionWeek(0, 2, 2), AdoptionWeek(1, 1, 0), AdoptionWeek(2, 2, 1)]


class TestShared:
    def test_goes_by_tokens_of_account_and_month(self, shop: Shop, accounts: list[Account]) -> None:
        now, (one, other, free) = clock(), accounts
        shop.debit(one, "30", "10", features=(shop.chat, shop.image), now=now)
        shop.debit(other, "5", now=now)
        shop.debit(free, "500", now=now)
        roll_up()
        month = now.astimezone(UTC).date().replace(day=1)
        product = shop.product.pk
        asked = UsageQuestion(*months_around(question(shop, days=0)), ("feature",), clock=Clock.RECORDED)
        portions = [
            Portion(one.pk, product, ait(), month, Decimal(8)),
            Portion(other.pk, product, ait(), month, Decimal(3)),
            Portion(other.pk, product, ait(), date(1999, 1, 1), Decimal(70)),
        ]

        found = usage_reader().shared(asked, portions)

        assert sorted(found.values()) == [2, 9]
        assert usage_reader().shared(asked, []) == {}

    def test_goes_in_part_of_a_month_that_is_cut(self, shop: Shop, accounts: list[Account]) -> None:
        first = datetime(*(clock() - 40 * DAY).timetuple()[:2], 1, tzinfo=UTC)
        shop = Shop(since=first - DAY)
        account = shop.an_account(first - DAY, policy=UNLIMITED)
        for day, quantity in ((2, "1"), (9, "3")):
            shop.debit(account, quantity, now=first + day * DAY)
        roll_up()
        half = UsageQuestion(first, first + 5 * DAY, accounts=frozenset({account.pk}), clock=Clock.RECORDED)
        portion = Portion(account.pk, shop.product.pk, ait(), first.date(), Decimal(100))

        assert usage_reader().shared(half, [portion]) == {(): 25}


class TestMonthsAround:
    def test_are_whole_months_of_utc(self) -> None:
        asked = UsageQuestion(datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))

        assert months_around(asked) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
