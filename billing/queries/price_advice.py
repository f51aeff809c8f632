"""What prices give reason for: features whose usage cost more than it was charged, and rates under a target margin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing.queries.cost_review import Finding, MarginReview, TableReview, Target, review_margins
from billing.queries.margins import worths_of
from billing.queries.recent import in_time
from billing.rules.advice import LOOKED_BACK_DAYS
from billing.rules.margins import Worth
from config.kernel.utc import midnight
from pricing.models import Feature, Rate, Version
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion, UsageRow
from wallets.models import TokenUnit

TARGET = Decimal("0.7")


@dataclass(frozen=True, slots=True)
class UnderCost:
    """A feature whose usage of thirty whole days cost more than its tokens are worth, in one token unit.

    brings: its tokens at what one brings on average, in the reporting currency, as `used.cost` is. Of usage without a
    known cost the cost is not in it. priced_in: the versions in force that have a rate for just this feature.
    """

    feature: Feature
    token: TokenUnit
    used: UsageRow
    worth: Worth
    first: date
    last: date
    brings: Decimal
    priced_in: Sequence[Version] = ()

    @property
    def loses(self) -> Decimal:
        return self.used.cost - self.brings


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rate under the target, with the price that reaches it, as the review of margins found it."""

    table: TableReview
    found: Finding


@dataclass(frozen=True, slots=True)
class PriceAdvice:
    """features: None where they can't be told while a page waits. suggestions: the worst first."""

    target: Target
    features: Sequence[UnderCost] | None
    review: MarginReview
    suggestions: Sequence[Suggestion]


def price_advice(moment: datetime, margin: Decimal = TARGET) -> PriceAdvice:
    """Of usage until the last midnight of UTC, and of rates in force or scheduled. margin: the target, a share."""
    target = Target(under=margin, match=margin)
    review = review_margins(moment, target, with_drafts=False)
    found = [Suggestion(table, each) for table in review.tables for each in table.findings]
    found.sort(key=lambda each: (each.found.present.share or Decimal(0), each.table.table.code))
    return PriceAdvice(target, under_cost(moment), review, found)


def under_cost(moment: datetime) -> list[UnderCost] | None:
    """What loses the most first; None where it can't be told while a page waits."""
    today = moment.astimezone(UTC).date()
    first = today - timedelta(days=LOOKED_BACK_DAYS)
    asked = UsageQuestion(midnight(first), midnight(today), ("feature", "token"))
    rows = in_time(lambda: usage_reader().rows(asked))
    if rows is None:
        return None
    units = TokenUnit.objects.in_bulk()
    costly = [row for row in rows if row.cost > 0 and row.keys[0] and row.keys[1] in units]
    worths = worths_of({units[row.keys[1]].code for row in costly})
    features = Feature.objects.in_bulk([row.keys[0] for row in costly])
    priced = _priced_in([feature.code for feature in features.values()], moment)
    found = []
    for row in costly:
        feature, unit = features[row.keys[0]], units[row.keys[1]]
        worth = worths[unit.code]
        brings = None if worth.token is None else row.tokens * worth.token
        if brings is not None and brings < row.cost:
            last, versions = today - timedelta(days=1), priced[feature.code]
            mine = [each for each in versions if each.table.token == unit.code]
            found.append(UnderCost(feature, unit, row, worth, first, last, brings, mine))
    return sorted(found, key=lambda each: (-each.loses, each.feature.code))


def _priced_in(codes: Sequence[str], moment: datetime) -> Mapping[str, Sequence[Version]]:
    """The versions in force, by the features that they have a rate for."""
    versions = {each.pk: each for each in Version.objects.in_force(moment).select_related("table")}
    rates = Rate.objects.filter(version__in=list(versions), feature__in=codes).order_by("version")
    found: defaultdict[str, list[Version]] = defaultdict(list)
    for code, version in rates.values_list("feature", "version").distinct():
        found[code].append(versions[version])
    return found
