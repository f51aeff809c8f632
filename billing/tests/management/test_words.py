"""The words that commands share: an instant as it is written, a list as long as people read."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime

import pytest

from billing.management.words import instant, shortened


class TestInstant:
    @pytest.mark.parametrize("text", ["2026-12-01T00:00:00Z", "2026-12-01T01:00:00+01:00"])
    def test_is_a_time_with_an_offset(self, text: str) -> None:
        assert instant(text) == datetime(2026, 12, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("tomorrow", "'tomorrow' is not a time as in 2026-12-01T00:00:00Z"),
            ("2026-12-01", "'2026-12-01' has no offset; write for instance 2026-12-01T00:00:00Z"),
        ],
    )
    def test_is_refused_with_a_sentence(self, text: str, why: str) -> None:
        with pytest.raises(ArgumentTypeError) as refusal:
            instant(text)

        assert str(refusal.value) == why


class TestShortened:
    def test_tells_fifty_lines_and_counts_the_rest(self) -> None:
        told = list(shortened([str(n) for n in range(1_284)]))

        assert (len(told), told[49], told[50]) == (51, "49", "… and 1,234 more")

    def test_tells_all_where_they_fit_or_are_asked_for(self) -> None:
        lines = [str(n) for n in range(51)]

        assert list(shortened(lines[:50])) == lines[:50]
        assert list(shortened(lines, is_all=True)) == lines
