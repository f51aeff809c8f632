"""What the usage page tells of features, days, hours, new features and the largest accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from billing.queries.usage_scope import Scope
from billing.rules.daily_burn import DailyBurn
from pricing.models import Feature, Product
from usage.errors import HoursForgotten
from usage.rules.usage_asked import AdoptionWeek, Clock, UsageRow
from wallets.models import Account

NOTHING, DAY, HOUR = Decimal(0), timedelta(days=1), timedelta(hours=1)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
LARGEST, LAUNCHES = 10, 6


@dataclass(frozen=True, slots=True)
class FeatureLine:
    """What was used of a feature. before: tokens in the time before; accounts: that used it."""

    key: int | None
    code: str
    name: str
    unit: str
    row: UsageRow
    before: Decimal
    accounts: int

    @property
    def change(self) -> Decimal | None:
        """By what share its tokens changed; None where there were none before."""
        return (self.row.tokens - self.before) / self.before if self.before > 0 else None


@dataclass(frozen=True, slots=True)
class Peaks:
    """Tokens by hour. hours: each with its tokens, by instant. mean: of weekday (0 is Monday) and hour of the day."""

    hours: Sequence[tuple[datetime, Decimal]]
    mean: Mapping[tuple[int, int], Decimal]

    @property
    def busiest(self) -> tuple[datetime, Decimal] | None:
        return max(self.hours, key=lambda each: each[1], default=None)


@dataclass(frozen=True, slots=True)
class Adoption:
    """Accounts that used a feature, by weeks since the day of UTC on which it was first used."""

    feature: Feature
    began_on: date
    weeks: Sequence[AdoptionWeek]

    @property
    def reached(self) -> int:
        """Accounts that ever used it."""
        return sum(each.newcomers for each in self.weeks)


@dataclass(frozen=True, slots=True)
class Largest:
    """The accounts that took the most tokens, of all that took some."""

    accounts: Sequence[tuple[Account, UsageRow]]
    count: int
    tokens: Decimal

    @property
    def share(self) -> Decimal | None:
        """Of all tokens, how much hangs on these."""
        told = sum((row.tokens for _, row in self.accounts), NOTHING)
        return told / self.tokens if self.tokens > 0 else None


def features(scope: Scope) -> list[FeatureLine]:
    """All features that were used or refused, the most tokens first."""
    reader, question = scope.reader, scope.question("feature")
    earlier = replace(question, since=scope.span.before, until=scope.span.since)
    before = {row.keys: row.tokens for row in reader.rows(earlier)}
    accounts = reader.reach(question, LARGEST).by_key
    rows = reader.most(question)
    known = Feature.objects.in_bulk([row.keys[0] for row in rows if row.keys[0]])
    return [
        FeatureLine(
            *(row.keys[0], *_named(known.get(row.keys[0])), row),
            before.get(row.keys, NOTHING),
            accounts.get(row.keys[0], 0),
        )
        for row in rows
    ]


def _named(feature: Feature | None) -> tuple[str, str, str]:
    return (feature.code, feature.name, feature.unit) if feature else ("", "of no known feature", "")


def burn(scope: Scope, by: str) -> DailyBurn:
    """Of each day of the scope's time. by: feature or product."""
    rows = scope.reader.rows(scope.question("day", by))
    models: Any = Feature if by == "feature" else Product
    names = dict(
        models.objects.filter(pk__in={row.keys[1] for row in rows} - {None}).values_list("pk", "name")
    )
    days = _days(scope)
    places = {day: place for place, day in enumerate(days)}
    amounts: dict[Any, list[Decimal]] = {}
    for row in rows:
        if row.tokens and row.keys[0] in places:
            amounts.setdefault(row.keys[1], [NOTHING] * len(days))[places[row.keys[0]]] = row.tokens
    ranked = sorted(amounts.items(), key=lambda each: -sum(each[1]))
    return DailyBurn(days, [(names.get(key, "unknown"), each) for key, each in ranked])


def _days(scope: Scope) -> list[date]:
    place = ZoneInfo(scope.view.zone)
    first = scope.span.since.astimezone(place).date()
    last = (scope.span.until - timedelta(microseconds=1)).astimezone(place).date()
    return [first + n * DAY for n in range((last - first).days + 1)]


def peaks(scope: Scope) -> Peaks | None:
    """None where hours of that time are forgotten."""
    try:
        rows = scope.reader.rows(scope.question("hour"))
    except HoursForgotten:
        return None
    place = ZoneInfo(scope.view.zone)
    burnt = {row.keys[0]: row.tokens for row in rows}
    weekdays = [day.weekday() for day in _days(scope)]
    sums: dict[tuple[int, int], Decimal] = {}
    for at, tokens in burnt.items():
        local = at.astimezone(place)
        sums[local.weekday(), local.hour] = sums.get((local.weekday(), local.hour), NOTHING) + tokens
    count = int(-(-(scope.span.until - scope.span.since) // HOUR))
    begins = [scope.span.since + n * HOUR for n in range(count)]
    hours = dict.fromkeys(begins, NOTHING) | burnt
    means = {key: total / max(weekdays.count(key[0]), 1) for key, total in sums.items()}
    return Peaks(sorted(hours.items()), means)


def launches(scope: Scope) -> list[tuple[Feature, date]]:
    """The features that were first used last, the newest first, among those the view does not leave out."""
    question = replace(scope.question("feature"), since=EVER, clock=Clock.OCCURRED, zone="UTC")
    found = scope.reader.first_days(question)
    newest = sorted(found.items(), key=lambda each: (each[1], each[0]), reverse=True)[:LAUNCHES]
    known = Feature.objects.in_bulk([key for (key,), _ in newest])
    return [(known[key], day) for (key,), day in newest if key in known]


def adoption(scope: Scope, launched: Iterable[tuple[Feature, date]]) -> Adoption | None:
    """That of the feature which was launched last."""
    newest = next(iter(launched), None)
    if newest is None:
        return None
    feature, began_on = newest
    since = datetime(began_on.year, began_on.month, began_on.day, tzinfo=UTC)
    question = replace(
        scope.question(),
        since=since,
        features=frozenset({feature.pk}),
        clock=Clock.OCCURRED,
        zone="UTC",
    )
    return Adoption(feature, began_on, scope.reader.adoption(question))


def total(scope: Scope) -> UsageRow | None:
    """All that was used; None where nothing was."""
    return next(iter(scope.reader.rows(scope.question())), None)


def largest(scope: Scope, whole: UsageRow | None) -> Largest:
    """The ten largest accounts. whole: what all of the scope used."""
    reach = scope.reader.reach(scope.question("feature"), LARGEST)
    question = replace(scope.question("account"), accounts=frozenset(reach.largest))
    rows = scope.reader.most(question)
    known = Account.objects.in_bulk(reach.largest)
    tokens = whole.tokens if whole else NOTHING
    return Largest([(known[row.keys[0]], row) for row in rows], reach.accounts, tokens)
