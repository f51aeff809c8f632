"""Which cost of a model the unit of a rate has, at an instant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pricing.models import CostRate
from pricing.queries.costs import costs_in_force, costs_of, unit_costs
from pricing.queries.versions import moment_of_the_database
from pricing.rules.costs import CostKey
from pricing.services import costing
from pricing.tests.costs import a_cost, a_feature_costed, a_list, imported
from pricing.tests.prices import DAY, a_feature, row

pytestmark = pytest.mark.django_db

LISTED = {
    "gpt": {
        "input_cost_per_token": "2e-06",
        "output_cost_per_token": "8e-06",
        "input_cost_per_token_batches": "1e-06",
    },
    "azure__gpt": {"litellm_provider": "azure", "input_cost_per_token": "3e-06"},
    "opus": {
        "litellm_provider": "anthropic",
        "input_cost_per_token": "5e-06",
        "input_cost_per_token_above_200k_tokens": "1e-05",
        "input_cost_per_token_above_200k_tokens_priority": "2e-05",
    },
}


@pytest.fixture(autouse=True)
def _listed() -> None:
    imported(a_list(**LISTED))


def cost_of(feature: str, **dimensions: str) -> Decimal | None:
    (found,) = costs_of([row(feature, **dimensions)], moment_of_the_database())
    return found.cost if found else None


class TestCostsOf:
    @pytest.mark.parametrize(
        ("component", "dimensions", "cost"),
        [
            ("input", {"model": "gpt"}, "0.000002"),
            ("output", {"model": "gpt"}, "0.000008"),
            ("input", {"model": "gpt", "region": "eu"}, "0.000002"),
            ("input", {"model": "azure/gpt"}, "0.000003"),
            ("input", {"model": "gpt", "provider": "openai"}, "0.000002"),
            ("input", {"model": "gpt", "provider": "azure"}, "0.000003"),
            ("input", {"model": "gpt", "provider": "anthropic"}, None),
            ("input", {"model": "gpt", "service_tier": "batch"}, "0.000001"),
            ("input", {"model": "gpt", "service_tier": "default"}, "0.000002"),
            ("input", {"model": "gpt", "service_tier": "standard"}, "0.000002"),
            ("input", {"model": "gpt", "service_tier": "flex"}, None),
            ("input", {"model": "opus", "service_tier": "priority>200000"}, None),
            ("input:batch", {"model": "gpt"}, "0.000001"),
            ("input:batch", {"model": "gpt", "service_tier": "flex"}, "0.000001"),
            ("input>200000", {"model": "opus"}, "0.00001"),
            ("input>200000", {"model": "opus", "service_tier": "priority"}, "0.00002"),
            ("input:priority>200000", {"model": "opus"}, "0.00002"),
            ("input>128000", {"model": "opus"}, None),
            ("reasoning", {"model": "gpt"}, None),
            ("input", {"model": "GPT"}, None),
            ("input", {"model": "unknown"}, None),
            ("input", {"region": "eu"}, None),
            ("input", {}, None),
            ("", {"model": "gpt"}, None),
        ],
    )
    def test_finds_the_component_of_the_feature_for_the_model_of_the_rate(
        self, component: str, dimensions: dict[str, str], cost: str | None
    ) -> None:
        a_feature_costed("chat", component)

        assert cost_of("chat", **dimensions) == (None if cost is None else Decimal(cost))

    def test_finds_none_for_a_pattern_and_for_a_feature_that_does_not_exist(self) -> None:
        a_feature_costed("chat")

        assert cost_of("chat*", model="gpt") is None
        assert cost_of("image", model="gpt") is None

    def test_answers_as_of_the_instant_asked_about(self) -> None:
        a_feature_costed("chat")
        before = moment_of_the_database()
        costing.override(a_cost("gpt", "0.000009"), reason="Dearer", effective_from=before + DAY)

        rows = [row("chat", model="gpt")]

        assert [line.cost for line in costs_of(rows, before) if line] == [Decimal("0.000002")]
        assert [line.cost for line in costs_of(rows, before + DAY) if line] == [Decimal("0.000009")]

    def test_tells_what_people_wrote_before_what_was_imported(self) -> None:
        a_feature_costed("chat")
        costing.override(a_cost("gpt", "0.0000005", currency="EUR"), reason="Our contract")

        (found,) = costs_of([row("chat", model="gpt")], moment_of_the_database())

        assert found is not None
        assert (found.cost, found.currency) == (Decimal("0.0000005"), "EUR")
        costing.withdraw(CostKey("gpt", "input"), reason="Ended")
        assert cost_of("chat", model="gpt") == Decimal("0.000002")

    def test_keeps_the_order_of_the_rows(self) -> None:
        a_feature_costed("chat")
        a_feature("image")
        rows = [row("image"), row("chat", model="opus"), row("chat*"), row("chat", model="gpt")]

        found = costs_of(rows, moment_of_the_database())

        assert [line.cost if line else None for line in found] == [
            None,
            Decimal("0.000005"),
            None,
            Decimal("0.000002"),
        ]

    def test_asks_one_question_however_many_rows_there_are(self) -> None:
        a_feature_costed("chat")
        imported(
            a_list(**{f"m{n}": {"input_cost_per_token": f"{n}e-07"} for n in range(1, 51)}), is_partial=True
        )
        rows = [
            row("chat", model=f"m{n}", region=region) for n in range(1, 51) for region in ("eu", "us", "in")
        ]
        moment = moment_of_the_database()

        with CaptureQueriesContext(connection) as queries:
            found = costs_of(rows, moment)

        assert len(queries) == 1
        assert sum(line is not None for line in found) == 150
        assert costs_of([], moment) == []

    def test_takes_any_text_as_a_tier(self) -> None:
        a_feature_costed("chat")

        assert cost_of("chat", model="gpt", service_tier=r"\1' OR 1=1 --%s") is None


class TestUnitCosts:
    def test_are_what_a_row_says_else_what_its_model_costs(self) -> None:
        a_feature_costed("chat")
        rows = [
            row("chat", model="gpt"),
            row("chat", model="gpt", cost="0.5", cost_currency="EUR"),
            row("chat", model="gpt", cost="0"),
            row("chat", model="unknown"),
        ]

        found = unit_costs(rows, moment_of_the_database())

        assert [(each.amount, each.currency, each.source) for each in found] == [
            (Decimal("0.000002"), "USD", "the cost of gpt input at openai"),
            (Decimal("0.5"), "EUR", ""),
            (0, "", ""),
            (None, "", ""),
        ]

    def test_tell_what_the_model_costs_beside_what_a_row_says(self) -> None:
        a_feature_costed("chat")

        (found,) = unit_costs([row("chat", model="gpt", cost="0.5")], moment_of_the_database())

        assert (found.own, found.taken) == (Decimal("0.5"), None)
        assert found.listed is not None
        assert found.listed.cost == Decimal("0.000002")


class TestCostsInForce:
    def test_are_those_of_the_queryset(self) -> None:
        costing.override(a_cost("gpt", "0.0000005"), reason="Our contract")
        costing.override(a_cost("ours", provider="us"), reason="Reckoned")
        costing.withdraw(CostKey("ours", "input"), reason="Ended")
        moment = moment_of_the_database()

        found = costs_in_force(moment)

        assert sorted(found, key=str) == sorted(
            (each.line for each in CostRate.objects.in_force(moment)), key=str
        )
        assert len(found) == 7
