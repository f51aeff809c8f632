"""Which sums answer a question about usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from usage.errors import HoursForgotten
from usage.rules.usage_asked import Part, Source, UsageQuestion, is_group, parts

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SLOTS, DAYS, TOTALS = Source.SLOTS, Source.DAYS, Source.TOTALS
EVER = MARCH - 1000 * DAY
SOME = frozenset({uuid4()})


def asked(since: datetime, until: datetime, *groups: str, **more: Any) -> UsageQuestion:
    return UsageQuestion(since, until, groups, **({"accounts": SOME} | more))


class TestParts:
    def test_are_days_with_quarters_at_both_ends(self) -> None:
        since, until = MARCH + 3 * HOUR + timedelta(minutes=7), MARCH + 4 * DAY + 20 * HOUR

        assert parts(asked(since, until, "day"), EVER) == [
            Part(SLOTS, MARCH + 3 * HOUR, MARCH + DAY),
            Part(DAYS, MARCH + DAY, MARCH + 4 * DAY),
            Part(SLOTS, MARCH + 4 * DAY, until),
        ]

    def test_are_quarters_that_bounds_cut_whole(self) -> None:
        since = MARCH + 3 * HOUR + timedelta(minutes=14)

        assert parts(asked(since, since + timedelta(minutes=2)), EVER) == [
            Part(SLOTS, MARCH + 3 * HOUR, MARCH + 3 * HOUR + timedelta(minutes=30))
        ]

    @pytest.mark.parametrize(
        ("groups", "zone"), [(("hour",), "UTC"), (("day",), "Asia/Kolkata"), (("month",), "Asia/Kolkata")]
    )
    def test_are_quarters_where_days_of_utc_are_too_coarse(self, groups: tuple[str, ...], zone: str) -> None:
        question = asked(MARCH, MARCH + 3 * DAY, *groups, zone=zone)

        assert parts(question, EVER) == [Part(SLOTS, MARCH, MARCH + 3 * DAY)]

    def test_are_totals_where_no_account_is_told_apart(self) -> None:
        whole = (MARCH, MARCH + 3 * DAY)

        assert parts(asked(*whole, "feature", "day", accounts=None), EVER) == [Part(TOTALS, *whole)]
        assert parts(asked(*whole, "account", accounts=None), EVER) == [Part(DAYS, *whole)]
        assert parts(asked(*whole, accounts=None, dimensions={"model": "m"}), EVER) == [Part(DAYS, *whole)]

    def test_are_days_where_quarters_are_forgotten(self) -> None:
        kept = MARCH + 2 * DAY
        since, until = MARCH + HOUR, MARCH + 4 * DAY
        local = asked(since, until, "day", zone="Asia/Kolkata")

        assert parts(local, kept) == [Part(DAYS, MARCH, kept), Part(SLOTS, kept, until)]
        assert parts(asked(since, until), kept) == [Part(DAYS, MARCH, until)]
        assert parts(asked(since, MARCH + DAY + HOUR), kept) == [Part(DAYS, MARCH, kept)]

    def test_refuse_hours_that_are_forgotten(self) -> None:
        with pytest.raises(HoursForgotten) as refusal:
            parts(asked(MARCH, MARCH + 4 * DAY, "hour"), MARCH + DAY)

        assert refusal.value.errors[0].pointer == "from"


class TestGroups:
    def test_are_words_and_dimensions(self) -> None:
        assert all(map(is_group, ("feature", "subject.user", "dimension.model", "month")))
        assert not any(map(is_group, ("", "dimension.", "dimension.\0", "subject", "week")))
