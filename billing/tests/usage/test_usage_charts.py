"""What the pictures of the usage page are drawn from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.admin.usage_charts import busiest_of_days


def test_the_busiest_hour_is_of_days_of_the_time_zone() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    begins = datetime(2026, 10, 30, 7, tzinfo=UTC)  # midnight there; two days later clocks go back
    points = [(begins + timedelta(hours=n), Decimal(n % 24)) for n in range(24 * 4 + 1)]

    busiest = busiest_of_days(points, zone)

    assert [(at.astimezone(zone).day, at.astimezone(zone).hour) for at, _ in busiest] == [
        (30, 0),
        (31, 0),
        (1, 0),
        (2, 0),
    ]
    assert [tokens for _, tokens in busiest] == [23, 23, 23, 23]
