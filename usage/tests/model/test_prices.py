"""The model's prices against numbers worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from usage.tests.model.bench import hours
from usage.tests.model.prices import Rate, Table, Version, charge, ties


def rate(
    pattern: str = "chat.*",
    tokens: str = "1",
    per: str = "1",
    minimum: str = "0",
    rounding: str = "half_up",
    **dimensions: str,
) -> Rate:
    return Rate(
        pattern, Decimal(tokens), Decimal(per), Decimal(minimum), rounding, tuple(sorted(dimensions.items()))
    )


class TestCharge:
    @pytest.mark.parametrize(
        ("tokens", "per", "minimum", "quantity", "charged"),
        [
            ("0.0025", "1", "0", "1532", "3.830000"),
            ("10", "1000", "0", "211", "2.110000"),
            ("1", "3", "0", "1", "0.333333"),
            ("1", "3", "0", "2", "0.666667"),
            ("1", "3", "0", "3", "1.000000"),
            ("0.0025", "1", "0.5", "1", "0.500000"),
            ("0.0025", "1", "0.5", "200", "0.500000"),
            ("0.0025", "1", "0.5", "201", "0.502500"),
            ("0", "1", "0.5", "201", "0.000000"),
            ("0.000000000001", "1", "0", "499999", "0.000000"),
            ("0.000000000001", "1", "0", "500000", "0.000001"),
            ("0.000000000001", "1", "0.000001", "1", "0.000001"),
        ],
    )
    def test_is_quantity_times_tokens_by_per_and_the_minimum_at_least(
        self, tokens: str, per: str, minimum: str, quantity: str, charged: str
    ) -> None:
        assert str(charge(rate(tokens=tokens, per=per, minimum=minimum), Decimal(quantity))) == charged

    @pytest.mark.parametrize(
        ("quantity", "half_up", "half_even", "up", "down"),
        [
            ("0.0000004", "0.000000", "0.000000", "0.000001", "0.000000"),
            ("0.0000005", "0.000001", "0.000000", "0.000001", "0.000000"),
            ("0.0000006", "0.000001", "0.000001", "0.000001", "0.000000"),
            ("0.0000010", "0.000001", "0.000001", "0.000001", "0.000001"),
            ("0.0000015", "0.000002", "0.000002", "0.000002", "0.000001"),
            ("0.0000025", "0.000003", "0.000002", "0.000003", "0.000002"),
        ],
    )
    def test_rounds_once_by_the_mode_of_the_row(
        self, quantity: str, half_up: str, half_even: str, up: str, down: str
    ) -> None:
        expected = {"half_up": half_up, "half_even": half_even, "up": up, "down": down}

        charged = {mode: str(charge(rate(rounding=mode), Decimal(quantity))) for mode in expected}

        assert charged == expected


class TestRateFor:
    @pytest.mark.parametrize(
        ("feature", "model", "tokens"),
        [
            ("chat.in", "gpt", "5"),  # exact, with the dimension
            ("chat.in", "llama", "4"),  # exact, any model
            ("chat.deep.think", "gpt", "3"),  # the longest pattern, though a shorter one asks for the model
            ("chat.out", "gpt", "2"),
            ("chat.out", "llama", "1"),
            ("chat.out", "GPT", "1"),  # values are case-sensitive
            ("pic", "gpt", None),
        ],
    )
    def test_takes_the_exact_feature_then_the_longest_pattern_then_most_dimensions(
        self, feature: str, model: str, tokens: str | None
    ) -> None:
        rates = (
            rate("chat.*", "1"),
            rate("chat.*", "2", model="gpt"),
            rate("chat.deep.*", "3"),
            rate("chat.in", "4"),
            rate("chat.in", "5", model="gpt"),
        )
        version = Version(1, rates, hours(0), hours(0))

        found = version.rate_for(feature, {"model": model, "region": "eu"})

        assert (str(found.tokens) if found else None) == tokens


class TestVersionAt:
    @pytest.mark.parametrize(
        ("at", "number"), [(-0.001, None), (0, 1), (9.999, 1), (10, 2), (20, 3), (99, 3)]
    )
    def test_is_the_one_begun_last(self, at: float, number: int | None) -> None:
        table = Table("standard", "AIT", [Version(n + 1, (), hours(10 * n), hours(0)) for n in range(3)])

        version = table.version_at(hours(at))

        assert (version.number if version else None) == number


class TestTies:
    def test_are_two_rows_that_one_usage_matches_equally(self) -> None:
        by_model, by_region = rate(model="gpt"), rate(region="eu")

        assert ties([by_model, by_region]) == [(by_model, by_region)]

    def test_are_resolved_by_a_row_with_the_dimensions_of_both(self) -> None:
        assert not ties([rate(model="gpt"), rate(region="eu"), rate(model="gpt", region="eu")])

    def test_are_none_between_different_values_of_a_dimension(self) -> None:
        assert not ties([rate(model="gpt"), rate(model="llama")])

    def test_include_the_same_row_twice(self) -> None:
        assert ties([rate(tokens="1"), rate(tokens="2")])
