"""How usage goes on: the account's own week over again, with a range from how much its days strayed from it.

The method is the seasonal mean (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2, 5.5):
what an hour of the week used on average of the last weeks is expected of it again. It needs four whole weeks; with
less it is the plain mean of all hours. It follows no trend: where usage bends, `departure` says so.

A range is meant to hold four times of five. The days' residuals are taken to be independent and alike, so that the sum
of h days strays by s·√(h + h²/n): s is the residuals' standard deviation, n the number of days that were learnt from,
and h²/n what is not known of the mean itself. Fewer than seven days tell no range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

HOURS, WEEK = 24, 7 * 24
DAYS_OF_SEASON, DAYS_OF_RANGE = 28, 7
LEARNT_FROM = 56
"""Days that are looked back on, at most."""
FOUR_OF_FIVE, NINETY_NINE_OF_A_HUNDRED = Decimal("1.2816"), Decimal("2.5758")
"""Standard deviations within which a normal variable stays four times of five, and 99 times of a hundred."""
NOTABLE = Decimal("0.1")
"""By which share of what was expected a departure is worth a word, however steady the days were."""
LONGEST = 3650
"""In days; what lasts longer does not run out."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class History:
    """Tokens of each hour of UTC, of whole days. first: the day of the first 24."""

    first: date
    hours: Sequence[Decimal]

    @property
    def days(self) -> list[Decimal]:
        """Tokens of each day."""
        return [sum(self.hours[at : at + HOURS], NOTHING) for at in range(0, len(self.hours), HOURS)]

    @property
    def until(self) -> date:
        """The day after the last."""
        return self.first + len(self.hours) // HOURS * DAY

    def before(self, days: int) -> History:
        """Without the last so many days."""
        return History(self.first, self.hours[: len(self.hours) - days * HOURS])


@dataclass(frozen=True, slots=True)
class Range:
    """Tokens. low, high: what four times of five holds; None where too little is known."""

    expected: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RunOut:
    """When what is available is gone; None of a bound is beyond ten years. is_ranged: whether the bounds are known."""

    at: datetime | None
    earliest: date | None = None
    latest: date | None = None
    is_ranged: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """season: tokens by hour of the week, Monday's first. days: learnt from.

    spread: the standard deviation of the days' residuals, in tokens; None of fewer than seven days.
    """

    season: Sequence[Decimal]
    is_seasonal: bool
    days: int
    spread: Decimal | None

    @property
    def a_day(self) -> Decimal:
        """Tokens of a day, the mean of a week."""
        return sum(self.season, NOTHING) / 7

    def of_day(self, day: date) -> Decimal:
        """What is expected of a day of UTC."""
        begins = day.weekday() * HOURS
        return sum(self.season[begins : begins + HOURS], NOTHING)

    def of_days(self, first: date, days: int) -> Range:
        """What is expected of so many days from `first` on, and its range."""
        weeks, left = divmod(days, 7)
        expected = weeks * 7 * self.a_day
        expected += sum((self.of_day(first + n * DAY) for n in range(left)), NOTHING)
        return self.around(expected, days)

    def around(self, expected: Decimal, days: int, width: Decimal = FOUR_OF_FIVE) -> Range:
        """The range of the sum of so many days. width: in standard deviations."""
        error = self._standard_error(days)
        if error is None:
            return Range(expected)
        return Range(expected, max(expected - width * error, NOTHING), expected + width * error)

    def runs_out(self, available: Decimal, moment: datetime) -> RunOut:
        """When `available` is used up if nothing is added and nothing expires."""
        if available <= 0 or self.a_day <= 0:
            return RunOut(None)
        at = self._gone_at(available, moment)
        if self.spread is None:
            return RunOut(at)
        now = moment.astimezone(UTC)
        first = now.date()
        week = [self.of_day(first + n * DAY) for n in range(7)]
        earliest = latest = None
        used = -self._of_today_before(now)
        for days in range(LONGEST):
            used += week[days % 7]
            half = FOUR_OF_FIVE * (self._standard_error(days + 1) or NOTHING)
            if earliest is None and used + half >= available:
                earliest = first + days * DAY
            if used - half >= available:
                latest = first + days * DAY
                break
        return RunOut(at, earliest, latest, is_ranged=True)

    def _gone_at(self, available: Decimal, moment: datetime) -> datetime | None:
        """The hour in which it is gone, counted from the present one on."""
        now = moment.astimezone(UTC)
        if available / self.a_day >= LONGEST:
            return None
        at = now.replace(minute=0, second=0, microsecond=0)
        weeks, left = divmod(available, self.a_day * 7)
        at += int(weeks) * 7 * DAY
        for _ in range(WEEK):
            left -= self.season[at.weekday() * HOURS + at.hour]
            if left <= 0:
                break
            at += HOUR
        return max(at, now)

    def _of_today_before(self, now: datetime) -> Decimal:
        """What is expected of the hours of a day of UTC that are over, and of which nothing is left to use."""
        begins = now.weekday() * HOURS
        return sum(self.season[begins : begins + now.hour], NOTHING)

    def _standard_error(self, days: int) -> Decimal | None:
        """Of what is expected of so many days together, in tokens."""
        if self.spread is None:
            return None
        return self.spread * (days + Decimal(days * days) / self.days).sqrt()


