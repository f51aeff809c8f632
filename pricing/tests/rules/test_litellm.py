"""LiteLLM's list, read field by field; every file here is written by hand in its grammar."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pricing.rules.litellm import CostError, component_of, parse


def read(model: str = "gpt-4.1", /, **facts: Any) -> dict[str, Decimal]:
    """The figures of one model, by the code of their component."""
    found = parse(json.dumps({model: {"litellm_provider": "openai", **facts}}))
    assert found.errors == ()
    return {line.key.code: line.cost for line in found.lines}


def wrong(text: str) -> list[str]:
    found = parse(text)
    assert found.errors
    return [str(error) for error in found.errors]


def wrong_with(**facts: Any) -> list[str]:
    return wrong(json.dumps({"gpt-4.1": {"litellm_provider": "openai", **facts}}))


class TestComponentOf:
    @pytest.mark.parametrize(
        ("field", "component", "tier", "above"),
        [
            ("input_cost_per_token", "input", "", 0),
            ("output_cost_per_token", "output", "", 0),
            ("cache_read_input_token_cost", "cached_input", "", 0),
            ("input_cost_per_token_cache_hit", "cached_input", "", 0),
            ("cache_creation_input_token_cost", "cache_write", "", 0),
            ("cache_creation_input_token_cost_above_1hr", "cache_write_1h", "", 0),
            (
                "cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex",
                "cache_write_12h",
                "flex",
                272_000,
            ),
            ("output_cost_per_reasoning_token", "reasoning", "", 0),
            ("input_cost_per_token_above_200k_tokens", "input", "", 200_000),
            ("input_cost_per_token_above_1m_tokens", "input", "", 1_000_000),
            ("input_cost_per_token_batches", "input", "batch", 0),
            ("output_cost_per_token_above_272k_tokens_priority", "output", "priority", 272_000),
            ("cache_read_input_token_cost_flex", "cached_input", "flex", 0),
            ("input_cost_per_audio_token", "input_audio_token", "", 0),
            ("cache_read_input_audio_token_cost", "cached_input_audio_token", "", 0),
            ("input_cost_per_image", "input_image", "", 0),
            ("output_cost_per_image_1K", "output_image_1k", "", 0),
            ("output_cost_per_image_0.5K", "output_image_0.5k", "", 0),
            ("output_cost_per_second_1080p", "output_second_1080p", "", 0),
            ("input_cost_per_audio_per_second_above_128k_tokens", "input_audio_second", "", 128_000),
            ("input_cost_per_request", "request", "", 0),
            ("cost_per_second", "second", "", 0),
            ("ocr_cost_per_page_batches", "ocr_page", "batch", 0),
            ("google_maps_grounding_cost_per_query", "google_maps_grounding_query", "", 0),
            ("file_search_cost_per_1k_calls", "file_search_call", "", 0),
            ("vector_store_cost_per_gb_per_day", "vector_store_gb_day", "", 0),
            ("guardrail_cost_per_unit_contentPolicyUnits", "guardrail_unit_content_policy_units", "", 0),
            ("smell_cost_per_sniff", "smell_sniff", "", 0),
        ],
    )
    def test_reads_what_the_name_of_a_field_spells(
        self, field: str, component: str, tier: str, above: int
    ) -> None:
        assert component_of(field) == (component, tier, above)


class TestParse:
    def test_reads_figures_exactly_and_never_through_a_binary_fraction(self) -> None:
        figures = '"input_cost_per_token": 1.5e-07, "output_cost_per_token": 5.0000000000000004E-8'

        lines = parse(f'{{"m": {{"litellm_provider": "p", {figures}}}}}').lines

        assert [str(line.cost) for line in lines] == ["1.5000000000000E-7", "5.000000000000E-8"]
        assert [line.cost for line in lines] == [Decimal("0.00000015"), Decimal("0.00000005")]

    def test_takes_a_thousandth_of_what_a_thousand_cost(self) -> None:
        found = read(file_search_cost_per_1k_calls=2.5)

        assert found == {"file_search_call": Decimal("0.0025")}

    def test_reads_provider_and_the_day_of_withdrawal(self) -> None:
        text = {"litellm_provider": "azure", "deprecation_date": "2027-03-01", "input_cost_per_token": 1}

        (line,) = parse(json.dumps({"azure/gpt-4.1": text})).lines

        assert (line.provider, line.model, line.currency) == ("azure", "azure/gpt-4.1", "USD")
        assert line.deprecated_on == date(2027, 3, 1)

    def test_reads_ranges_of_the_prompt_as_thresholds(self) -> None:
        found = read(
            tiered_pricing=[
                {"range": [0, 256000.0], "input_cost_per_token": 5e-8},
                {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-7},
            ]
        )

        assert found == {"input": Decimal("0.00000005"), "input>256000": Decimal("0.00000025")}

    def test_reads_ranges_of_results_as_what_lies_below_them(self) -> None:
        found = read(
            tiered_pricing=[
                {"max_results_range": [1, 10], "input_cost_per_query": 0.00166},
                {"max_results_range": [11, 20], "input_cost_per_query": 0.00332},
            ]
        )

        assert found == {"input_query": Decimal("0.00166"), "input_query>10": Decimal("0.00332")}

    def test_reads_figures_of_quiet_hours_as_a_tier(self) -> None:
        found = read(
            input_cost_per_token=3e-7, off_peak_pricing={"input_cost_per_token": 1.5e-7, "windows": [{}]}
        )

        assert found == {"input": Decimal("0.0000003"), "input:off_peak": Decimal("0.00000015")}

    def test_reads_figures_by_name_below_a_field(self) -> None:
        found = read(search_context_cost_per_query={"search_context_size_low": 0.025})

        assert found == {"search_context_query_low": Decimal("0.025")}

    def test_takes_one_figure_spelled_twice_once(self) -> None:
        found = read(cache_read_input_token_cost=6e-9, input_cost_per_token_cache_hit=6e-9)

        assert found == {"cached_input": Decimal("0.000000006")}

    def test_keeps_a_cost_of_nothing_and_passes_over_null(self) -> None:
        assert read(input_cost_per_token=0.0, output_cost_per_token=None) == {"input": 0}

    def test_passes_over_what_describes_a_model(self) -> None:
        found = read(
            max_input_tokens=8192, mode="chat", supports_vision=True, regional_uplift_cost_multiplier=1.1
        )

        assert found == {}

    def test_tells_what_it_leaves_out_because_it_is_no_money(self) -> None:
        facts = {"litellm_provider": "databricks", "input_dbu_cost_per_token": 0.0001, "notes_of_cost": ["x"]}

        found = parse(json.dumps({"a": facts, "b": facts}))

        assert found.left_out == {"input_dbu_cost_per_token": 2, "notes_of_cost": 2}
        assert (found.lines, found.models) == ((), 2)

    def test_passes_over_the_sample_and_what_is_no_model(self) -> None:
        text = {
            "sample_spec": {"litellm_provider": "one of …", "input_cost_per_token": 0.0},
            "fallback_generalizations": {"rules": []},
            "m": {"litellm_provider": "p", "input_cost_per_token": 1},
        }

        found = parse(json.dumps(text))

        assert ([line.model for line in found.lines], found.models) == (["m"], 1)


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "This is not JSON that can be read"),
            ("{", "This is not JSON that can be read"),
            ("[1]", "The file is not an object of models by name."),
            ("{}", "The file names no model."),
            ('{"sample_spec": {}}', "The file names no model."),
            ("[" * 100_000, "nested too deeply"),
            ('{"m": {"litellm_provider": "p", "input_cost_per_token": NaN}}', "NaN is no number"),
            ('{"m": {"litellm_provider": "p", "a": 1, "a": 2}}', "'a' is there twice"),
            ('{"m": {}, "m": {}}', "'m' is there twice"),
        ],
    )
    def test_of_a_file_that_is_no_list(self, text: str, why: str) -> None:
        (said,) = wrong(text)

        assert why in said

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"input_cost_per_token": -1e-7}, "gpt-4.1, input_cost_per_token: is negative."),
            ({"input_cost_per_token": "1e-7"}, "gpt-4.1, input_cost_per_token: is not a number."),
            ({"input_cost_per_token": True}, "gpt-4.1, input_cost_per_token: is not a number."),
            (
                {"input_cost_per_token": 10**18},
                "gpt-4.1, input_cost_per_token: is not a number of at most 18 digits before the point.",
            ),
            ({"input_cost_per_token": 1e-30}, "gpt-4.1, input_cost_per_token: needs more than 20 decimals."),
            (
                {"search_context_cost_per_query": {"search_context_size_low": "free"}},
                "gpt-4.1, search_context_cost_per_query.search_context_size_low: is not a number.",
            ),
            ({"deprecation_date": "soon"}, "gpt-4.1, deprecation_date: is not a date as in 2026-12-01."),
            ({"deprecation_date": 2027}, "gpt-4.1, deprecation_date: is not a date as in 2026-12-01."),
            (
                {"cache_read_input_token_cost": 1, "input_cost_per_token_cache_hit": 2},
                "gpt-4.1, cached_input: is given as 1 and as 2.",
            ),
            (
                {"tiered_pricing": [{"input_cost_per_token": 1}]},
                "gpt-4.1, tiered_pricing: has a tier without a range.",
            ),
            (
                {"Smell_cost_per_ounce!": 1},
                "gpt-4.1, component: A component is a word such as input, output or cached_input.",
            ),
        ],
    )
    def test_name_the_model_and_the_field(self, facts: dict[str, Any], said: str) -> None:
        assert wrong_with(**facts) == [said]

    def test_of_a_number_whose_exponent_is_out_of_all_bounds(self) -> None:
        figures = '"input_cost_per_token": 1e999999999, "output_cost_per_token": 1e-999999999'

        found = parse(f'{{"m": {{"litellm_provider": "p", {figures}}}}}')

        assert [error.field for error in found.errors] == [
            "input_cost_per_token",
            "output_cost_per_token",
        ]

    @pytest.mark.parametrize("model", ["", " m", "m\x00", "m\ud800", "m\n", "m" * 300])
    def test_of_a_model_whose_name_no_usage_can_carry(self, model: str) -> None:
        text = json.dumps({model: {"litellm_provider": "p", "input_cost_per_token": 1}})

        (error,) = parse(text).errors

        assert error.field == "model"
        assert error.model.isprintable()

    def test_of_costs_without_a_provider(self) -> None:
        assert wrong('{"m": {"input_cost_per_token": 1}}') == ["m, litellm_provider: is missing."]

    def test_are_all_told_and_no_line_of_that_model_is(self) -> None:
        good = {"litellm_provider": "p", "input_cost_per_token": 1}
        text = {"bad": {**good, "input_cost_per_token": -1, "output_cost_per_token": -1}, "good": good}

        found = parse(json.dumps(text))

        assert [error.model for error in found.errors] == ["bad", "bad"]
        assert [line.model for line in found.lines] == ["good"]


class TestCostError:
    def test_says_where_and_what(self) -> None:
        assert str(CostError("", "", "All of it.")) == "All of it."
        assert str(CostError("m", "f", "is wrong.")) == "m, f: is wrong."
