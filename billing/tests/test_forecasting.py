"""Forecasts, tried on traffic whose season is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from billing.rules.forecasting import DAY, HOURS, WEEK, History, RunOut, departure, forecast, next_month

MONDAY = date(2026, 9, 7)


def traffic(seed: int, days: int, *, noise: float = 0.3) -> History:
    """Busy in office hours, half as busy at week's ends; a day strays, and each hour of it."""
    random, hours = Random(seed), []
    for n in range(days):
        strays = random.lognormvariate(0, noise)
        weekday = (MONDAY + n * DAY).weekday()
        for hour in range(HOURS):
            usual = (100 if 8 <= hour < 18 else 10) * (0.3 if weekday > 4 else 1)
            hours.append(Decimal(round(usual * strays * random.lognormvariate(0, 0.2), 6)))
    return History(MONDAY, hours)


def steady(days: int, tokens: int = 1) -> History:
    return History(MONDAY, [Decimal(tokens)] * HOURS * days)


class TestForecast:
    def test_errs_less_than_the_plain_mean_where_there_is_a_season(self) -> None:
        ours = means = Decimal(0)
        for seed in range(10):
            known = traffic(seed, 49)
            found = forecast(known.before(7))
            assert found is not None
            assert found.is_seasonal
            mean = sum(known.hours[:-WEEK]) / Decimal(len(known.hours) - WEEK)
            for place, used in enumerate(known.hours[-WEEK:]):
                ours += abs(used - found.season[place])
                means += abs(used - mean)

        assert ours < means / 2

    def test_is_the_plain_mean_of_less_than_four_weeks(self) -> None:
        found = forecast(traffic(1, 27))

        assert found is not None
        assert (found.is_seasonal, len(set(found.season)), found.days) == (False, 1, 27)
        assert found.a_day == pytest.approx(sum(traffic(1, 27).hours) / 27)

    def test_tells_nothing_of_no_day_and_no_range_of_few(self) -> None:
        assert forecast(steady(0)) is None
        found = forecast(steady(6))
        assert found is not None
        assert found.spread is None
        assert found.of_days(MONDAY, 30).low is None
        assert found.runs_out(Decimal(240), datetime(2026, 9, 13, tzinfo=UTC)).is_ranged is False

    @pytest.mark.parametrize("days", [1, 7, 30])
    def test_range_holds_about_four_times_of_five(self, days: int) -> None:
        held = 0
        for seed in range(200):
            known = traffic(seed, 56 + days)
            before = known.before(days)
            found = forecast(before)
            assert found is not None
            told = found.of_days(before.until, days)
            assert told.low is not None
            assert told.high is not None
            held += told.low <= sum(known.days[-days:]) <= told.high

        assert 140 <= held <= 188


class TestRunsOut:
    def test_walks_the_accounts_own_week(self) -> None:
        """Nothing but 24 tokens on each Monday: 60 last until the third."""
        known = History(MONDAY, ([Decimal(1)] * HOURS + [Decimal(0)] * 6 * HOURS) * 4)
        found = forecast(known)
        assert found is not None

        told = found.runs_out(Decimal(60), datetime(2026, 10, 6, 15, tzinfo=UTC))

        assert told == RunOut(
            datetime(2026, 10, 26, 11, tzinfo=UTC), date(2026, 10, 26), date(2026, 10, 26), True
        )

    def test_has_an_early_and_a_late_day(self) -> None:
        found, now = forecast(traffic(3, 56)), datetime(2026, 11, 2, tzinfo=UTC)
        assert found is not None

        told = found.runs_out(found.a_day * 20, now)

        assert told.at is not None
        assert told.earliest is not None
        assert told.latest is not None
        assert told.earliest < told.at.date() < told.latest
        assert abs(told.at - now - timedelta(days=20)) < timedelta(days=3)

    @pytest.mark.parametrize("hour", [0, 11, 23])
    def test_range_has_its_own_day_in_it_at_any_hour(self, hour: int) -> None:
        """Of today only the rest is still to come: whole days from midnight on would end a day before the answer."""
        now = datetime(2026, 11, 2, hour, tzinfo=UTC)
        for known in (steady(56), *(traffic(seed, 56, noise=0.05) for seed in range(5))):
            found = forecast(known)
            assert found is not None
            for days in (1, 2, 5, 20):
                told = found.runs_out(found.a_day * days, now)
                assert told.at is not None
                assert told.earliest is not None
                assert told.latest is not None
                assert told.earliest <= told.at.date() <= told.latest

    def test_is_never_of_what_lasts_for_years_or_is_not_used(self) -> None:
        now = datetime(2026, 11, 2, tzinfo=UTC)
        for known, available in ((steady(28), 10**9), (steady(28, 0), 5), (steady(28), 0)):
            found = forecast(known)
            assert found is not None
            assert found.runs_out(Decimal(available), now).at is None


class TestDeparture:
    def test_tells_a_week_that_doubles_and_seldom_one_that_does_not(self) -> None:
        seldom = 0
        for seed in range(100):
            known = traffic(seed, 56)
            doubled = History(
                known.first, [*known.hours[:-WEEK], *(2 * each for each in known.hours[-WEEK:])]
            )
            found = departure(doubled, 7)
            assert found is not None
            assert found.is_rise
            assert found.change is not None
            assert found.change > Decimal("0.3")
            seldom += departure(known, 7) is not None

        assert seldom <= 6

    def test_tells_a_week_that_stops(self) -> None:
        known = traffic(5, 56)
        found = departure(History(known.first, [*known.hours[:-WEEK], *[Decimal(0)] * WEEK]), 7)

        assert found is not None
        assert (found.used, found.is_rise, found.change) == (0, False, -1)

    def test_needs_a_range_to_be_left(self) -> None:
        assert departure(steady(8, 5), 7) is None


class TestNextMonth:
    def test_is_told_across_the_year(self) -> None:
        assert next_month(datetime(2026, 12, 31, 23, tzinfo=UTC)) == (date(2027, 1, 1), 31)
        assert next_month(datetime(2027, 1, 30, tzinfo=UTC)) == (date(2027, 2, 1), 28)
