"""Rolling up: what the sums say is what the rows say, whatever came in which order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from config.embedded.pytest_databases import TestServices
from config.kernel.errors import DomainError
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.models import RollUps, Series, UsageDay, UsageSlot
from usage.rules.orders import OwnCost
from usage.services import reversing, rolling
from usage.tests.held import a_hold, capture
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal, clock
from usage.tests.racing import at_once
from usage.tests.rerated import approved, asked, corrected_prices, worked
from usage.tests.rolled import (
    agree,
    cells_of_rows,
    in_days,
    lies,
    roll_up,
    rolled_cells,
    rolled_days,
    total,
)
from wallets.models import Account

pytestmark = pytest.mark.committed

OCCURRED, RECORDED = Series.OCCURRED, Series.RECORDED


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def account(shop: Shop) -> Account:
    return shop.an_account(policy=UNLIMITED)


class TestRoll:
    def test_adds_what_was_charged(self, shop: Shop, account: Account) -> None:
        shop.debit(
            account, "3", "2.5", features=(shop.chat, shop.image), dimensions={"model": "m"},
            subject={"user": "u-1", "team": "red"},
        )  # fmt: skip
        roll_up()

        cells = rolled_cells(account.pk)
        assert agree(account)
        assert total(cells, OCCURRED, "tokens") == Decimal("5.5")
        assert total(cells, OCCURRED, "calls") == 1
        assert total(cells, Series.OCCURRED_BY_SUBJECT, "items") == 2
        assert {key[-2:] for key in cells if key[0] > 2} == {("u-1", "red")}

    def test_adds_nothing_twice(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "3")
        roll_up()
        before = rolled_cells(account.pk)

        roll_up()
        shop.debit(account, "4")
        roll_up(most=1)

        assert total(before, OCCURRED, "quantity") == 3
        assert total(rolled_cells(account.pk), OCCURRED, "quantity") == 7
        assert agree(account)

    def test_puts_late_usage_where_it_occurred(self, shop: Shop, account: Account) -> None:
        roll_up()
        shop.debit(account, "3", at=clock() - 20 * DAY)
        roll_up()

        days = rolled_days(account.pk)
        assert agree(account)
        assert {key[1] for key in days if key[0] == OCCURRED.value} == {(clock() - 20 * DAY).date()}
        assert {key[1] for key in days if key[0] == RECORDED.value} == {clock().date()}

    def test_takes_off_what_was_given_back(self, shop: Shop, account: Account) -> None:
        partly, wholly = shop.debit(account, "10"), shop.debit(account, "7", "1")
        roll_up()
        reversing.reverse(a_reversal(partly, "4"))
        reversing.reverse(a_reversal(wholly, "2"))
        reversing.reverse(a_reversal(wholly))
        roll_up()

        cells = rolled_cells(account.pk)
        assert agree(account)
        assert total(cells, OCCURRED, "tokens") == 6
        assert total(cells, OCCURRED, "quantity") == 10
        assert total(cells, OCCURRED, "calls") == 1

    def test_counts_captures(self, shop: Shop, account: Account) -> None:
        a_grant(account, "50")
        capture(shop, a_hold(shop, account, "20"), "12")
        roll_up()

        assert agree(account)
        assert total(rolled_cells(account.pk), OCCURRED, "tokens") == 12

    def test_counts_once_what_is_charged_anew(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10")
        until = clock()
        roll_up()
        row = worked(asked(shop, corrected_prices(shop), since=until - DAY, until=until, now=clock()))
        worked(approved(row))
        roll_up()

        cells = rolled_cells(account.pk)
        assert agree(account)
        assert total(cells, OCCURRED, "tokens") == 20
        assert total(cells, OCCURRED, "quantity") == 10
        assert total(cells, OCCURRED, "calls") == 1

    def test_counts_refusals_with_their_repeats(self, shop: Shop) -> None:
        poor = shop.an_account()
        for turn in range(3):
            with pytest.raises(DomainError):
                shop.debit(poor, "5", key="again", dimensions={"model": "m"}, subject={"user": "u-1"})
            if turn == 1:
                roll_up()
        roll_up()

        assert agree(poor)
        assert total(rolled_cells(poor.pk), OCCURRED, "refused") == 3

    def test_knows_what_usage_cost_us(self, shop: Shop, account: Account) -> None:
        draft = drafting.open_draft(table=shop.table)
        rows = [RateRow(shop.chat, Decimal(1), cost=Decimal("0.25")), RateRow(shop.image, Decimal(1))]
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        publishing.publish(version=draft)
        shop.debit(account, "4")
        shop.debit(account, "4", costs=(OwnCost(Decimal("9.5"), "USD"),))
        shop.debit(account, "4", features=(shop.image,))
        roll_up()

        cells = rolled_cells(account.pk)
        assert agree(account)
        assert total(cells, OCCURRED, "cost") == Decimal("10.5")
        assert total(cells, OCCURRED, "uncosted") == 4


class TestReadings:
    def test_do_not_skip_what_commits_late(self, shop: Shop, account: Account) -> None:
        other = shop.an_account(policy=UNLIMITED)
        roll_up()
        with transaction.atomic():
            shop.debit(account, "1")
            _meanwhile(lambda: shop.debit(other, "2"), lambda: rolling.roll(5), lambda: rolling.roll(5))
        roll_up()

        assert agree(account)
        assert agree(other)
        assert total(rolled_cells(account.pk), OCCURRED, "quantity") == 1

    def test_see_what_a_savepoint_wrote(self, shop: Shop, account: Account) -> None:
        other = shop.an_account(policy=UNLIMITED)
        roll_up()
        with transaction.atomic():
            shop.debit(account, "1")
            _meanwhile(lambda: rolling.roll(5), lambda: shop.debit(other, "2"))
            with transaction.atomic():
                shop.debit(account, "4")
                _meanwhile(lambda: rolling.roll(5), lambda: rolling.roll(5))
        roll_up()

        assert agree(account)
        assert agree(other)
        assert total(rolled_cells(account.pk), OCCURRED, "quantity") == 5

    def test_leave_what_their_own_transaction_writes(self, shop: Shop, account: Account) -> None:
        other = shop.an_account(policy=UNLIMITED)
        roll_up()
        with transaction.atomic():
            shop.debit(account, "1")
            _meanwhile(lambda: shop.debit(other, "2"))
            rolling.roll(5)
            shop.debit(account, "4")
            rolling.roll(5)
            assert lies() == []
        roll_up()

        assert agree(account)
        assert total(rolled_cells(account.pk), OCCURRED, "quantity") == 5

    def test_are_older_than_all_that_is_left(self, shop: Shop, account: Account) -> None:
        roll_up()
        with transaction.atomic():
            shop.debit(account, "1")
            began_at = clock()
            _meanwhile(*[lambda: rolling.roll(5)] * 4)
            stood_at = RollUps.objects.get().floor_at
        for _ in range(3):
            roll_up()

        assert stood_at < began_at
        assert RollUps.objects.get().floor_at > began_at

    def test_go_on_where_a_killed_worker_stopped(
        self, shop: Shop, account: Account, services: TestServices
    ) -> None:
        for _ in range(5):
            shop.debit(account, "1")
        with psycopg.connect(services.app_url) as killed:
            killed.execute("SELECT usage_rollup_v1(2)")
            killed.rollback()
        roll_up(most=2)

        assert agree(account)
        assert total(rolled_cells(account.pk), OCCURRED, "calls") == 5

    def test_leave_it_to_whoever_is_at_it(self, shop: Shop, services: TestServices) -> None:
        with psycopg.connect(services.app_url) as other:
            other.execute("SELECT usage_rollup_v1(2)")
            with connection.cursor() as cursor:
                cursor.execute("SELECT outcome FROM usage_rollup_v1(2)")
                assert cursor.fetchone() == ("busy",)
            other.rollback()


class TestBeginAnew:
    def test_comes_to_the_same(self, shop: Shop, account: Account) -> None:
        reversing.reverse(a_reversal(shop.debit(account, "3"), "1"))
        poor = shop.an_account()
        with pytest.raises(DomainError):
            shop.debit(poor, "5")
        roll_up()
        before = rolled_cells(account.pk)

        rolling.begin_anew()
        assert not UsageDay.objects.exists()
        roll_up()

        assert rolled_cells(account.pk) == before
        assert agree(account)
        assert agree(poor)

    def test_happens_by_itself_in_a_copy_of_the_database(
        self, shop: Shop, account: Account, services: TestServices
    ) -> None:
        shop.debit(account, "3")
        roll_up()
        with psycopg.connect(services.owner_url, autocommit=True) as owner:
            owner.execute("UPDATE usage_rollups SET home = 'elsewhere', since = since + 1000000000")

        rolling.roll(5)
        roll_up()

        assert agree(account)


class TestForget:
    def test_keeps_days_and_adds_to_them(self, shop: Shop, services: TestServices) -> None:
        now = clock()
        account = shop.an_account(now - 39 * DAY, policy=UNLIMITED)
        old = shop.debit(account, "3", now=now - 30 * DAY)
        shop.debit(account, "4")
        roll_up()
        with psycopg.connect(services.owner_url, autocommit=True) as owner:
            before = owner.execute("SELECT slots_since FROM usage_rollups").fetchone()
            rolling.forget(10)
            reversing.reverse(a_reversal(old))
            roll_up()
            kept = UsageSlot.objects.filter(account=account, series=OCCURRED)
            moments = list(kept.values_list("slot_at", flat=True))
            days = rolled_days(account.pk)
            since = RollUps.objects.get().slots_since
            owner.execute("UPDATE usage_rollups SET slots_since = %s", before)

        assert since == (now - timedelta(days=10)).replace(hour=0, minute=0, second=0, microsecond=0)
        assert all(at >= since for at in moments)
        assert days == in_days(cells_of_rows(account.pk))
        rolling.begin_anew()


def _meanwhile(*calls: Callable[[], Any]) -> None:
    """Let another connection do these one after the other, and commit each."""
    for answer in at_once(calls, callers=1):
        if isinstance(answer, Exception):
            raise answer
