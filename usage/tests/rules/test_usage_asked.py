"""Which sums answer a question about usage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from usage.errors import HoursForgotten
from usage.rules.usage_asked import Part, Source, UsageQuestion, is_group, parts

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LINES, SLOTS, DAYS, TOTALS = Source.LINES, Source.SLOTS, Source.DAYS, Source.TOTALS
EVER = MARCH - 1000 * DAY
SOME = frozenset({uuid4()})


def asked(since: datetime, until: datetime, *groups: str, **more: Any) -> UsageQuestion:
    return UsageQuestion(since, until, groups, **({"accounts": SOME} | more))


class TestParts:
    def test_are_days_with_quarters_and_lines_at_both_ends(self) -> None:
        since, until = MARCH + 3 * HOUR + 7 * MINUTE, MARCH + 4 * DAY + 20 * HOUR + MINUTE

        assert parts(asked(since, until, "day"), EVER) == [
            Part(LINES, since, MARCH + 3 * HOUR + 15 * MINUTE),
            Part(SLOTS, MARCH + 3 * HOUR + 15 * MINUTE, MARCH + DAY),
            Part(DAYS, MARCH + DAY, MARCH + 4 * DAY),
            Part(SLOTS, MARCH + 4 * DAY, MARCH + 4 * DAY + 20 * HOUR),
            Part(LINES, MARCH + 4 * DAY + 20 * HOUR, until),
        ]

    @pytest.mark.parametrize("minutes", [1, 14, 15])
    def test_are_lines_alone_where_no_quarter_is_whole(self, minutes: int) -> None:
        since = MARCH + 3 * HOUR + 14 * MINUTE
        until = since + minutes * MINUTE

        assert parts(asked(since, until), EVER) == [Part(LINES, since, until)]

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

        assert parts(local, kept) == [
            Part(LINES, since, MARCH + DAY),
            Part(DAYS, MARCH + DAY, kept),
            Part(SLOTS, kept, until),
        ]
        assert parts(asked(since, until), kept) == [
            Part(LINES, since, MARCH + DAY),
            Part(DAYS, MARCH + DAY, until),
        ]
        assert parts(asked(MARCH, MARCH + DAY + HOUR), kept) == [
            Part(DAYS, MARCH, MARCH + DAY),
            Part(LINES, MARCH + DAY, MARCH + DAY + HOUR),
        ]

    def test_refuse_hours_that_are_forgotten(self) -> None:
        with pytest.raises(HoursForgotten) as refusal:
            parts(asked(MARCH, MARCH + 4 * DAY, "hour"), MARCH + DAY)

        assert refusal.value.errors[0].pointer == "from"


class TestGroups:
    def test_are_words_and_dimensions(self) -> None:
        assert all(map(is_group, ("feature", "subject.user", "dimension.model", "month")))
        assert not any(map(is_group, ("", "dimension.", "dimension.\0", "subject", "week")))
