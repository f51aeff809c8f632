from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from pricing.rules.checks import WARNINGS_KEPT, Verdict, judge
from pricing.rules.costs import unit_cost
from pricing.rules.rows import RateRow
from pricing.tests.costs import a_cost
from pricing.tests.prices import row

FEATURES = {"chat", "chat.input", "search"}


def judged(rows: Sequence[RateRow], replaced: Sequence[RateRow] = ()) -> Verdict:
    """By what the rows say of costs."""
    return judge(rows, replaced=replaced, costs=list(map(unit_cost, rows)), features=FEATURES)


def refusals(*rows: RateRow) -> list[str]:
    return [finding.code for finding in judged(rows).refusals]


def warnings(replaced: list[RateRow], rows: list[RateRow]) -> list[tuple[str, str]]:
    verdict = judged(rows, replaced)
    assert verdict.is_publishable
    return [(finding.code, finding.feature) for finding in verdict.warnings]


class TestRefusals:
    @pytest.mark.parametrize(
        "wrong",
        [
            row("chat", -1),
            row("chat", "NaN"),
            row("chat", "Infinity"),
            row("chat", 10**18),
            row("chat", per=0),
            row("chat", per=-1),
            row("chat", minimum="-1"),
            row("chat", cost="-1"),
            row("chat", rounding="nearest"),
            row("chat", cost_currency="dollar"),
            row("", 1),
            row("a*b", 1),
            row("chat.**", 1),
            row("chat", **{"bad name": "x"}),
            row("chat", model=""),
            row("chat", model="a\0b"),
            row("chat", model=" small"),
        ],
    )
    def test_name_what_no_version_may_carry(self, wrong: RateRow) -> None:
        assert "invalid_rate" in refusals(wrong)

    def test_name_a_feature_that_does_not_exist(self) -> None:
        assert refusals(row("fax")) == ["unknown_feature"]
        assert refusals(row("fax.*")) == []

    def test_name_ties_by_the_later_row(self) -> None:
        rows = [row("chat", model="small"), row("chat", region="eu")]

        (finding,) = judged(rows).refusals

        assert (finding.code, finding.row) == ("tie", 1)

    def test_spare_free_features_and_empty_lists(self) -> None:
        assert refusals(row("chat", 0)) == []
        assert refusals() == []


class TestWarnings:
    def test_name_a_list_that_prices_nothing(self) -> None:
        assert warnings([], []) == [("no_rates", "")]

    def test_name_a_feature_that_loses_its_rate(self) -> None:
        assert warnings([row("chat"), row("search")], [row("chat")]) == [("left_without_rate", "search")]

    def test_name_each_feature_and_the_pattern_that_priced_it(self) -> None:
        found = warnings([row("chat*")], [])

        assert found == [
            ("left_without_rate", "chat"),
            ("left_without_rate", "chat.input"),
            ("left_without_rate", "chat*"),
        ]

    def test_say_nothing_where_a_pattern_takes_over_at_about_the_same_price(self) -> None:
        assert warnings([row("chat", 2), row("search", 2)], [row("*", 3)]) == []

    def test_name_dimensions_that_lose_their_rate(self) -> None:
        found = warnings([row("chat"), row("chat", model="small")], [row("chat", model="small")])

        assert found == [("left_without_rate", "chat")]

    @pytest.mark.parametrize(
        ("before", "after", "warns"),
        [
            ("100", "150", False),
            ("100", "150.000000000001", True),
            ("100", "50", False),
            ("100", "49.999999999999", True),
            ("0", "0.000000000001", True),
            ("0", "0", False),
            ("1", "0", True),
        ],
    )
    def test_name_a_jump_of_more_than_half(self, before: str, after: str, warns: bool) -> None:
        assert (warnings([row("chat", before)], [row("chat", after)]) == [("jump", "chat")]) is warns

    def test_compare_prices_of_one_unit(self) -> None:
        assert warnings([row("chat", "2.5", per=1_000_000)], [row("chat", "0.0000025")]) == []
        assert warnings([row("chat", 1, per=3)], [row("chat", 2, per=3)]) == [("jump", "chat")]

    def test_name_a_jump_where_another_row_takes_over(self) -> None:
        assert warnings([row("chat", 9, model="small"), row("chat", 1)], [row("chat", 1)]) == [
            ("jump", "chat")
        ]

    def test_name_what_costs_us_and_is_free(self) -> None:
        assert warnings([], [row("chat", 0, cost="0.01")]) == [("negative_margin", "chat")]
        assert warnings([], [row("chat", 1, cost="0.01")]) == []

    def test_name_what_is_free_and_whose_model_costs_us(self) -> None:
        free, own = row("chat", 0, model="gpt"), row("chat", 0, model="opus", cost="0.5")
        costs = [unit_cost(free, a_cost("gpt")), unit_cost(own, a_cost("opus"))]

        found = judge([free, own], replaced=[], costs=costs, features=FEATURES).warnings

        assert [each.detail for each in found] == [
            "chat (model=gpt) is free and costs us 0.000002 USD a unit, the cost of gpt input at openai.",
            "chat (model=opus) is free and costs us 0.5 a unit.",
        ]

    def test_spare_what_is_free_and_whose_model_costs_nothing(self) -> None:
        free = row("chat", 0, model="gpt")

        costs = [unit_cost(free, a_cost("gpt", "0"))]

        assert not judge([free], replaced=[], costs=costs, features=FEATURES).warnings

    def test_are_not_sought_in_a_list_that_is_refused(self) -> None:
        verdict = judged([row("fax")], [row("chat")])

        assert verdict.refusals
        assert not verdict.warnings

    def test_are_kept_to_a_readable_number(self) -> None:
        many = [row("chat", 1, model=str(number)) for number in range(WARNINGS_KEPT + 5)]
        dear = [row("chat", 9, model=str(number)) for number in range(WARNINGS_KEPT + 5)]

        found = judged(dear, many).warnings

        assert len(found) == WARNINGS_KEPT + 1
        assert found[-1].detail == "There are 5 more warnings."
        assert found[0].detail == "chat (model=0) goes from 1 to 9 tokens a unit."
        assert Decimal(found[0].row or 0) == 0
