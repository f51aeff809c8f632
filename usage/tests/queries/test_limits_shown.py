"""Budgets and allowances as people read them, against what debits are judged by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel.errors import LimitReached
from usage.queries.limits_shown import allowances_of, budgets_of, history_of_budget
from usage.services import limiting
from usage.tests.held import a_hold
from usage.tests.made import AUTHOR, DAY, HOUR, Shop
from usage.tests.services.test_allowances import a_member, an_allowance
from usage.tests.services.test_budgets import a_budget
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
NOON = SPRING + 12 * HOUR
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def questions(ask: Callable[[], Any]) -> int:
    """How many questions the database is asked."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


def change(account: Account, tokens: str | None, now: datetime, *, is_hard: bool = True) -> None:
    limit = None if tokens is None else Decimal(tokens)
    budget = account.budgets.get()
    limiting.change_budget(budget=budget, tokens=limit, is_hard=is_hard, author=AUTHOR, now=now)


class TestBudgets:
    def test_are_told_with_what_is_left_to_the_next_debit(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, feature=shop.chat)
        shop.debit(acme, "3", now=NOON)
        a_hold(shop, acme, "2", now=NOON)

        (shown,) = budgets_of(acme.pk, NOON)

        (value,) = shown.values
        assert (value.value, value.spent, value.held, value.left, value.beyond) == ("", 3, 2, 5, 0)
        assert (shown.code, shown.token, shown.feature, shown.per, shown.period) == (
            "team",
            "AIT",
            shop.chat,
            "",
            "day",
        )
        assert (shown.limit.tokens, shown.limit.is_hard, shown.limit.since) == (10, True, SPRING)
        assert (shown.limit.set_by, shown.limit.reason) == (AUTHOR.name, AUTHOR.reason)
        assert (shown.starts_on, shown.resets_at) == (date(2026, 3, 1), SPRING + DAY)
        with pytest.raises(LimitReached):
            shop.debit(acme, "5.000001", now=NOON)
        shop.debit(acme, "5", now=NOON)

    def test_have_a_window_by_the_zone_of_the_account(self, shop: Shop) -> None:
        acme = a_member(shop, time_zone="America/New_York")
        a_budget(acme, "10", now=SPRING)

        (shown,) = budgets_of(acme.pk, SPRING)

        assert (shown.starts_on, shown.resets_at) == (date(2026, 2, 28), SPRING + 5 * HOUR)

    def test_have_no_end_in_all(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, period="total")
        shop.debit(acme, "3", now=NOON)

        (shown,) = budgets_of(acme.pk, APRIL)

        assert (shown.starts_on, shown.resets_at, shown.values[0].spent) == (None, None, 3)

    def test_are_told_value_by_value_the_most_used_first(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, per="user")
        for user, quantity in (("ann", "1"), ("bob", "4"), ("eve", "2")):
            shop.debit(acme, quantity, now=NOON, subject={"user": user})
        shop.debit(acme, "1", now=NOON)
        a_hold(shop, acme, "5", now=NOON, subject={"user": "ann"})

        (shown,) = budgets_of(acme.pk, NOON, most=3)

        assert [(each.value, each.spent, each.held) for each in shown.values] == [
            ("ann", 1, 5),
            ("bob", 4, 0),
            ("eve", 2, 0),
        ]
        assert shown.others == 1

    def test_have_no_value_before_any_is_used(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, per="user")
        a_budget(acme, "10", now=SPRING, code="whole")

        apart, whole = budgets_of(acme.pk, NOON)

        assert (list(apart.values), apart.others) == ([], 0)
        assert [(each.value, each.spent, each.left) for each in whole.values] == [("", 0, 10)]

    def test_count_no_hold_that_has_ended(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        a_hold(shop, acme, "2", now=NOON, expires_in=60)

        held = [budgets_of(acme.pk, at)[0].values[0].held for at in (NOON, NOON + HOUR)]

        assert held == [2, 0]

    def test_that_are_soft_tell_what_went_beyond(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, is_hard=False)
        shop.debit(acme, "12", now=NOON)

        (shown,) = budgets_of(acme.pk, NOON)

        assert (shown.values[0].left, shown.values[0].beyond, shown.limit.is_hard) == (0, 2, False)

    def test_that_are_ended_stay_at_the_end(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        shop.debit(acme, "3", now=NOON)
        change(acme, None, NOON)
        a_budget(acme, "5", now=NOON, code="other")

        first, last = budgets_of(acme.pk, NOON)

        assert [(each.code, each.is_ended) for each in (first, last)] == [("other", False), ("team", True)]
        assert (last.values[0].spent, last.values[0].left) == (3, None)

    def test_have_a_history(self, shop: Shop) -> None:
        acme = a_member(shop)
        budget = a_budget(acme, "10", now=SPRING)
        change(acme, "20", NOON, is_hard=False)
        change(acme, None, APRIL)

        told = history_of_budget(acme.pk, budget.pk)

        assert [(each.tokens, each.is_hard, each.since) for each in told] == [
            (None, True, APRIL),
            (20, False, NOON),
            (10, True, SPRING),
        ]

    def test_are_found_by_their_code_and_account(self, shop: Shop) -> None:
        acme, other = a_member(shop), a_member(shop)
        a_budget(acme, "10", now=SPRING)
        a_budget(acme, "5", now=SPRING, code="other")
        a_budget(other, "7", now=SPRING)

        (shown,) = budgets_of(acme.pk, NOON, codes=["team"])

        assert shown.limit.tokens == 10
        assert budgets_of(acme.pk, NOON, codes=["none"]) == []

    def test_cost_the_same_questions_however_many_they_are(self, shop: Shop) -> None:
        acme = a_member(shop)
        for number in range(6):
            a_budget(acme, "10", now=SPRING, code=f"team-{number}", per="user" if number % 2 else "")
        shop.debit(acme, "1", now=NOON, subject={"user": "ann"})

        assert questions(lambda: budgets_of(acme.pk, NOON)) == 2


class TestAllowances:
    def test_tell_what_is_left_to_the_next_debit(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        shop.debit(acme, "60", now=NOON)
        a_hold(shop, acme, "15", now=NOON)

        (shown,) = allowances_of(acme.pk, NOON).present

        window = shown.window
        assert window is not None
        assert (window.carried_in, window.used, window.held, window.left) == (0, 60, 15, 25)
        assert (window.starts_on, window.resets_at, window.goes_on) == (date(2026, 3, 1), APRIL, 25)
        assert shop.debit(acme, "100", now=NOON).lines[0].covered_quantity == 25

    def test_keep_nothing_for_a_hold_that_has_ended(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        a_hold(shop, acme, "15", now=NOON, expires_in=60)

        (shown,) = allowances_of(acme.pk, NOON + HOUR).present

        assert shown.window is not None
        assert (shown.window.held, shown.window.used, shown.window.left) == (0, 0, 100)

    def test_tell_what_came_from_the_window_before_though_nobody_has_turned_it(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        shop.debit(acme, "60", now=NOON)

        (shown,) = allowances_of(acme.pk, APRIL).present
        done = shop.debit(acme, "200", now=APRIL)

        window = shown.window
        assert window is not None
        assert (window.carried_in, window.left, shown.total, window.goes_on) == (30, 130, 130, 30)
        assert done.lines[0].covered_quantity == 130

    def test_let_nothing_go_on_past_their_end(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30", effective_until=APRIL - DAY)

        (shown,) = allowances_of(acme.pk, NOON).present

        assert shown.window is not None
        assert (shown.effective_until, shown.window.goes_on) == (APRIL - DAY, 0)

    def test_let_go_on_what_a_scheduled_rule_says(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="30")
        an_allowance(acme, shop.chat, "50", carries="10", effective_from=APRIL - DAY)
        shop.debit(acme, "45", now=NOON)

        told = allowances_of(acme.pk, NOON)
        shop.debit(acme, "0.5", now=APRIL)
        (later,) = allowances_of(acme.pk, APRIL).present

        assert told.present[0].window is not None
        assert later.window is not None
        assert told.present[0].window.goes_on == later.window.carried_in == 5
        assert [(each.units, each.effective_from, each.window) for each in told.scheduled] == [
            (50, APRIL - DAY, None)
        ]

    def test_that_are_ended_are_not_told(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        an_allowance(acme, shop.chat, None, now=NOON)
        an_allowance(acme, shop.image, period="total", now=NOON)

        told = allowances_of(acme.pk, NOON)

        (shown,) = told.present
        assert shown.window is not None
        assert (shown.pattern, shown.window.resets_at, shown.window.goes_on) == (shop.image, None, 0)
        assert shown.window.starts_on is None
        assert told.scheduled == []

    def test_cost_the_same_questions_however_many_they_are(self, shop: Shop) -> None:
        acme = a_member(shop)
        for code in (shop.chat, shop.image, "*"):
            an_allowance(acme, code, carries="5")

        assert questions(lambda: allowances_of(acme.pk, APRIL)) == 3
