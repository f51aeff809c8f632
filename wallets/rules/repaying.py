"""What a grant that comes into force repays: bought tokens settle open overage within their features, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

REPAYING_KINDS = frozenset({"purchase", "adjustment"})


@dataclass(frozen=True, slots=True)
class Starting:
    """A grant whose start has passed and that has not repaid anything yet. free: tokens that are left and not held."""

    id: UUID
    kind: str
    features: Sequence[str]
    effective_at: datetime
    created_at: datetime
    free: Decimal


@dataclass(frozen=True, slots=True)
class OpenLot:
    """Overage that is neither repaid, reversed nor on a final invoice, of one feature."""

    feature: str
    owed: Decimal


@dataclass(slots=True)
class Repaid:
    """What each grant pays, and what is owed after it."""

    by_grant: dict[UUID, Decimal] = field(default_factory=dict)
    total: Decimal = Decimal(0)


def pays_for(patterns: Sequence[str], feature: str) -> bool:
    """Whether a grant restricted to these codes and patterns (ending in `*`) pays for a feature; none: for all."""
    return not patterns or any(
        feature.startswith(each[:-1]) if each.endswith("*") else feature == each for each in patterns
    )


def repaid(grants: Sequence[Starting], lots: Sequence[OpenLot]) -> Repaid:
    """What these grants repay of these lots, the oldest lot first, grant after grant in the order of their starts."""
    result = Repaid()
    owed = [lot.owed for lot in lots]
    for grant in sorted(grants, key=lambda each: (each.effective_at, each.created_at, each.id)):
        left = grant.free if grant.kind in REPAYING_KINDS else Decimal(0)
        for place, lot in enumerate(lots):
            if left and owed[place] and pays_for(grant.features, lot.feature):
                paid = min(left, owed[place])
                owed[place] -= paid
                left -= paid
                result.by_grant[grant.id] = result.by_grant.get(grant.id, Decimal(0)) + paid
                result.total += paid
    return result
