"""Views of usage: what an address says, and which time it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.rules.usage_view import UsageView, midnight, view_of
from usage.rules.usage_asked import Clock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class TestSpan:
    @pytest.mark.parametrize(("minutes", "ends"), [(0, 0), (1, 15), (15, 15), (16, 30)])
    def test_ends_with_the_present_quarter_and_begins_at_a_midnight(self, minutes: int, ends: int) -> None:
        span = UsageView(days=7).span(NOON + timedelta(minutes=minutes))

        assert span.since == datetime(2026, 11, 14, tzinfo=UTC)
        assert span.until == NOON + timedelta(minutes=ends)

    def test_is_by_days_of_the_time_zone(self) -> None:
        span = UsageView(days=1, zone="Asia/Tokyo").span(NOON.replace(hour=16))

        assert span.since == datetime(2026, 11, 20, 15, tzinfo=UTC)

    def test_takes_both_days_that_are_named_whole(self) -> None:
        view = UsageView(days=None, first=date(2026, 10, 1), last=date(2026, 10, 31), zone="Europe/Berlin")

        span = view.span(NOON)

        assert span.since == datetime(2026, 9, 30, 22, tzinfo=UTC)
        assert span.until == datetime(2026, 10, 31, 23, tzinfo=UTC)

    def test_is_compared_with_as_long_a_time_before(self) -> None:
        span = UsageView(days=7).span(NOON)

        assert span.since - span.before == span.until - span.since

    def test_leaves_out_what_is_ahead_but_is_never_empty(self) -> None:
        ahead = UsageView(days=None, first=date(2027, 1, 1), last=date(2027, 1, 2)).span(NOON)

        assert ahead.until - ahead.since == timedelta(minutes=15)


class TestMidnight:
    @pytest.mark.parametrize(
        ("day", "zone", "told"),
        [
            (date(2026, 3, 29), "Europe/Berlin", "2026-03-28T23:00:00+00:00"),
            (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),
            (date(2021, 10, 31), "America/Havana", "2021-10-31T04:00:00+00:00"),
            (date(2022, 11, 6), "America/Havana", "2022-11-06T04:00:00+00:00"),
            (date(2026, 11, 20), "Asia/Kathmandu", "2026-11-19T18:15:00+00:00"),
        ],
    )
    def test_is_the_first_instant_of_the_day(self, day: date, zone: str, told: str) -> None:
        assert midnight(day, zone).isoformat() == told


class TestQuery:
    def test_says_nothing_that_goes_without_saying(self) -> None:
        assert UsageView().as_query() == {}

    @pytest.mark.parametrize(
        "view",
        [
            UsageView(),
            UsageView(days=90, account="acme", product="chat", feature="chat.reply", segment="gold"),
            UsageView(
                days=None, first=date(2026, 1, 1), last=date(2026, 2, 1), token="AIT", zone="Asia/Tokyo"
            ),
            UsageView(dimension="region", value="eu", clock=Clock.RECORDED),
        ],
    )
    def test_comes_back_as_it_was(self, view: UsageView) -> None:
        assert view_of(view.as_query()) == view
