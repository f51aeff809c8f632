"""Which policies rule a request, and what the database is told of them: all of them apply, so the strictest does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from usage.rules.policies import BLOCK, PolicyChoice

MILLIONTH = Decimal("0.000001")
MOST_LADDERS = 10_000


@dataclass(frozen=True, slots=True)
class Ruling:
    """A policy and whose it is. reference: the row that it stands in, empty for what holds without any."""

    scope: str
    reference: str
    policy: PolicyChoice


WITHOUT_ANY = Ruling("default", "", BLOCK)


@dataclass(frozen=True, slots=True)
class SharedRulings:
    """The policies that accounts share, as of one snapshot. epochs: of the rate tables there were then.

    ladders: what they came to for features that were asked for, so that each is compiled once.
    """

    features: Mapping[int, Ruling]
    products: Mapping[int, Ruling]
    tables: Mapping[int, Ruling]
    deployment: Ruling | None
    epochs: Mapping[int, int]
    ladders: dict[tuple[object, ...], dict[str, Any] | None] = field(default_factory=dict, compare=False)

    @property
    def are_none(self) -> bool:
        return not (self.features or self.products or self.tables or self.deployment)

    def nearest(self, feature_id: int, product_id: int, table_id: int) -> Ruling:
        """The one that rules usage of a feature: feature, product, rate table, deployment."""
        found = self.features.get(feature_id) or self.products.get(product_id) or self.tables.get(table_id)
        return found or self.deployment or WITHOUT_ANY


def shared_ladder(
    shared: SharedRulings, feature_ids: Sequence[int], product_id: int, table_id: int
) -> dict[str, Any] | None:
    """What an account without a policy of its own is judged by; None where that is a block and nothing more."""
    if shared.are_none:
        return None
    asked = (*feature_ids, product_id, table_id)
    if asked not in shared.ladders and len(shared.ladders) < MOST_LADDERS:
        shared.ladders[asked] = _compiled_for(shared, feature_ids, product_id, table_id)
    if asked in shared.ladders:
        return shared.ladders[asked]
    return _compiled_for(shared, feature_ids, product_id, table_id)


def _compiled_for(
    shared: SharedRulings, feature_ids: Sequence[int], product_id: int, table_id: int
) -> dict[str, Any] | None:
    lines: dict[Ruling, int] = {}
    for place, feature_id in enumerate(feature_ids, 1):
        lines.setdefault(shared.nearest(feature_id, product_id, table_id), place)
    return None if all(ruling.policy == BLOCK for ruling in lines) else compiled(lines)


def own_ladder(ruling: Ruling) -> dict[str, Any] | None:
    """What an account is judged by that has a policy of its own; None where its wallet's floor says it all."""
    return None if ruling.policy.is_plain else compiled({ruling: 1})


def in_unit(ladder: Mapping[str, Any] | None, unit: str) -> Mapping[str, Any] | None:
    """The same for usage that is paid in this token unit: tokens of each unit have a bucket, calls have one for all."""
    throttles = ladder.get("throttles", ()) if ladder else ()
    if ladder is None or all(each["measure"] == "calls" for each in throttles):
        return ladder
    return {**ladder, "throttles": [_in_unit(each, unit) for each in throttles]}


def _in_unit(throttle: Mapping[str, Any], unit: str) -> Mapping[str, Any]:
    if throttle["measure"] == "calls":
        return throttle
    return {**throttle, "bucket": f"{throttle['bucket']}:{unit}"}


def compiled(lines: Mapping[Ruling, int]) -> dict[str, Any]:
    """The policies as the database is told of them. lines: the first of the request's that each rules."""
    told: dict[str, Any] = {
        "policies": [ruling.reference for ruling in lines if ruling.reference],
        "caps": [cap for ruling in lines for cap in _caps(ruling)],
        "notify": sorted({share for ruling in lines for share in ruling.policy.notify}),
        "throttles": [each for ruling, line in lines.items() for each in _throttles(ruling, line)],
        "graces": [each for ruling in lines for each in _graces(ruling)],
        "holds": [each for ruling, line in lines.items() for each in _holds(ruling, line)],
    }
    return {name: rows for name, rows in told.items() if rows}


def _caps(ruling: Ruling) -> Iterator[dict[str, Any]]:
    policy, scope = ruling.policy, ruling.scope
    if policy.mode == "block" and policy.grace is None:
        yield {"scope": scope, "kind": "block", "tokens": 0}
    if policy.limit is not None:
        yield {"scope": scope, "kind": "limit", "tokens": policy.limit.quantize(MILLIONTH)}
    if policy.limit_percent is not None:
        yield {"scope": scope, "kind": "limit_percent", "percent": policy.limit_percent}
    if policy.limit_money is not None:
        yield {"scope": scope, "kind": "limit_money", "tokens": policy.limit_money.tokens}


def _throttles(ruling: Ruling, line: int) -> Iterator[dict[str, Any]]:
    for each in ruling.policy.throttle:
        places = Decimal(1) if each.measure == "calls" else MILLIONTH
        yield {
            "scope": ruling.scope,
            "bucket": f"{ruling.scope}:{each.measure}:{each.start}",
            "share": each.start,
            "measure": each.measure,
            "per_minute": each.per_minute.quantize(places),
            "line": line,
        }


def _graces(ruling: Ruling) -> Iterator[dict[str, Any]]:
    grace = ruling.policy.grace
    if grace is not None:
        lasts = None if grace.lasts is None else f"{int(grace.lasts.total_seconds())} seconds"
        amount = None if grace.tokens is None else grace.tokens.quantize(MILLIONTH)
        yield {"scope": ruling.scope, "lasts": lasts, "tokens": amount}


def _holds(ruling: Ruling, line: int) -> Iterator[dict[str, Any]]:
    limit = ruling.policy.hold_limit
    if limit is not None:
        yield {"scope": ruling.scope, "tokens": limit.quantize(MILLIONTH), "line": line}