@dataclass(frozen=True, slots=True)
class Departure:
    """The last days left the range that the days before them let expect. It held 99 times of a hundred."""

    days: int
    used: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal

    @property
    def is_rise(self) -> bool:
        return self.used > self.high

    @property
    def change(self) -> Decimal | None:
        """By what share it is more than was expected; None where nothing was."""
        return (self.used - self.expected) / self.expected if self.expected else None


def forecast(history: History) -> Forecast | None:
    """What the days until now let expect; None where there is no whole day yet."""
    kept = min(len(history.hours) // HOURS, LEARNT_FROM)
    is_seasonal = kept >= DAYS_OF_SEASON
    if is_seasonal:
        kept -= kept % 7
    if not kept:
        return None
    begins = len(history.hours) - kept * HOURS
    learnt = History(history.until - kept * DAY, history.hours[begins:])
    season = _season(learnt) if is_seasonal else [sum(learnt.hours, NOTHING) / len(learnt.hours)] * WEEK
    plain = Forecast(season, is_seasonal, kept, None)
    if kept < DAYS_OF_RANGE:
        return plain
    residuals = [used - plain.of_day(learnt.first + n * DAY) for n, used in enumerate(learnt.days)]
    degrees_of_freedom = kept - (7 if is_seasonal else 1)
    spread = (sum((each * each for each in residuals), NOTHING) / degrees_of_freedom).sqrt()
    return Forecast(season, is_seasonal, kept, spread)


def departure(history: History, days: int) -> Departure | None:
    """How the last so many days left what was to be expected of them; None where they did not, or nobody can tell."""
    before = history.before(days)
    known = forecast(before)
    if known is None or known.spread is None:
        return None
    expected = known.of_days(before.until, days).expected
    held = known.around(expected, days, NINETY_NINE_OF_A_HUNDRED)
    used = sum(history.hours[len(before.hours) :], NOTHING)
    if held.low is None or held.high is None or held.low <= used <= held.high:
        return None
    if abs(used - expected) < NOTABLE * expected:
        return None
    return Departure(days, used, expected, held.low, held.high)


def next_month(moment: datetime) -> tuple[date, int]:
    """The first day of the month after this one, of UTC, and how many days it has."""
    first = (moment.astimezone(UTC).date().replace(day=1) + 32 * DAY).replace(day=1)
    return first, ((first + 32 * DAY).replace(day=1) - first).days


def _season(history: History) -> list[Decimal]:
    """The mean of each hour of the week, over whole weeks."""
    sums, weeks = [NOTHING] * WEEK, len(history.hours) // WEEK
    begins = history.first.weekday() * HOURS
    for place, tokens in enumerate(history.hours):
        sums[(begins + place) % WEEK] += tokens
    return [each / weeks for each in sums]
