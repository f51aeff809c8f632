"""Rates made of costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from billing.rules.cost_prices import FREE, GONE, NO_PRICE, Pricing, Selection, merged, priced, unit_of
from billing.rules.margins import Worth
from pricing.rules.costs import CostLine
from pricing.tests.costs import a_cost
from pricing.tests.prices import row

TODAY = date(2026, 12, 1)
CENT = Worth(Decimal("0.01"), Decimal(1000), "USD", {"USD": Decimal(1)})
CHAT = {"input": "chat.input", "output": "chat.output"}
FOURTH_MORE = Pricing(Fraction(5, 4), CENT)
COSTS = [
    a_cost("gpt-5", "0.00000125"),
    a_cost("gpt-5", "0.00001", component="output"),
    a_cost("gpt-5", "0.000000625", tier="batch"),
    a_cost("gpt-4o", "0.0000025"),
    a_cost("opus", "0.000005", provider="anthropic"),
]


def models(selection: Selection, costs: list[CostLine] = COSTS) -> list[tuple[str, str]]:
    found = priced(costs, selection, FOURTH_MORE, TODAY).rows
    return [(each.feature, each.dimensions["model"]) for each in found]


class TestPriced:
    def test_multiplies_the_cost_and_divides_by_what_a_token_is_worth(self) -> None:
        first, *_ = priced(COSTS, Selection(CHAT, models=("gpt-5",)), FOURTH_MORE, TODAY).rows

        assert first == row(
            "chat.input", "156.3", per=1_000_000, model="gpt-5", cost="0.00000125", cost_currency="USD"
        )

    @pytest.mark.parametrize(
        ("digits", "tokens"), [(None, "156.25"), (5, "156.25"), (3, "157"), (2, "160"), (1, "200")]
    )
    def test_rounds_up_to_the_digits_asked_for(self, digits: int | None, tokens: str) -> None:
        first, *_ = priced(COSTS, Selection(CHAT), replace(FOURTH_MORE, digits=digits), TODAY).rows[1:]

        assert first.tokens == Decimal(tokens)

    @pytest.mark.parametrize(
        ("selection", "found"),
        [
            (
                Selection(CHAT),
                [
                    ("chat.input", "gpt-4o"),
                    ("chat.input", "gpt-5"),
                    ("chat.input", "opus"),
                    ("chat.output", "gpt-5"),
                ],
            ),
            (Selection({"input": "in"}, frozenset({"anthropic"})), [("in", "opus")]),
            (Selection({"input": "in"}, models=("gpt-*",)), [("in", "gpt-4o"), ("in", "gpt-5")]),
            (Selection({"input": "in"}, models=("gpt-4o", "opus")), [("in", "gpt-4o"), ("in", "opus")]),
            (Selection({"input": "in"}, frozenset({"anthropic"}), ("gpt-*",)), []),
            (Selection({"input:batch": "batch"}), [("batch", "gpt-5")]),
            (Selection({"reasoning": "think"}), []),
        ],
    )
    def test_takes_costs_by_component_provider_and_model(
        self, selection: Selection, found: list[tuple[str, str]]
    ) -> None:
        assert models(selection) == found

    def test_leaves_out_and_counts_what_cannot_be_priced(self) -> None:
        costs = [
            a_cost("free", "0"),
            a_cost("free-too", "0"),
            a_cost("gone", deprecated_on=TODAY),
            a_cost("going", deprecated_on=date(2026, 12, 2)),
            a_cost("foreign", currency="CHF"),
            a_cost("dear", "1" + "0" * 15),
        ]

        found = priced(costs, Selection(CHAT), FOURTH_MORE, TODAY)

        assert [each.dimensions["model"] for each in found.rows] == ["going"]
        assert found.left_out == {FREE: 2, GONE: 1, NO_PRICE: 2}


class TestMerged:
    def test_puts_new_prices_in_the_place_of_old_ones_and_new_rows_behind(self) -> None:
        before = [row("chat", 1, model="a"), row("image", 2), row("chat", 3, model="b")]
        after = [row("chat", 9, model="c"), row("chat", 8, model="b")]

        assert merged(before, after) == [before[0], before[1], after[1], after[0]]


class TestUnitOf:
    @pytest.mark.parametrize(
        ("component", "unit"),
        [
            ("input", "token"),
            ("cached_input:batch", "token"),
            ("cache_write_1h", "token"),
            ("input>200000", "token"),
            ("output_image", "image"),
            ("output_image_token", "token"),
            ("output_second_1080p", "second"),
            ("google_maps_grounding_query", "query"),
            ("guardrail_policy", "unit"),
        ],
    )
    def test_is_what_one_quantity_of_a_component_is(self, component: str, unit: str) -> None:
        assert unit_of(component) == unit
