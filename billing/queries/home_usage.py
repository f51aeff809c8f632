"""What the home page shows of usage in one token unit, from the roll-ups: burn, features, peaks, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Max

from billing.models import BurnHour, RevenueMonth
from billing.rules.daily_burn import DailyBurn
from billing.rules.margins import margin_share
from config.kernel.database import rows_of
from config.kernel.utc import day_of, month_of
from pricing.models import Feature, Product
from usage.queries.usage_reader import UsageReader, usage_reader
from usage.rules.usage_asked import Clock, UsageQuestion
from wallets.models import Currency, TokenUnit

DAY = timedelta(days=1)
SHOWN_DAYS, TREND_DAYS = 14, 7
PEAK_WEEKS = 4
FEATURES_SHOWN = 8
NOTHING = Decimal(0)


@dataclass(frozen=True)
class TopFeature:
    """Tokens of a feature on the last seven whole days, and by what share that changed; None where it is new."""

    code: str
    name: str
    tokens: Decimal
    calls: int
    change: Decimal | None


@dataclass(frozen=True)
class Margin:
    """What the spent tokens of a month earned and cost, in `currency`, the reporting one, at present rates.

    uncosted: units of which no cost is known.
    """

    month: date
    earned: Decimal
    cost: Decimal
    uncosted: Decimal
    currency: str

    @property
    def share(self) -> Decimal | None:
        """Of what was earned, by `margin_share`."""
        return margin_share(self.earned, self.cost, self.uncosted)


@dataclass(frozen=True)
class PeakMap:
    """Tokens of an hour, the mean of four weeks, by weekday (0 is Monday) and hour of UTC. noted_at: how old it is."""

    mean: Mapping[tuple[int, int], Decimal]
    noted_at: datetime | None

    @property
    def busiest(self) -> tuple[int, int] | None:
        return max(self.mean, key=lambda place: self.mean[place], default=None)


def burn(unit: TokenUnit, moment: datetime, reader: UsageReader | None = None) -> DailyBurn:
    """Tokens used on each of the last fourteen days of UTC by product, today last. reader: one that a page has."""
    today = day_of(moment)
    first = today - (SHOWN_DAYS - 1) * DAY
    rows = (reader or usage_reader()).rows(_asked(unit, first, today + DAY, "product", "day"))
    names = dict(Product.objects.filter(pk__in={row.keys[0] for row in rows}).values_list("pk", "name"))
    amounts: dict[int, list[Decimal]] = {}
    for row in rows:
        product, day = row.keys
        amounts.setdefault(product, [NOTHING] * SHOWN_DAYS)[(day - first.date()).days] = row.tokens
    days = [(first + n * DAY).date() for n in range(SHOWN_DAYS)]
    return DailyBurn(days, [(names.get(key, "unknown"), each) for key, each in sorted(amounts.items())])


def top_features(unit: TokenUnit, moment: datetime, reader: UsageReader | None = None) -> list[TopFeature]:
    """The features that used most tokens on the last seven whole days, against the seven before."""
    today = day_of(moment)
    turn = today - TREND_DAYS * DAY
    rows = (reader or usage_reader()).rows(_asked(unit, turn - TREND_DAYS * DAY, today, "feature", "day"))
    now: dict[int, tuple[Decimal, int]] = {}
    before: dict[int, Decimal] = {}
    for row in rows:
        feature, day = row.keys
        if feature is None:
            continue
        if day < turn.date():
            before[feature] = before.get(feature, NOTHING) + row.tokens
        else:
            tokens, calls = now.get(feature, (NOTHING, 0))
            now[feature] = tokens + row.tokens, calls + row.calls
    most = sorted((key for key, (_, calls) in now.items() if calls), key=lambda key: (-now[key][0], key))
    most = most[:FEATURES_SHOWN]
    known = Feature.objects.in_bulk(most)
    return [_top(known.get(key), *now[key], before.get(key, NOTHING)) for key in most]


def _top(feature: Feature | None, tokens: Decimal, calls: int, before: Decimal) -> TopFeature:
    change = (tokens - before) / before if before > 0 else None
    code, name = (feature.code, feature.name) if feature else ("?", "unknown")
    return TopFeature(code, name, tokens, calls, change)


def margin(moment: datetime, reader: UsageReader | None = None) -> Margin:
    """What the tokens spent in this month of the books earned and cost until now, of all token units.

    Revenue is what the books recognise for spent tokens; cost is counted by when usage was recorded, as the books are.
    """
    month = month_of(moment)
    rates = {each.code: each for each in Currency.objects.all()}
    rows = RevenueMonth.objects.filter(month=month.date()).values_list("currency", "recognised")
    earned = sum((amount * rates[code].reporting_rate for code, amount in rows), NOTHING)
    reporting = next((code for code, each in rates.items() if each.is_reporting), "")
    asked = UsageQuestion(month, day_of(moment) + DAY, clock=Clock.RECORDED)
    (used,) = (reader or usage_reader()).rows(asked)
    return Margin(month.date(), earned, used.cost, used.uncosted, reporting)


def peaks(unit: TokenUnit, moment: datetime) -> PeakMap:
    """The hours of the last four whole weeks, as they were noted last: until that is done today, to yesterday."""
    until, noted_at = day_of(moment), BurnHour.objects.aggregate(last=Max("noted_at"))["last"]
    if noted_at is not None and noted_at < until:
        until -= DAY
    since = until - PEAK_WEEKS * 7 * DAY
    rows = rows_of(_PEAKS, {"unit": unit.pk, "since": since, "until": until, "weeks": PEAK_WEEKS})
    noted_at = max((row[3] for row in rows), default=None)
    return PeakMap({(weekday, hour): tokens for weekday, hour, tokens, _ in rows}, noted_at)


def unit_shown(code: str | None) -> tuple[TokenUnit, list[TokenUnit]]:
    """The token unit asked for, else the default one; and all that there are."""
    units = list(TokenUnit.objects.order_by("-is_default", "code"))
    return next((unit for unit in units if unit.code == code), units[0]), units


def _asked(unit: TokenUnit, since: datetime, until: datetime, *groups: str) -> UsageQuestion:
    return UsageQuestion(since, until, groups, units=frozenset({unit.pk}))


_PEAKS = """
    SELECT (extract(isodow FROM hour_at AT TIME ZONE 'UTC') - 1)::int,
           extract(hour FROM hour_at AT TIME ZONE 'UTC')::int,
           sum(tokens) / %(weeks)s, max(noted_at)
    FROM billing_burnhour WHERE unit_id = %(unit)s AND hour_at >= %(since)s AND hour_at < %(until)s
    GROUP BY 1, 2
"""
