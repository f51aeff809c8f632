"""Revenue, from the ledger to the closed month."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from billing import tasks
from billing.errors import MonthNotClosable, MonthNotReopenable
from billing.models import AccountingPeriod, GrantMonth, GrantRevenue, RevenueMonth, UnpaidMonth
from billing.queries import audit_revenue, revenue
from billing.services import auditing, hand_acts, periods, recognising
from billing.tests.books_of_revenue import FEBRUARY, WINTER, earn, sell, wallets_of
from usage.errors import PeriodClosed
from usage.models import Backfill
from usage.rules.grants import GrantOrder
from usage.services import backfilling, books
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, clock, named
from wallets.models import Account

pytestmark = pytest.mark.django_db
JANUARY, AFTER = date(2000, 1, 1), date(2000, 2, 1)
MILLENNIUM = datetime(2000, 1, 10, tzinfo=UTC)
CHECKS = [check.name for check in audit_revenue.REVENUE]


def sums(row: Any, *names: str) -> list[str]:
    return [f"{getattr(row, name):.2f}" for name in names]


class TestReckoning:
    def test_shares_out_what_was_paid_by_where_the_tokens_are(self) -> None:
        names = earn()
        of = {row.grant_id: row for row in GrantRevenue.objects.filter(account=names["earner"])}

        assert sums(of[names["sold"]], "paid", "recognised", "transferred", "deferred") == [
            "99.99",
            "35.00",
            "6.00",
            "58.99",
        ]
        assert sums(of[names["lapsed_grant"]], "paid", "breakage", "deferred") == ["0.70", "0.70", "0.00"]
        assert sums(of[names["returned_grant"]], "paid", "refunded", "deferred") == ["1.80", "1.80", "0.00"]
        part = GrantRevenue.objects.get(account=names["earner_part"])
        assert sums(part, "paid", "recognised", "deferred") == ["6.00", "2.00", "4.00"]

    def test_earns_by_month_and_product(self) -> None:
        names = earn()
        rows = RevenueMonth.objects.filter(product=names["earning_product"]).order_by("month")

        assert [(row.month, *sums(row, "recognised")) for row in rows] == [
            (date(2001, 1, 1), "30.00"),
            (date(2001, 2, 1), "7.00"),
        ]

    def test_shows_free_tokens_as_a_cost_and_not_as_revenue(self) -> None:
        names = earn()
        rows = UnpaidMonth.objects.filter(product=names["earning_product"]).order_by("currency")

        assert [(row.kind, row.currency, row.tokens, row.uncosted, row.cost) for row in rows] == [
            ("trial", "", 30, 0, 0),
            ("trial", "USD", 0, 0, Decimal("0.60")),
        ]

    def test_comes_to_the_same_however_often_it_is_reckoned(self) -> None:
        names = earn()
        account, part = Account.objects.get(pk=names["earner"]), Account.objects.get(pk=names["earner_part"])

        wallets = [(each.account_id, each.pk) for each in wallets_of(account, part)]

        assert recognising.reckon_wallets(wallets) == 0
        assert auditing.findings(CHECKS) == ()

    def test_is_done_by_a_job(self) -> None:
        account = Shop().an_account()
        grant = a_grant(account, "10", kind="purchase", unit_cost=Decimal("0.5"))

        tasks.reckon_revenue()

        assert sums(GrantRevenue.objects.get(grant_id=grant.pk), "paid", "deferred") == ["5.00", "5.00"]

    def test_shows_overage_in_tokens_until_it_is_bought(self) -> None:
        shop = Shop(since=WINTER - DAY)
        account = shop.an_account(WINTER, policy=UNLIMITED)
        shop.debit(account, "40", now=WINTER)
        sell(account, "100", "10", now=FEBRUARY)
        recognising.reckon_wallets([(w.account_id, w.pk) for w in wallets_of(account)])

        rows = UnpaidMonth.objects.filter(product=shop.product).order_by("month")
        assert [(row.month.month, row.kind, row.tokens) for row in rows] == [
            (1, "overage", 40),
            (2, "overage", -40),
        ]
        earned = RevenueMonth.objects.get(product=shop.product)
        assert (earned.month.month, earned.recognised) == (2, 4)


class TestJournal:
    def test_has_debits_that_equal_its_credits(self) -> None:
        names = earn()
        text = io.StringIO()
        call_command("journal", "2001-02", "--currency", "USD", stdout=text)
        rows = list(csv.DictReader(io.StringIO(text.getvalue())))
        mine = [row for row in rows if row["reference"] == str(names["sold"])]

        debits, credits = (sum(Decimal(row[side] or 0) for row in rows) for side in ("debit", "credit"))
        assert debits == credits > 0
        assert {(row["memo"], row["account_code"], row["debit"], row["credit"]) for row in mine} >= {
            ("purchase: tokens moved to another account", "2400", "6.00", ""),
            ("purchase: tokens moved to another account", "2490", "", "6.00"),
        }
        assert {row["date"] for row in rows} == {"2001-02-28"}

    @pytest.mark.parametrize("asked", [["2001-13"], ["1990-01"], ["2001-01", "--currency", "XXX"]])
    def test_says_what_it_cannot_print(self, asked: list[str]) -> None:
        earn()

        with pytest.raises(CommandError):
            call_command("journal", *asked, stdout=io.StringIO())


@pytest.fixture
def closer() -> User:
    return User.objects.create(username=named("closer"))


@pytest.fixture
def shop() -> Shop:
    return Shop(since=MILLENNIUM - DAY)


@pytest.fixture
def customer(shop: Shop) -> Account:
    """Who bought a hundred tokens for ten in January and used forty of them."""
    account = shop.an_account(MILLENNIUM)
    sell(account, "100", "10", now=MILLENNIUM)
    shop.debit(account, "40", now=MILLENNIUM + DAY)
    return account


def close(month: date, user: User) -> AccountingPeriod:
    return periods.close(month=month, user=user, reason="Checked.", connectors={})


class TestClosing:
    def test_keeps_what_the_month_came_to(self, shop: Shop, customer: Account, closer: User) -> None:
        period = close(JANUARY, closer)

        rows = revenue.figures_at_closing(period)
        assert {
            (row.product_id, row.paid, row.recognised, row.deferred) for row in rows if row.currency == "USD"
        } == {(None, 10, 0, 6), (shop.product.pk, 0, 4, None)}
        assert auditing.findings(CHECKS) == ()

    def test_lets_late_usage_go_into_the_open_month(
        self, shop: Shop, customer: Account, closer: User
    ) -> None:
        close(JANUARY, closer)
        shop.debit(customer, "10", at=MILLENNIUM + 2 * DAY, now=MILLENNIUM + 25 * DAY)
        recognising.reckon()

        months = GrantMonth.objects.filter(account=customer, product=shop.product).order_by("month")
        assert [(row.month, row.recognised) for row in months] == [(JANUARY, 4), (AFTER, 1)]
        assert auditing.findings(CHECKS) == ()

    def test_is_given_away_by_whatever_is_booked_into_it_all_the_same(
        self, shop: Shop, customer: Account, closer: User
    ) -> None:
        close(JANUARY, closer)
        shop.debit(customer, "10", now=MILLENNIUM + 2 * DAY)
        recognising.reckon()

        assert [each.check.name for each in auditing.findings(CHECKS)] == ["closed_month_still_adds_up"]

    def test_goes_month_by_month_and_only_once_each_is_over(self, customer: Account, closer: User) -> None:
        recognising.reckon()

        with pytest.raises(MonthNotClosable, match="in their order: the next is January 2000"):
            close(AFTER, closer)
        with pytest.raises(MonthNotClosable, match="can be closed from"):
            close(clock().date().replace(day=1), closer)
        assert not AccountingPeriod.objects.filter(closed_by=closer).exists()

    def test_opens_only_the_last_again_and_keeps_its_figures(self, customer: Account, closer: User) -> None:
        january, after = close(JANUARY, closer), close(AFTER, closer)

        with pytest.raises(MonthNotReopenable):
            periods.reopen(period=january, user=closer, reason="Too early.")
        periods.reopen(period=after, user=closer, reason="A sale was missing.")

        after.refresh_from_db()
        assert (after.is_closed, after.reopened_by, after.figures.count()) == (False, closer, 1)
        assert revenue.next_to_close() == AFTER
        assert auditing.findings(CHECKS) == ()


class TestClosedBooks:
    def test_refuse_to_take_back_a_backfill_that_was_approved_in_them(self) -> None:
        then = clock()
        backfill = Backfill.objects.create(
            reason="Late.",
            state="approved",
            opened_by="mina",
            opened_at=then,
            closed_by="tom",
            closed_at=then,
        )
        books.close_books(until=then + DAY, by="tom")

        with pytest.raises(PeriodClosed):
            backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")
        books.close_books(until=then - DAY, by="tom")
        backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")

    def test_refuse_tokens_that_a_person_dates_back_into_them(self, closer: User) -> None:
        account = Shop().an_account()
        books.close_books(until=clock() - DAY, by="tom")
        order = GrantOrder(kind="promo", tokens=Decimal(5), effective_at=clock() - 2 * DAY, reason="To try.")

        with pytest.raises(PeriodClosed):
            hand_acts.grant(reference=account.reference, order=order, form_token=named("form"), user=closer)

    def test_refuse_no_program_that_dates_a_purchase_back(self) -> None:
        account = Shop().an_account()
        books.close_books(until=clock() - DAY, by="tom")

        assert a_grant(account, "5", kind="purchase", effective_at=clock() - 2 * DAY).tokens == 5
