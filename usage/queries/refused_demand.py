"""What was wanted and not sold: refusals by feature, with the tokens that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from config.kernel.identity import first_id_at
from usage.rules.usage_asked import UsageQuestion


@dataclass(frozen=True, slots=True)
class RefusedDemand:
    """Refusals of a feature for one reason. wanted: without repeats. times: with them. accounts: that were refused.

    tokens: that the calls would have cost, each counted once; unknown: calls of which that is not known.
    """

    feature: str
    name: str
    reason: str
    wanted: int
    times: int
    accounts: int
    tokens: Decimal
    unknown: int


def refused_demand(question: UsageQuestion) -> Sequence[RefusedDemand]:
    """By when it was first refused, the most tokens first. Groups, token units and dimensions play no part."""
    given: dict[str, Any] = {
        "since": question.since,
        "until": question.until,
        "least": first_id_at(question.since - timedelta(hours=1)),
        "accounts": sorted(question.accounts or ()),
        "products": sorted(question.products or ()),
        "features": sorted(question.features or ()),
    }
    filters = "".join(
        f" AND {column} = ANY (%({name})s)"
        for name, column in (("accounts", "d.account_id"), ("products", "d.product_id"), ("features", "f.id"))
        if getattr(question, name) is not None
    )
    with connection.cursor() as cursor:
        cursor.execute(_DEMAND.format(filters=filters), given)
        return [RefusedDemand(*row) for row in cursor.fetchall()]


_DEMAND = r"""
    SELECT d.feature, coalesce(max(f.name), ''), d.reason, count(*), sum(d.count), count(DISTINCT d.account_id),
           coalesce(sum(k.required), 0) AS tokens, count(*) FILTER (WHERE k.required IS NULL)
    FROM usage_denial d
    LEFT JOIN pricing_feature f ON f.code = d.feature
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.figures->>'required' ~ '^\d+(\.\d+)?$' THEN (d.figures->>'required')::numeric END AS required
    ) AS k
    WHERE d.id >= %(least)s AND d.first_at >= %(since)s AND d.first_at < %(until)s {filters}
    GROUP BY d.feature, d.reason ORDER BY tokens DESC, 5 DESC, 1, 3
"""
