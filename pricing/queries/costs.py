"""What models cost us, and what the unit of a rate costs us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count

from pricing.models import CostRate
from pricing.rules.costs import CostKey, CostLine, UnitCost, unit_cost
from pricing.rules.rows import RateRow

MODEL, PROVIDER, TIER = "model", "provider", "service_tier"
"""The dimensions of usage that name a cost."""

# What each cost is at %(moment)s: what people wrote, else what was imported. As `CostRate.objects.in_force`.
COSTS_IN_FORCE = """
    SELECT DISTINCT ON (model, component, tier, above)
           provider, model, component, tier, above, cost, currency, deprecated_on
    FROM (SELECT DISTINCT ON (model, component, tier, above, source) *
          FROM pricing_costrate WHERE effective_from <= %(moment)s
          ORDER BY model, component, tier, above, source, effective_from DESC, id DESC) AS begun
    WHERE cost IS NOT NULL
    ORDER BY model, component, tier, above, source DESC
"""
# A rate for a model of a provider finds `provider/model`, else the model where it is that provider's; without a
# provider it finds the model of exactly that name. A dimension `service_tier` names the tier of the component.
# Each cost is looked up by the index of all columns that it names: it is quick whatever the planner knows of the list,
# which it knows nothing of while a list has only just been read.
COSTS_OF_ASKED = """
    SELECT asked.place, told.provider, told.model, wanted.component, wanted.tier, wanted.above,
           told.cost, told.currency, told.deprecated_on
    FROM asked
    JOIN pricing_feature AS feature ON feature.code = asked.feature AND feature.cost_component <> ''
    CROSS JOIN LATERAL (
        SELECT split_part(split_part(feature.cost_component, '>', 1), ':', 1) AS component,
               CASE WHEN strpos(feature.cost_component, ':') > 0
                    THEN split_part(split_part(feature.cost_component, '>', 1), ':', 2)
                    WHEN asked.tier IN ('standard', 'default') THEN ''
                    ELSE coalesce(asked.tier, '') END AS tier,
               coalesce(nullif(split_part(feature.cost_component, '>', 2), ''), '0')::bigint AS above) AS wanted
    CROSS JOIN LATERAL (
        SELECT cost.*
        FROM (VALUES (1, asked.provider || '/' || asked.model), (2, asked.model)) AS choice (place, model)
        CROSS JOIN LATERAL (
            SELECT begun.* FROM (
                SELECT DISTINCT ON (source) provider, model, cost, currency, deprecated_on, source
                FROM pricing_costrate AS rate
                WHERE rate.model = choice.model AND rate.component = wanted.component AND rate.tier = wanted.tier
                  AND rate.above = wanted.above AND rate.effective_from <= %(moment)s
                ORDER BY source, effective_from DESC, id DESC) AS begun
            WHERE begun.cost IS NOT NULL ORDER BY begun.source DESC LIMIT 1) AS cost
        WHERE choice.place = 1 OR cost.provider = coalesce(asked.provider, cost.provider)
        ORDER BY choice.place LIMIT 1) AS told
"""
COSTS_OF_RATES = f"""
    WITH asked AS (
        SELECT id AS place, feature, dimensions ->> '{MODEL}' AS model, dimensions ->> '{PROVIDER}' AS provider,
               dimensions ->> '{TIER}' AS tier
        FROM pricing_rate WHERE version_id = ANY (%(versions)s) AND dimensions ->> '{MODEL}' IS NOT NULL)
    {COSTS_OF_ASKED}
"""
"""What the rates of %(versions)s cost us at %(moment)s: place is the rate, then the columns of a cost in force."""

_COSTS_OF_ROWS = f"""
    WITH asked AS (
        SELECT * FROM unnest(%(places)s::int[], %(features)s::text[], %(models)s::text[], %(providers)s::text[],
                             %(tiers)s::text[]) AS row (place, feature, model, provider, tier))
    {COSTS_OF_ASKED}
"""


def unit_costs(rows: Sequence[RateRow], moment: datetime) -> list[UnitCost]:
    """What one unit of each row costs us at `moment` and where that stands, in the rows' order and in one statement."""
    return list(map(unit_cost, rows, costs_of(rows, moment)))


def costs_of(rows: Sequence[RateRow], moment: datetime) -> list[CostLine | None]:
    """What the model of each row costs us at `moment`, whatever the row says, in the rows' order and in one statement.

    None where the row is a pattern, names no model, or its feature no component, or where no such cost is known.
    """
    asked = [(place, row) for place, row in enumerate(rows) if MODEL in row.dimensions and not row.is_pattern]
    found: list[CostLine | None] = [None] * len(rows)
    if not asked:
        return found
    parameters: dict[str, Any] = {
        "moment": moment,
        "places": [place for place, _ in asked],
        "features": [row.feature for _, row in asked],
        "models": [row.dimensions[MODEL] for _, row in asked],
        "providers": [row.dimensions.get(PROVIDER) for _, row in asked],
        "tiers": [row.dimensions.get(TIER) for _, row in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_COSTS_OF_ROWS, parameters)
        for place, *columns in cursor.fetchall():
            found[place] = line_of(columns)
    return found


def line_of(columns: Sequence[Any]) -> CostLine:
    """The line that the columns of a cost in force spell."""
    provider, model, component, tier, above, cost, currency, deprecated_on = columns
    return CostLine(provider, model, component, cost, currency, tier, above, deprecated_on)


def imported_at(moment: datetime) -> Mapping[CostKey, CostLine]:
    """The costs that imports alone say hold at `moment`."""
    told = CostRate.objects.imported().begun(moment).filter(cost__isnull=False)
    return {row.key: row.line for row in told}


def costs_in_force(moment: datetime) -> list[CostLine]:
    """Every cost at `moment`, by model and component."""
    with connection.cursor() as cursor:
        cursor.execute(COSTS_IN_FORCE, {"moment": moment})
        return [line_of(columns) for columns in cursor.fetchall()]


def providers_at(moment: datetime) -> list[tuple[str, int]]:
    """Who sells models whose costs are known at `moment`, and how many, the largest first."""
    rows = (
        CostRate.objects.in_force(moment)
        .order_by()
        .values("provider")
        .annotate(n=Count("model", distinct=True))
    )
    return [(row["provider"], row["n"]) for row in rows.order_by("-n", "provider")]
