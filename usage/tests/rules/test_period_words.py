"""Periods as people read them."""

from __future__ import annotations

import pytest

from usage.rules.access import period_words


class TestPeriodWords:
    @pytest.mark.parametrize(
        ("period", "told"),
        [
            ("P30D", "30 days"),
            ("P1D", "1 day"),
            ("P2W", "2 weeks"),
            ("P1M", "1 month"),
            ("P1Y", "1 year"),
            ("PT12H", "12 hours"),
            ("PT30M", "30 minutes"),
        ],
    )
    def test_say_how_long(self, period: str, told: str) -> None:
        assert period_words(period) == told
