from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from config.kernel.utc import day_of, midnight, month_of


def test_are_those_of_utc_wherever_the_moment_was_noted() -> None:
    noted = datetime(2026, 5, 1, 4, 30, 1, 7, tzinfo=ZoneInfo("Asia/Kolkata"))

    assert midnight(date(2026, 5, 1)) == datetime(2026, 5, 1, tzinfo=UTC)
    assert day_of(noted) == datetime(2026, 4, 30, tzinfo=UTC)
    assert month_of(noted) == datetime(2026, 4, 1, tzinfo=UTC)
