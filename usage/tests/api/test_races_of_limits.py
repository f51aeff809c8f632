"""Puts of budgets, allowances and access that race each other and debits: one after the other, and no fact too many."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from usage.models import Access, Allowance, Budget, BudgetLimit, Debit
from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.racing import at_once

pytestmark = pytest.mark.committed

CALLERS = 12


@pytest.fixture
def shop(open_shop: Shop) -> Shop:
    return open_shop


def puts(shop: Shop, path: str, *bodies: dict[str, Any], times: int = CALLERS) -> list[Any]:
    return [partial(shop.all.put, path, body) for _ in range(times // len(bodies)) for body in bodies]


def debits(shop: Shop, account: str, times: int, quantity: int = 2) -> list[Any]:
    """One token each."""
    asked = debit_of(account, quantity)
    return [partial(shop.all.post, "/debits", asked, once=f"{account}-{place}") for place in range(times)]


def statuses(answers: list[Any]) -> Counter[int]:
    for each in answers:
        if not isinstance(each, Answer):
            raise each
    return Counter(each.status for each in answers)


def mixed(calls: list[Any], among: list[Any]) -> list[Any]:
    """The calls, with those others spread among them."""
    step = len(calls) // (len(among) + 1)
    for place, each in enumerate(among, 1):
        calls.insert(place * step + place - 1, each)
    return calls


class TestOnePut:
    def test_of_a_budget_sent_at_once_opens_it_once(self, shop: Shop) -> None:
        account = shop.account()
        path = f"/accounts/{account}/budgets/team"

        answers = at_once(puts(shop, path, {"period": "month", "tokens": 5}))

        assert statuses(answers) == {201: 1, 200: CALLERS - 1}
        assert Budget.objects.filter(account__reference=account).count() == 1
        assert BudgetLimit.objects.filter(account__reference=account).count() == 1

    def test_of_an_allowance_sent_at_once_is_one_fact(self, shop: Shop) -> None:
        account = shop.account()
        path = f"/accounts/{account}/allowances/chat.*"

        answers = at_once(puts(shop, path, {"period": "month", "units": 5}))

        assert statuses(answers) == {201: 1, 200: CALLERS - 1}
        assert Allowance.objects.filter(account__reference=account).count() == 1

    def test_of_access_sent_at_once_is_one_fact(self, shop: Shop) -> None:
        account = shop.account()

        answers = at_once(puts(shop, f"/accounts/{account}/access/chat.*", {"state": "closed"}))

        assert statuses(answers) == {201: 1, 200: CALLERS - 1}
        assert Access.objects.filter(account__reference=account).count() == 1

    def test_of_a_mode_sent_at_once_is_one_fact(self, shop: Shop) -> None:
        account = shop.account()

        answers = at_once(puts(shop, f"/accounts/{account}", {"entitlements": "bought"}))

        assert statuses(answers) == {200: CALLERS}
        assert Access.objects.filter(account__reference=account).count() == 1


class TestTwoPuts:
    def test_end_one_after_the_other_and_the_last_one_holds(self, shop: Shop) -> None:
        account = shop.account()
        path = f"/accounts/{account}/budgets/team"
        shop.all.put(path, {"period": "month", "tokens": 1})

        answers = at_once(puts(shop, path, {"tokens": 5}, {"tokens": 7}, {"hard": False}, {"hard": True}))

        assert statuses(answers) == {200: CALLERS}
        rows = BudgetLimit.objects.filter(account__reference=account).order_by("recorded_at", "id")
        history = list(rows.values_list("tokens", "is_hard"))
        assert all(before != after for before, after in pairwise(history))
        shown = shop.all.get(path).json
        assert (Decimal(shown["tokens"]), shown["hard"]) == history[-1]
        assert {each.json["since"] for each in answers} <= {each["since"] for each in shown["limits"]}

    def test_of_access_leave_one_state(self, shop: Shop) -> None:
        account = shop.account()
        until = [{"state": "open", "effective_until": f"{year}-01-01T00:00:00Z"} for year in (2035, 2036)]

        answers = at_once(puts(shop, f"/accounts/{account}/access/chat.*", *until, {"state": "closed"}))

        assert set(statuses(answers)) <= {200, 201}
        told = [(each.json["state"], each.json["effective_until"]) for each in answers]
        asked = [(each.get("state"), each.get("effective_until")) for each in (*until, {"state": "closed"})]
        assert told == asked * (CALLERS // 3)


class TestWhileDebitsRun:
    def test_a_lower_budget_holds_for_every_debit_after_it(self, shop: Shop) -> None:
        account = shop.account("1000")
        path = f"/accounts/{account}/budgets/team"
        shop.all.put(path, {"period": "total", "tokens": 100})

        calls = mixed(debits(shop, account, 80), puts(shop, path, {"tokens": 20}, times=1))
        answers = at_once(calls)

        assert set(statuses(answers)) == {200, 201, 403}
        lowered = BudgetLimit.objects.filter(account__reference=account).latest("recorded_at").recorded_at
        charged = Debit.objects.filter(account__reference=account).order_by("recorded_at")
        after = [place for place, row in enumerate(charged, 1) if row.recorded_at > lowered]
        assert all(place <= 20 for place in after)
        assert 20 <= len(charged) < 80

    def test_nothing_is_charged_after_it_was_closed(self, shop: Shop) -> None:
        account = shop.account("1000")
        closing = puts(shop, f"/accounts/{account}/access/*", {"state": "closed"}, times=1)

        answers = at_once(mixed(debits(shop, account, 80), closing))

        closed = Access.objects.get(account__reference=account).recorded_at
        charged = Debit.objects.filter(account__reference=account)
        assert statuses(answers)[403] + charged.count() == 80
        assert not charged.filter(recorded_at__gt=closed).exists()
        assert statuses(answers)[403] > 0

    def test_an_allowance_covers_the_debits_after_it_and_each_unit_once(self, shop: Shop) -> None:
        account = shop.account("1000")
        path = f"/accounts/{account}/allowances/chat.*"
        included = puts(shop, path, {"units": 20, "period": "total"}, times=1)

        answers = at_once(mixed(debits(shop, account, 80), included))

        assert statuses(answers) == {201: 81}
        begun = Allowance.objects.get(account__reference=account).recorded_at
        rows = Debit.objects.filter(account__reference=account).order_by("recorded_at")
        outcomes = [(row.recorded_at > begun, row.outcome) for row in rows]
        assert Counter(outcome for _, outcome in outcomes) == {"covered": 10, "charged": 70}
        assert [outcome for is_after, outcome in outcomes if is_after][:10] == ["covered"] * 10
