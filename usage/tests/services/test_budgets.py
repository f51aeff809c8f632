"""Budgets inside an account: what they count, what they refuse, and what they get back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import Conflict, InvalidRequest, LimitReached
from usage.models import Budget, BudgetCount, Crossing, Debit, Denial
from usage.services import limiting, reversing
from usage.services.limiting import BudgetOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal, together
from wallets.models import Account

SPRING = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def a_spender(shop: Shop, now: datetime | None = SPRING, **asked: Any) -> Account:
    account = shop.an_account(now, **asked)
    a_grant(account, "1000", now=now)
    return account


def a_budget(account: Account, tokens: str = "10", *, now: datetime | None = SPRING, **asked: Any) -> Budget:
    """A hard one for the day, unless another is asked for."""
    order = BudgetOrder(
        code=asked.pop("code", "team"),
        period=asked.pop("period", "day"),
        tokens=Decimal(tokens),
        is_hard=asked.pop("is_hard", True),
        **asked,
    )
    return limiting.open_budget(account_id=account.pk, order=order, author=AUTHOR, now=now)


def spent(account: Account) -> list[tuple[str, str, str, Decimal]]:
    rows = BudgetCount.objects.filter(account=account).select_related("budget")
    return sorted((row.budget.code, row.value, str(row.window_start), row.spent) for row in rows)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestHardBudget:
    def test_lets_through_what_just_fits(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10")

        shop.debit(acme, "9.999999", now=SPRING + HOUR)
        done = shop.debit(acme, "0.000001", now=SPRING + HOUR)

        assert done.notices == ("budget:team",)
        assert spent(acme) == [("team", "", "2026-03-02", 10)]

    def test_is_named_when_it_is_used_up_however_long_its_code_is(self, shop: Shop) -> None:
        acme = a_spender(shop)
        code = "research.".ljust(64, "x")
        a_budget(acme, "10", code=code)

        done = shop.debit(acme, "10", now=SPRING + HOUR)

        assert done.notices == (f"budget:{code}",)
        assert Crossing.objects.get(account=acme).name == f"budget:{code}"

    def test_refuses_a_millionth_more_and_writes_nothing_but_the_denial(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10")
        shop.debit(acme, "9.999999", now=SPRING + HOUR)

        with pytest.raises(LimitReached) as refused:
            shop.debit(acme, "0.000002", now=SPRING + HOUR)

        assert refused.value.extras["budget"] == "team"
        assert (refused.value.extras["limit"], refused.value.extras["used"]) == ("10.000000", "9.999999")
        assert refused.value.extras["available"] == "0.000001"
        assert refused.value.extras["resets_at"] == "2026-03-03T00:00:00+00:00"
        assert Denial.objects.get(account=acme).reason == "limit_reached"
        assert Debit.objects.filter(account=acme).count() == 1
        assert spent(acme) == [("team", "", "2026-03-02", Decimal("9.999999"))]

    def test_begins_anew_at_local_midnight_by_when_usage_occurred(self, shop: Shop) -> None:
        acme = a_spender(shop, time_zone="America/New_York")
        a_budget(acme, "10")
        midnight = SPRING + DAY + 5 * HOUR

        shop.debit(acme, "10", now=midnight - HOUR)
        shop.debit(acme, "10", now=midnight)

        with pytest.raises(LimitReached):
            shop.debit(acme, "1", at=midnight - HOUR, now=midnight)
        assert spent(acme) == [("team", "", "2026-03-02", 10), ("team", "", "2026-03-03", 10)]

    @pytest.mark.parametrize(("period", "next_window"), [("week", 7 * DAY), ("month", 30 * DAY)])
    def test_counts_by_weeks_from_monday_and_by_months(
        self, shop: Shop, period: str, next_window: Any
    ) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10", period=period)
        shop.debit(acme, "10", now=SPRING + HOUR)

        with pytest.raises(LimitReached):
            shop.debit(acme, "1", now=SPRING + next_window - HOUR)
        done = shop.debit(acme, "1", now=SPRING + next_window)

        assert done.tokens == 1

    def test_never_begins_anew_where_it_is_of_the_total(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10", period="total")
        shop.debit(acme, "10", now=SPRING + HOUR)

        with pytest.raises(LimitReached) as refused:
            shop.debit(acme, "1", now=SPRING + 300 * DAY)

        assert "resets_at" not in refused.value.extras

    def test_counts_only_whom_and_what_it_names(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10", subject={"team": "research"}, feature=shop.chat, dimensions={"model": "gpt"})
        gpt = {"model": "gpt"}

        shop.debit(acme, "50", subject={"team": "sales"}, dimensions=gpt, now=SPRING + HOUR)
        shop.debit(acme, "50", subject={"team": "research"}, now=SPRING + HOUR)
        shop.debit(
            acme,
            "50",
            features=(shop.image,),
            subject={"team": "research"},
            dimensions=gpt,
            now=SPRING + HOUR,
        )
        shop.debit(acme, "10", subject={"team": "research"}, dimensions=gpt, now=SPRING + HOUR)

        with pytest.raises(LimitReached):
            shop.debit(acme, "1", subject={"team": "research"}, dimensions=gpt, now=SPRING + HOUR)
        assert spent(acme) == [("team", "", "2026-03-02", 10)]

    def test_counts_each_value_apart(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10", per="user")

        for user in ("ann", "bob"):
            shop.debit(acme, "10", subject={"user": user}, now=SPRING + HOUR)
        shop.debit(acme, "10", now=SPRING + HOUR)

        with pytest.raises(LimitReached) as refused:
            shop.debit(acme, "1", subject={"user": "bob"}, now=SPRING + HOUR)
        assert refused.value.extras["value"] == "bob"
        with pytest.raises(LimitReached):
            shop.debit(acme, "1", now=SPRING + HOUR)
        assert [row[1] for row in spent(acme)] == ["", "ann", "bob"]

    def test_holds_within_another(self, shop: Shop) -> None:
        """A user inside a team inside the account: all of them apply."""
        acme = a_spender(shop)
        a_budget(acme, "25", code="account")
        a_budget(acme, "15", code="team", per="team")
        a_budget(acme, "10", code="user", per="user")
        told = []

        for user, team, tokens in (
            ("ann", "red", "10"),
            ("bob", "red", "10"),
            ("bob", "red", "5"),
            ("eve", "blue", "10"),
            ("eve", "blue", "9"),
        ):
            try:
                shop.debit(acme, tokens, subject={"user": user, "team": team}, now=SPRING + HOUR)
                told.append("charged")
            except LimitReached as refused:
                told.append(str(refused.extras["budget"]))

        assert told == ["charged", "team", "charged", "charged", "account"]

    def test_gets_back_what_is_reversed(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10", feature=shop.chat)
        done = shop.debit(acme, "6", "4", features=(shop.chat, shop.image), now=SPRING + HOUR)

        reversing.reverse(a_reversal(done, tokens="5", now=SPRING + HOUR))

        assert spent(acme) == [("team", "", "2026-03-02", 5)]
        reversing.reverse(a_reversal(done, now=SPRING + HOUR))
        assert spent(acme) == [("team", "", "2026-03-02", 0)]


class TestSoftBudget:
    def test_tells_once_that_it_is_reached_and_lets_through(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme, "10", is_hard=False)

        told = [shop.debit(acme, "6", now=SPRING + HOUR).notices for _ in range(3)]

        assert told == [(), ("budget:team",), ()]
        assert Crossing.objects.get(account=acme).name == "budget:team"


class TestOpenBudget:
    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"code": "a b"}, "/code"),
            ({"feature": "a*b"}, "/feature"),
            ({"period": "year"}, "/period"),
            ({"tokens": "-1"}, "/tokens"),
        ],
    )
    def test_refuses_what_is_not_in_form(self, shop: Shop, asked: dict[str, Any], field: str) -> None:
        acme = a_spender(shop)

        with pytest.raises(InvalidRequest) as refused:
            a_budget(acme, **asked)

        assert refused.value.errors[0].pointer == field or refused.value.errors[0].pointer == ""
        assert not Budget.objects.filter(account=acme).exists()

    def test_refuses_a_code_twice(self, shop: Shop) -> None:
        acme = a_spender(shop)
        a_budget(acme)

        with pytest.raises(Conflict):
            a_budget(acme)


class TestChangeBudget:
    def test_keeps_what_was_counted(self, shop: Shop) -> None:
        acme = a_spender(shop)
        budget = a_budget(acme, "10")
        shop.debit(acme, "8", now=SPRING + HOUR)

        limiting.change_budget(
            budget=budget, tokens=Decimal(12), is_hard=True, author=AUTHOR, now=SPRING + HOUR
        )

        shop.debit(acme, "4", now=SPRING + 2 * HOUR)
        with pytest.raises(LimitReached):
            shop.debit(acme, "1", now=SPRING + 2 * HOUR)

    def test_ends_it(self, shop: Shop) -> None:
        acme = a_spender(shop)
        budget = a_budget(acme, "0")

        limiting.change_budget(budget=budget, tokens=None, is_hard=True, author=AUTHOR, now=SPRING + HOUR)

        assert shop.debit(acme, "4", now=SPRING + 2 * HOUR).tokens == 4


@pytest.mark.committed
class TestRace:
    def test_200_calls_spend_a_budget_of_10_to_the_last_token(self) -> None:
        shop = Shop()
        acme = a_spender(shop, None)
        a_budget(acme, "10", now=None)

        def call() -> str:
            try:
                shop.debit(acme, "1")
            except LimitReached:
                return "refused"
            return "charged"

        told = together([call] * 200)

        assert sorted(set(told)) == ["charged", "refused"]
        assert told.count("charged") == 10
        assert [row[3] for row in spent(acme)] == [10]
