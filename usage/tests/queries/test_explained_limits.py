"""What limited a debit, told from stored facts: access, allowances, budgets, and what it opened."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pricing.models import Feature
from usage.models import Unlock
from usage.queries.explanations import explain
from usage.rules.receipts import Receipt
from usage.services import entitling, limiting, reversing
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal
from wallets.models import Account

SPRING = datetime(2026, 3, 2, tzinfo=UTC)
NOW = SPRING + HOUR


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def acme(shop: Shop) -> Account:
    account = shop.an_account(SPRING)
    a_grant(account, "1000", now=SPRING)
    return account


def steps(receipt: Receipt, name: str) -> list[dict[str, Any]]:
    return [step for step in explain(receipt.id)["steps"] if step["step"] == name]


def say(account: Account, pattern: str, kind: str, **asked: Any) -> None:
    order = AccessOrder(pattern, kind, **asked)
    entitling.say(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)


class TestEntitlement:
    def test_tells_that_nothing_is_said(self, shop: Shop, acme: Account) -> None:
        (step,) = steps(shop.debit(acme, "1", now=NOW), "entitlement")

        assert step["text"] == "Nothing was said of access, so all of it was open."
        assert step["entitlements"] == [{"feature": shop.chat, "open": True}]
        assert step["agrees"] is True

    def test_tells_by_what_each_feature_was_open_then(self, shop: Shop, acme: Account) -> None:
        say(acme, "*", "closed")
        say(acme, shop.chat, "open", effective_until=SPRING + DAY)
        done = shop.debit(acme, "1", "2", now=NOW)
        entitling.set_mode(account_id=acme.pk, mode="portfolio", author=AUTHOR, now=NOW)

        (step,) = steps(done, "entitlement")

        assert step["text"] == f"{shop.chat} was open by {shop.chat}."
        assert step["entitlements"] == [
            {
                "feature": shop.chat,
                "open": True,
                "pattern": shop.chat,
                "kind": "open",
                "effective_from": "2026-03-02T00:00:00Z",
                "effective_until": "2026-03-03T00:00:00Z",
            }
        ]


class TestAllowance:
    def test_tells_what_each_window_covered_and_what_was_used_before(self, shop: Shop, acme: Account) -> None:
        for pattern, units in ((shop.chat, "10"), ("*", "100")):
            order = AllowanceOrder(pattern, Decimal(units), "month")
            limiting.include(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING)
        given_back = shop.debit(acme, "3", now=NOW)
        shop.debit(acme, "4", now=NOW)
        reversing.reverse(a_reversal(given_back, now=NOW))

        told = steps(shop.debit(acme, "9", now=NOW), "allowance")

        assert [step["text"] for step in told] == [
            f"The allowance of 10 units of {shop.chat} a month covers 6 of {shop.chat}; "
            "4 were used before in the window from 2026-03-01.",
            f"The allowance of 100 units of * a month covers 3 of {shop.chat}; "
            "0 were used before in the window from 2026-03-01.",
        ]
        assert all(step["agrees"] for step in told)


class TestBudget:
    def test_tells_what_it_counted_after_what(self, shop: Shop, acme: Account) -> None:
        order = BudgetOrder("team", "day", Decimal(10), True, feature=shop.chat, per="user")
        budget = limiting.open_budget(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING)
        ann = {"user": "ann"}
        first = shop.debit(acme, "4", now=NOW, subject=ann)
        reversing.reverse(a_reversal(first, tokens="1", now=NOW))
        done = shop.debit(acme, "2", "1", features=(shop.chat, shop.image), now=NOW, subject=ann)
        limiting.change_budget(budget=budget, tokens=None, is_hard=True, author=AUTHOR, now=NOW + HOUR)

        (step,) = steps(done, "budget")

        assert step["text"] == (
            "The hard budget team for ann counts 2.000000 after 3.000000 of 10.000000 a day."
        )
        assert (step["spent_before"], step["tokens"], step["agrees"]) == ("3.000000", "2.000000", True)
        assert steps(done, "limits")[0]["limits"] == ["team"]


class TestOpening:
    def test_tells_what_was_opened_and_when_a_reversal_ended_it(self, shop: Shop, acme: Account) -> None:
        feature = Feature.objects.get(code=shop.image)
        entitling.save_unlock(Unlock(feature=feature, pattern="video.*", period="P1D"))
        done = shop.debit(acme, "1", features=(shop.image,), now=NOW)

        (step,) = steps(done, "access")
        assert step["text"] == "It opened video.* from 2026-03-02T01:00:00Z until 2026-03-03T01:00:00Z."

        reversing.reverse(a_reversal(done, now=NOW + HOUR))
        assert steps(done, "access")[0]["ended_at"] == "2026-03-02T02:00:00Z"
