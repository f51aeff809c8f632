"""What came of the demo's calls: counted answer by answer, in exact decimals."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

CHARGED = 201
REFUSED = (402, 403)


@dataclass
class FeatureTotal:
    """Of one feature: text tokens used, tokens charged for them, and US dollars they cost us."""

    quantity: Decimal = Decimal(0)
    tokens: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


@dataclass
class Tally:
    """`costs`: US dollars a unit by (feature, model), features by the codes they have in this database.

    A call charged by an earlier demo is answered again: it counts as `repeated`, and its tokens as charged.
    """

    costs: Mapping[tuple[str, str], Decimal]
    charged: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    features: defaultdict[str, FeatureTotal] = field(default_factory=lambda: defaultdict(FeatureTotal))
    overage: Decimal = Decimal(0)
    nanoseconds: list[int] = field(default_factory=list)

    def count(
        self, model: str, status: int, body: Mapping[str, Any], *, is_replayed: bool, nanoseconds: int
    ) -> None:
        """Count one answer."""
        self.nanoseconds.append(nanoseconds)
        if status != CHARGED:
            counter = self.refused if status in REFUSED and "denial" in body else self.failed
            counter[str(body.get("type", status)).rsplit("/", 1)[-1]] += 1
            return
        self.repeated += is_replayed
        self.charged += not is_replayed
        self.overage += Decimal(body["overage"])
        for item in body["items"]:
            total = self.features[item["feature"]]
            quantity = Decimal(item["quantity"])
            total.quantity += quantity
            total.tokens += Decimal(item["tokens"])
            total.cost += quantity * self.costs[item["feature"], model]

    @property
    def total(self) -> FeatureTotal:
        """Of all features."""
        features = self.features.values()
        return FeatureTotal(
            sum((each.quantity for each in features), Decimal(0)),
            sum((each.tokens for each in features), Decimal(0)),
            sum((each.cost for each in features), Decimal(0)),
        )

    @property
    def answered(self) -> int:
        return len(self.nanoseconds)


def percentile(nanoseconds: Sequence[int], share: int) -> Decimal:
    """Milliseconds within which `share` in a hundred of the calls were answered."""
    ordered = sorted(nanoseconds)
    return (Decimal(ordered[(len(ordered) * share - 1) // 100]) / 1_000_000).quantize(Decimal("0.1"))
