"""How recorded usage is cut into slices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from usage.rules.impact import change_share, runway, scaled
from usage.rules.rehearsing import Carried, Scope, Slice, parts, slices

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO, THREE, FOUR = (UUID(int=n) for n in range(1, 5))


class TestSlices:
    def test_put_accounts_together_as_far_as_they_fit(self) -> None:
        counted = [(ONE, 4), (TWO, 6), (THREE, 1), (FOUR, 2)]

        assert list(slices(counted, 10)) == [Slice(ONE, TWO, 10), Slice(THREE, FOUR, 3)]

    def test_leave_an_account_that_has_more_alone(self) -> None:
        counted = [(ONE, 4), (TWO, 11), (THREE, 1)]

        assert list(slices(counted, 10)) == [Slice(ONE, ONE, 4), Slice(TWO, TWO, 11), Slice(THREE, THREE, 1)]

    def test_are_none_where_nothing_was_used(self) -> None:
        assert list(slices([], 10)) == []

    def test_are_kept_as_they_were(self) -> None:
        for each in (Slice(ONE, TWO, 7), Slice(ONE, ONE, 7, NOON, None), Slice(ONE, ONE, 7, None, NOON)):
            assert Slice.from_json(each.as_json()) == each


class TestParts:
    def test_follow_each_other_without_a_gap(self) -> None:
        later = NOON + timedelta(hours=1)

        found = parts(Slice(ONE, ONE, 11), [NOON, later])

        assert [(each.begins, each.ends) for each in found] == [(None, NOON), (NOON, later), (later, None)]
        assert [each.lines for each in found] == [3, 3, 5]
        assert all(each.is_part for each in found)

    def test_are_the_whole_where_there_is_no_cut(self) -> None:
        assert parts(Slice(ONE, ONE, 11), []) == [Slice(ONE, ONE, 11)]


class TestCarried:
    def test_is_kept_to_the_last_digit(self) -> None:
        units = Carried(date(2026, 3, 1), 7, 0, Decimal("123456789012345678.123456789"))

        assert Carried.from_json(units.as_json()) == units


class TestScope:
    def test_knows_when_its_usage_may_have_been_recorded(self) -> None:
        scope = Scope(1, NOON, NOON + timedelta(days=1), NOON + timedelta(days=2))

        assert scope.recorded_from == NOON - timedelta(minutes=5)
        assert scope.recorded_until == NOON + timedelta(days=2)
        assert Scope(1, NOON, NOON, NOON + timedelta(days=90)).recorded_until == NOON + timedelta(days=35)


class TestRunway:
    @pytest.mark.parametrize(
        ("available", "tokens", "days", "lasts"),
        [
            ("100", "300", "30", "10.0"),
            ("100", "7", "30", "428.6"),
            ("0", "7", "30", "0.0"),
            ("100", "0", "30", None),
        ],
    )
    def test_is_what_is_available_by_the_pace(
        self, available: str, tokens: str, days: str, lasts: str | None
    ) -> None:
        found = runway(Decimal(available), Decimal(tokens), Decimal(days))

        assert found == (None if lasts is None else Decimal(lasts))


class TestShares:
    def test_are_of_what_it_was(self) -> None:
        assert change_share(Decimal(8), Decimal(10)) == Decimal("0.25")
        assert change_share(Decimal(0), Decimal(10)) is None

    def test_scale_to_the_days_of_a_month(self) -> None:
        assert scaled(Decimal(10), Decimal(31), Decimal(30)) == Decimal("10.333333")
