"""What models cost us, and what that makes the unit of a rate cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count

from pricing.models import CostRate
from pricing.rules.costs import CostKey, CostLine
from pricing.rules.rows import RateRow

MODEL, PROVIDER, TIER = "model", "provider", "service_tier"
"""The dimensions of usage that name a cost."""

# What each cost is at %(moment)s: what people wrote, else what was imported. As `CostRate.objects.in_force`.
COSTS_IN_FORCE = """
    SELECT DISTINCT ON (model, component, tier, above)
           provider, model, component, tier, above, cost, currency, deprecated_on,
           component || CASE WHEN tier = '' THEN '' ELSE ':' || tier END
                     || CASE WHEN above = 0 THEN '' ELSE '>' || above END AS code
    FROM (SELECT DISTINCT ON (model, component, tier, above, source) *
          FROM pricing_costrate WHERE effective_from <= %(moment)s
          ORDER BY model, component, tier, above, source, effective_from DESC, id DESC) AS begun
    WHERE cost IS NOT NULL
    ORDER BY model, component, tier, above, source DESC
"""
_COLUMNS = ("provider", "model", "component", "tier", "above", "cost", "currency", "deprecated_on", "code")
_CHOSEN = ", ".join(
    f"CASE WHEN theirs.model IS NULL THEN named.{name} ELSE theirs.{name} END AS {name}" for name in _COLUMNS
)
# A rate for a model of a provider finds `provider/model`, else the model where it is that provider's; without a
# provider it finds the model of exactly that name. A dimension `service_tier` names the tier of the component.
COSTS_OF_ASKED = f"""
    SELECT asked.place, {_CHOSEN}
    FROM asked
    JOIN pricing_feature AS feature ON feature.code = asked.feature AND feature.cost_component <> ''
    CROSS JOIN LATERAL (
        SELECT CASE WHEN coalesce(asked.tier, '') IN ('', 'standard', 'default')
                      OR strpos(feature.cost_component, ':') > 0
               THEN feature.cost_component
               ELSE split_part(feature.cost_component, '>', 1) || ':' || asked.tier
                    || substr(feature.cost_component, strpos(feature.cost_component || '>', '>'))
               END AS code) AS wanted
    LEFT JOIN cost AS theirs
        ON theirs.model = asked.provider || '/' || asked.model AND theirs.code = wanted.code
    LEFT JOIN cost AS named
        ON named.model = asked.model AND named.code = wanted.code
        AND named.provider = coalesce(asked.provider, named.provider)
    WHERE coalesce(theirs.model, named.model) IS NOT NULL
"""
COSTS_OF_RATES = f"""
    WITH cost AS MATERIALIZED ({COSTS_IN_FORCE}), asked AS (
        SELECT id AS place, feature, dimensions ->> '{MODEL}' AS model, dimensions ->> '{PROVIDER}' AS provider,
               dimensions ->> '{TIER}' AS tier
        FROM pricing_rate WHERE version_id = ANY (%(versions)s) AND dimensions ->> '{MODEL}' IS NOT NULL)
    {COSTS_OF_ASKED}
"""
"""What the rates of %(versions)s cost us at %(moment)s: place is the rate, then the columns of a cost in force."""

_COSTS_OF_ROWS = f"""
    WITH cost AS MATERIALIZED ({COSTS_IN_FORCE}), asked AS (
        SELECT * FROM unnest(%(places)s::int[], %(features)s::text[], %(models)s::text[], %(providers)s::text[],
                             %(tiers)s::text[]) AS row (place, feature, model, provider, tier))
    {COSTS_OF_ASKED}
"""


def costs_of(rows: Sequence[RateRow], moment: datetime) -> list[CostLine | None]:
    """What one unit of each row costs us at `moment`, in the rows' order and in one statement.

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
    provider, model, component, tier, above, cost, currency, deprecated_on, _code = columns
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
