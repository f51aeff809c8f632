"""Costs for tests: a line, a list as LiteLLM writes it, a feature that has a cost."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from pricing.models import CostRate, Feature
from pricing.rules.costs import CostLine
from pricing.services import costing
from pricing.services.costing import CostOrder, ImportedCosts
from pricing.tests.prices import a_feature


def a_cost(model: str, cost: str = "0.000002", /, **facts: Any) -> CostLine:
    """What a token of a prompt to this model costs, unless told otherwise."""
    told = {"provider": "openai", "component": "input", "currency": "USD", **facts}
    return CostLine(model=model, cost=Decimal(cost), **told)


def a_list(**models: Any) -> str:
    """A file as LiteLLM writes it. Numbers as text are written as numbers, digit for digit; `__` in a name is a `/`."""
    entries = {
        model.replace("__", "/"): {"litellm_provider": "openai", **facts} for model, facts in models.items()
    }
    return _Digits().encode(entries)


class _Digits(json.JSONEncoder):
    def encode(self, o: Any) -> str:
        if isinstance(o, dict):
            return (
                "{" + ", ".join(f"{json.dumps(name)}: {self.encode(each)}" for name, each in o.items()) + "}"
            )
        if isinstance(o, str) and o[:1].isdigit() and o.count("-") < 2:
            return o
        return super().encode(o)


def imported(text: str, *, since: datetime | None = None, **options: Any) -> ImportedCosts:
    order = CostOrder(text, "prices.json", effective_from=since, **options)
    return costing.import_costs(order, reason="The list of today.")


def a_feature_costed(code: str, component: str = "input") -> Feature:
    feature = a_feature(code)
    Feature.objects.filter(pk=feature.pk).update(cost_component=component)
    return feature


def written(moment: datetime) -> dict[str, Decimal | None]:
    """The costs in force at `moment`, by model and component."""
    rows = CostRate.objects.in_force(moment)
    return {f"{row.model} {row.key.code}": row.cost for row in rows}
