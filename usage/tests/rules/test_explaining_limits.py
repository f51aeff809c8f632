"""Steps that disagree: what the books say could not have let the debit pass, or does not add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from usage.rules import explaining_limits as steps
from usage.rules.access import AccessFact
from usage.rules.explaining_limits import Counting, Covering

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
DAY = date(2026, 3, 1)
CLOSED = AccessFact("chat.*", "closed", SPRING, None)
TEN = Counting("team", "", "day", DAY, Decimal(4), Decimal(4), Decimal(6), Decimal(10), is_hard=True)


class TestEntitlement:
    def test_disagrees_where_it_was_closed_but_for_usage_after_the_fact(self) -> None:
        step = steps.entitlement([("chat.in", CLOSED), ("picture", None)])

        assert (step["text"], step["agrees"]) == ("chat.in was closed by chat.*.", False)
        assert [each["open"] for each in step["entitlements"]] == [False, True]
        assert steps.entitlement([("chat.in", CLOSED)], asked_first=False)["agrees"] is True


class TestAllowance:
    def test_disagrees_where_the_line_says_otherwise(self) -> None:
        each = Covering(1, "chat.in", "*", "total", DAY, Decimal(5), Decimal("2.5"), None)

        step = steps.allowance(each, Decimal(5), Decimal(5))

        assert step["text"] == (
            "The allowance of * in all covers 5 of chat.in; 2.5 were used before in the window from 2026-03-01."
        )
        assert step["agrees"] is True
        assert steps.allowance(each, Decimal(4), Decimal(5))["agrees"] is False


class TestBudget:
    @pytest.mark.parametrize(
        ("counting", "agrees"),
        [
            (TEN, True),
            (replace(TEN, spent=Decimal("6.000001")), False),
            (replace(TEN, spent=Decimal("6.000001"), is_hard=False), True),
            (replace(TEN, spent=Decimal(60), counted=Decimal(0), lines=Decimal(0)), True),
            (replace(TEN, limit=None), True),
            (replace(TEN, lines=Decimal(5)), False),
        ],
    )
    def test_agrees_where_its_lines_add_up_and_a_hard_one_was_not_passed(
        self, counting: Counting, agrees: bool
    ) -> None:
        assert steps.budget(counting)["agrees"] is agrees

    def test_lets_usage_after_the_fact_pass_it(self) -> None:
        assert steps.budget(replace(TEN, spent=Decimal(60)), asked_first=False)["agrees"] is True


class TestLimits:
    def test_tells_whether_anything_was_asked(self) -> None:
        covering = Covering(1, "chat.in", "*", "total", DAY, Decimal(5), Decimal(0), None)

        told = [steps.limits(*each)["text"] for each in (([], []), ([covering], []), ([], [TEN, TEN]))]

        assert told == [
            "No allowance covers it and no budget counts it.",
            "No budget counts it.",
            "Counted by the budgets team, team.",
        ]
