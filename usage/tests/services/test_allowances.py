"""Allowances: units included in each window before any tokens, exact at its line, carried over by rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import InvalidRequest
from pricing.rules.tiers import Tier
from usage.models import Allowance, AllowanceWindow
from usage.queries.receipts import receipt
from usage.services import limiting, reversing
from usage.services.limiting import AllowanceOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal, together
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


def a_member(shop: Shop, now: datetime | None = SPRING, **asked: Any) -> Account:
    account = shop.an_account(now, **asked)
    a_grant(account, "1000", now=now)
    return account


def an_allowance(
    account: Account, pattern: str, units: str | None = "100", *, now: datetime | None = SPRING, **asked: Any
) -> Allowance:
    order = AllowanceOrder(
        pattern=pattern,
        units=None if units is None else Decimal(units),
        period=asked.pop("period", "month"),
        carries=Decimal(asked.pop("carries")) if "carries" in asked else None,
        **asked,
    )
    return limiting.include(account_id=account.pk, order=order, author=AUTHOR, now=now)


def windows(account: Account) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    rows = AllowanceWindow.objects.filter(account=account).order_by("window_start")
    return [(str(row.window_start), row.carried_in, row.used, row.carried_out) for row in rows]


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestCover:
    def test_pays_before_any_token(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)

        done = shop.debit(acme, "100", now=SPRING + HOUR)

        assert (done.outcome, done.tokens, done.draws) == ("covered", 0, ())
        assert done.lines[0].covered_quantity == 100
        assert receipt(done.id) == done

    def test_splits_a_call_that_straddles_the_line(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        shop.debit(acme, "99.5", now=SPRING + HOUR)

        done = shop.debit(acme, "2", now=SPRING + HOUR)

        assert (done.outcome, done.tokens) == ("charged", Decimal("1.5"))
        assert done.lines[0].covered_quantity == Decimal("0.5")
        assert windows(acme) == [("2026-03-01", 0, 100, 0)]

    def test_leaves_the_covered_units_out_of_the_tiers(self, shop: Shop) -> None:
        table = shop.a_table(
            since=SPRING - 40 * DAY,
            tokens="2",
            tier_mode="graduated",
            tiers=(Tier(Decimal(100), Decimal(1)),),
        )
        acme = a_member(shop, rate_table=table.code)
        an_allowance(acme, shop.chat)

        done = shop.debit(acme, "210", now=SPRING + HOUR)

        assert done.tokens == 100 * 2 + 10 * 1
        assert receipt(done.id) == done

    def test_pays_by_the_window_in_which_the_usage_occurred(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, now=SPRING)
        april = SPRING + 31 * DAY
        shop.debit(acme, "60", now=SPRING + HOUR)
        shop.debit(acme, "100", now=april + HOUR)

        done = shop.debit(acme, "50", at=april - HOUR, now=april + HOUR)

        assert (done.tokens, done.lines[0].covered_quantity) == (10, 40)

    def test_draws_the_feature_before_the_pattern(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, "*", "10")
        an_allowance(acme, shop.chat, "10")

        done = shop.debit(acme, "12", "12", features=(shop.chat, shop.image), now=SPRING + HOUR)

        assert [line.covered_quantity for line in done.lines] == [12, 8]
        assert done.tokens == 4

    def test_begins_months_on_the_day_of_the_anchor(self, shop: Shop) -> None:
        acme = a_member(shop, datetime(2026, 1, 31, tzinfo=UTC))
        an_allowance(acme, shop.chat, anchor=date(2026, 1, 31), now=datetime(2026, 1, 31, tzinfo=UTC))

        told = []
        for day in (date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 30), date(2026, 3, 31)):
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
            told.append(shop.debit(acme, "60", now=at).tokens)

        assert told == [0, 0, 20, 0]

    def test_covers_to_the_last_decimal(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, "1")

        done = [shop.debit(acme, "0.333333333", now=SPRING + HOUR) for _ in range(4)]

        assert sum(each.lines[0].covered_quantity for each in done) == 1

    def test_holds_from_its_start_until_its_end(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(
            acme, shop.chat, effective_from=SPRING + HOUR, effective_until=SPRING + 2 * HOUR, period="total"
        )
        blink = timedelta(microseconds=1)

        told = [
            shop.debit(acme, "1", now=SPRING + HOUR - blink).tokens,
            shop.debit(acme, "1", now=SPRING + HOUR).tokens,
            shop.debit(acme, "1", now=SPRING + 2 * HOUR - blink).tokens,
            shop.debit(acme, "1", now=SPRING + 2 * HOUR).tokens,
        ]

        assert told == [1, 0, 0, 1]

    def test_ends_where_another_says_so(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        an_allowance(acme, shop.chat, None, now=SPRING + HOUR)

        assert shop.debit(acme, "1", now=SPRING + HOUR).tokens == 1


class TestReversal:
    def test_gives_back_the_units_with_all_that_is_left(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        done = shop.debit(acme, "150", now=SPRING + HOUR)

        reversing.reverse(a_reversal(done, tokens="50", now=SPRING + HOUR))
        kept = windows(acme)
        other = shop.debit(acme, "100", now=SPRING + HOUR)
        reversing.reverse(a_reversal(other, now=SPRING + HOUR))

        assert kept == windows(acme) == [("2026-03-01", 0, 100, 0)]

    def test_of_a_covered_debit_gives_the_units_back_once(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        done = shop.debit(acme, "100", now=SPRING + HOUR)

        reversing.reverse(a_reversal(done, now=SPRING + HOUR))

        assert windows(acme) == [("2026-03-01", 0, 0, 0)]
        assert shop.debit(acme, "100", now=SPRING + HOUR).outcome == "covered"


class TestInclude:
    def test_refuses_an_anchor_of_weeks(self, shop: Shop) -> None:
        acme = a_member(shop)

        with pytest.raises(InvalidRequest) as refused:
            an_allowance(acme, shop.chat, period="week", anchor=date(2026, 3, 1))

        assert refused.value.detail == "Only months and years begin on a day of their own."
        assert not Allowance.objects.filter(account=acme).exists()


@pytest.mark.committed
class TestRace:
    def test_covers_no_unit_twice(self) -> None:
        shop = Shop()
        acme = a_member(shop, None)
        an_allowance(acme, shop.chat, "10", now=None)

        done = together([lambda: shop.debit(acme, "1")] * 40)

        assert sum(each.lines[0].covered_quantity for each in done) == 10
        assert sum(each.tokens for each in done) == 30
