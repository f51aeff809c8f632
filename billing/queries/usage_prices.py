"""What a unit of a feature was sold for and cost, before and after each version that prices it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Value
from django.db.models.functions import Left, Length, StrIndex

from billing.queries.margins import worth_of
from billing.queries.usage_scope import Scope
from billing.rules.margins import Worth
from config.kernel.utc import midnight
from pricing.models import Feature, Rate, Version
from usage.errors import HoursForgotten
from usage.rules.usage_asked import UsageRow

NOTHING = Decimal(0)
CHANGES_SHOWN = 12


@dataclass(slots=True)
class Sold:
    """Units that were charged and not taken back. costed: of them, those whose cost is known."""

    quantity: Decimal = NOTHING
    tokens: Decimal = NOTHING
    cost: Decimal = NOTHING
    costed: Decimal = NOTHING

    def add(self, row: UsageRow) -> None:
        self.quantity += row.quantity
        self.tokens += row.tokens
        self.cost += row.cost
        self.costed += row.quantity - row.uncosted

    @property
    def token_price(self) -> Decimal | None:
        """Tokens a unit."""
        return self.tokens / self.quantity if self.quantity > 0 else None

    @property
    def unit_cost(self) -> Decimal | None:
        """Of the units whose cost is known, in the reporting currency."""
        return self.cost / self.costed if self.costed > 0 else None

    def price_at(self, worth: Decimal | None) -> Decimal | None:
        """A unit's price in the reporting currency, where a token is worth so much."""
        price = self.token_price
        return None if price is None or worth is None else price * worth

    def margin_at(self, worth: Decimal | None) -> Decimal | None:
        price, cost = self.price_at(worth), self.unit_cost
        return None if not price or cost is None else (price - cost) / price


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a version's start to the next; version: None before the first."""

    since: datetime
    version: Version | None
    sold: Sold


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """By days, and by stretches between versions. worth: of a token, on the average of all purchases.

    is_by_hours: an hour in which a version began counts before it; by days a day does.
    """

    feature: Feature
    worth: Worth
    days: Sequence[tuple[date, Sold]]
    stretches: Sequence[Stretch]
    is_by_hours: bool


def price_history(scope: Scope, feature: Feature) -> PriceHistory:
    """What a unit was charged and cost in the scope's time; the changes shown are the last dozen."""
    question = replace(scope.question("hour"), features=frozenset({feature.pk}))
    place, is_by_hours = ZoneInfo(scope.view.zone), True
    try:
        rows = [(row.keys[0], row) for row in scope.reader.rows(question)]
    except HoursForgotten:
        is_by_hours = False
        by_day = scope.reader.rows(replace(question, groups=("day",), zone="UTC"))
        rows = [(midnight(row.keys[0]), row) for row in by_day]
        place = ZoneInfo("UTC")
    days: dict[date, Sold] = {}
    for at, row in rows:
        days.setdefault(at.astimezone(place).date(), Sold()).add(row)
    stretches = _stretches(scope, rows, changes_of(feature, scope.span.since, scope.span.until))
    return PriceHistory(feature, worth_of(scope.unit.code), sorted(days.items()), stretches, is_by_hours)


def _stretches(
    scope: Scope, rows: Iterable[tuple[datetime, UsageRow]], changes: Sequence[Version]
) -> list[Stretch]:
    found = [Stretch(scope.span.since, None, Sold())]
    found += [Stretch(each.effective_from, each, Sold()) for each in changes if each.effective_from]
    for at, row in rows:
        last = [each for each in found if each.since <= at or each.version is None][-1]
        last.sold.add(row)
    return found


def changes_of(feature: Feature, since: datetime, until: datetime) -> list[Version]:
    """Versions with a rate for the feature that came into force then, the oldest first; the last dozen."""
    prefix = Left(F("feature"), Length("feature") - 1)
    pricing = Rate.objects.annotate(place=StrIndex(Value(feature.code), prefix)).filter(
        Q(feature=feature.code) | Q(feature="*") | Q(feature__endswith="*", place=1)
    )
    rows = Version.objects.lasting().filter(effective_from__gt=since, effective_from__lt=until)
    newest = rows.filter(pk__in=pricing.values("version")).select_related("table")
    return list(newest.order_by("-effective_from", "-pk")[:CHANGES_SHOWN])[::-1]
