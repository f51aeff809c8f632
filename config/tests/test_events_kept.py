"""What the wiring knows of usage: how long months of events and hours are kept, and whether the next month is there."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import checks, settings


class TestMonthsKept:
    @pytest.mark.parametrize(("said", "months"), [("0", 0), ("3", 3), ("24", 24)])
    def test_are_none_or_three_and_more(self, said: str, months: int) -> None:
        assert settings._months_kept(said) == months

    @pytest.mark.parametrize("said", ["1", "2", "-3", "3.5", "three", "٣", "99999"])
    def test_are_refused_at_start_where_they_make_no_sense(self, said: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="EVENT_RETENTION_MONTHS"):
            settings._months_kept(said)


class TestHoursKept:
    @pytest.mark.parametrize(("said", "days"), [("0", 0), ("40", 40), ("400", 400)])
    def test_are_all_or_of_forty_days_and_more(self, said: str, days: int) -> None:
        assert settings._days_of_hours(said) == days

    @pytest.mark.parametrize("said", ["1", "39", "-40", "40.5", "many", "٤٠", "99999"])
    def test_are_refused_at_start_where_they_make_no_sense(self, said: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="USAGE_HOURS_KEPT_DAYS"):
            settings._days_of_hours(said)


@pytest.mark.django_db
class TestMonthsOfEvents:
    def test_say_nothing_while_the_next_month_is_there(self) -> None:
        assert checks.months_of_events(databases=["default"]) == []

    def test_warn_where_it_is_wanting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "months_ahead", lambda: 0)

        assert [each.id for each in checks.months_of_events(databases=["default"])] == ["tokendesk.W003"]

    def test_are_not_asked_for_before_the_database_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "months_ahead", lambda: 0)

        assert checks.months_of_events(databases=None) == []
