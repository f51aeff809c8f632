"""Unused units of an allowance: how many go into the next window, by which rule, whenever that is noticed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from usage.services import reversing
from usage.tests.made import DAY, HOUR, Shop, a_reversal
from usage.tests.services.test_allowances import SPRING, a_member, an_allowance, windows

APRIL = SPRING + 31 * DAY
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestRollover:
    def test_takes_what_is_unused_into_the_next_window_as_far_as_the_rule_says(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        shop.debit(acme, "60", now=SPRING + HOUR)

        done = shop.debit(acme, "150", now=APRIL)

        assert done.lines[0].covered_quantity == 130
        assert windows(acme) == [("2026-03-01", 0, 60, 30), ("2026-04-01", 30, 130, 0)]

    def test_catches_up_over_windows_without_usage(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="500")
        july = datetime(2026, 7, 1, tzinfo=UTC)

        done = shop.debit(acme, "1000", now=july)

        assert done.lines[0].covered_quantity == 500
        assert [row[:2] for row in windows(acme)] == [
            ("2026-03-01", 0),
            ("2026-04-01", 100),
            ("2026-05-01", 200),
            ("2026-06-01", 300),
            ("2026-07-01", 400),
        ]

    def test_leaves_late_usage_what_it_did_not_take(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        shop.debit(acme, "1", now=APRIL)

        done = shop.debit(acme, "100", at=APRIL - HOUR, now=APRIL)

        assert done.lines[0].covered_quantity == 70

    def test_carries_nothing_where_the_allowance_had_ended(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        an_allowance(acme, shop.chat, None, now=APRIL - HOUR)
        an_allowance(acme, shop.chat, carries="30", now=APRIL + HOUR)

        done = shop.debit(acme, "150", now=APRIL + HOUR)

        assert done.lines[0].covered_quantity == 100

    def test_takes_what_was_left_although_usage_was_dated_ahead(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        shop.debit(acme, "60", now=SPRING + HOUR)
        shop.debit(acme, "1", at=APRIL + MINUTE, now=APRIL - 2 * MINUTE)

        before = shop.debit(acme, "10", now=APRIL - MINUTE)
        after = shop.debit(acme, "150", now=APRIL + HOUR)

        assert before.lines[0].covered_quantity == 10
        assert after.lines[0].covered_quantity == 129
        assert windows(acme) == [("2026-03-01", 0, 70, 30), ("2026-04-01", 30, 130, 0)]

    def test_takes_nothing_from_windows_that_ended_before_the_rule_said_so(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        shop.debit(acme, "60", now=SPRING + HOUR)
        an_allowance(acme, shop.chat, carries="30", now=APRIL + DAY)

        assert shop.debit(acme, "150", now=APRIL + DAY).lines[0].covered_quantity == 100
        assert shop.debit(acme, "150", now=APRIL + 30 * DAY).lines[0].covered_quantity == 100

    def test_takes_nothing_from_what_is_ended_by_a_rule_that_would_carry(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, None, carries="9")
        an_allowance(acme, shop.chat, "12", carries="9", now=APRIL + DAY)

        assert shop.debit(acme, "50", now=APRIL + DAY).lines[0].covered_quantity == 12

    def test_is_the_same_whoever_asks_first(self, shop: Shop) -> None:
        """Late usage of a rule that carried nothing finds what the later rule left of its window."""
        told = []
        for is_asked_first in (False, True):
            acme = a_member(shop)
            an_allowance(acme, shop.chat)
            an_allowance(acme, shop.chat, carries="80", now=SPRING + 20 * DAY)
            if is_asked_first:
                shop.debit(acme, "1", now=APRIL)
            late = shop.debit(acme, "50", at=SPRING + HOUR, now=APRIL + HOUR)
            then = shop.debit(acme, "200", now=APRIL + HOUR)
            told.append((late.lines[0].covered_quantity, then.lines[0].covered_quantity + is_asked_first))

        assert told == [(20, 180), (20, 180)]

    def test_keeps_windows_apart_that_begin_on_other_days(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30", anchor=date(2026, 3, 15))
        an_allowance(acme, shop.chat, carries="50", now=SPRING + 19 * DAY)
        shop.debit(acme, "10", now=SPRING + 19 * DAY)
        late = shop.debit(acme, "10", at=SPRING + 16 * DAY, now=APRIL + 20 * DAY)

        done = shop.debit(acme, "200", now=APRIL + 20 * DAY)

        assert (late.lines[0].covered_quantity, done.lines[0].covered_quantity) == (10, 150)
        assert [row for row in windows(acme) if row[3]] == [
            ("2026-02-15", 0, 0, 30),
            ("2026-03-01", 0, 10, 50),
        ]

    def test_goes_on_where_a_window_begins_on_the_same_day_by_another_date(self, shop: Shop) -> None:
        acme = a_member(shop, datetime(2026, 1, 31, tzinfo=UTC))
        january = datetime(2026, 1, 31, tzinfo=UTC)
        an_allowance(acme, shop.chat, carries="30", anchor=date(2026, 1, 31), now=january)
        shop.debit(acme, "10", now=january)
        an_allowance(acme, shop.chat, carries="40", anchor=date(2025, 12, 31), now=january + 30 * DAY)

        done = shop.debit(acme, "500", now=datetime(2026, 3, 31, tzinfo=UTC))

        assert done.lines[0].covered_quantity == 140
        assert windows(acme)[:2] == [("2026-01-31", 0, 10, 30), ("2026-02-28", 30, 0, 40)]

    def test_follows_local_midnights(self, shop: Shop) -> None:
        acme = a_member(shop, time_zone="Asia/Kathmandu")
        an_allowance(acme, shop.chat, period="day", carries="30")
        midnight = SPRING + DAY - timedelta(hours=5, minutes=45)
        shop.debit(acme, "90", now=midnight - MINUTE)

        done = shop.debit(acme, "200", now=midnight)

        assert done.lines[0].covered_quantity == 110
        assert [row[0] for row in windows(acme)] == ["2026-03-01", "2026-03-02"]


class TestReversal:
    def test_recorded_later_changes_nothing_of_what_was_carried_over(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        done = shop.debit(acme, "100", now=SPRING + HOUR)

        reversing.reverse(a_reversal(done, now=APRIL))

        assert shop.debit(acme, "150", now=APRIL).lines[0].covered_quantity == 100

    def test_recorded_after_the_allowance_ended_changes_nothing_of_it_either(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        done = shop.debit(acme, "100", now=SPRING + HOUR)
        an_allowance(acme, shop.chat, None, now=APRIL + HOUR)

        reversing.reverse(a_reversal(done, now=APRIL + DAY))
        an_allowance(acme, shop.chat, carries="30", now=APRIL + 2 * DAY)

        assert shop.debit(acme, "150", now=APRIL + 2 * DAY).lines[0].covered_quantity == 100
