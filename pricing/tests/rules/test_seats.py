from __future__ import annotations

from datetime import timedelta

import pytest

from pricing.rules.ratecsv import parse, render
from pricing.rules.seats import FIELDS, SeatTerms, duration, seat_faults, seat_terms, told


def said(**given: str) -> dict[str, str]:
    return dict.fromkeys(FIELDS, "") | given


class TestDuration:
    @pytest.mark.parametrize(
        ("text", "lasts"),
        [
            ("PT1H", timedelta(hours=1)),
            ("PT15M", timedelta(minutes=15)),
            ("P1W", timedelta(weeks=1)),
            ("P1DT12H", timedelta(hours=36)),
            ("PT1H30M5S", timedelta(hours=1, minutes=30, seconds=5)),
            ("P366D", timedelta(days=366)),
        ],
    )
    def test_reads_weeks_to_seconds(self, text: str, lasts: timedelta) -> None:
        assert duration(text) == lasts

    @pytest.mark.parametrize(
        "text",
        ["", "P", "PT", "1H", "P1M", "P1Y", "PT0S", "P367D", "PT1.5H", "pt1h", "PT١H", "P1D2W", "-PT1H"],
    )
    def test_refuses_what_has_no_fixed_length_or_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="is not a duration"):
            duration(text)


class TestSeatFaults:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"interval": "an hour"}, "interval"),
            ({"refund_unused": "all"}, "refund_unused"),
            ({"interval": "PT10M", "heartbeat": "PT15M"}, "heartbeat"),
            ({"once_per_user": "P1D", "refund_unused": "prorata"}, "refund_unused"),
        ],
    )
    def test_names_the_field(self, given: dict[str, str], field: str) -> None:
        assert [name for name, _ in seat_faults(said(**given))] == [field]

    def test_finds_nothing_wrong_with_what_is_in_form(self) -> None:
        terms = said(interval="PT1H", heartbeat="PT15M", refund_unused="prorata")

        assert list(seat_faults(terms)) == []
        assert told(terms) == "interval=PT1H, heartbeat=PT15M, refund_unused=prorata"


class TestSeatTerms:
    def test_are_an_hour_with_a_sign_of_life_each_quarter_where_nothing_is_said(self) -> None:
        assert seat_terms(said()) == SeatTerms(timedelta(hours=1), timedelta(minutes=15), False, None)

    def test_have_no_longer_heartbeat_than_the_interval(self) -> None:
        assert seat_terms(said(interval="PT5M")).heartbeat == timedelta(minutes=5)


class TestFile:
    def test_carries_seats_and_leaves_their_columns_out_where_no_row_has_any(self) -> None:
        text = (
            "product,feature,name,unit,tokens,per,minimum,rounding,cost,cost_currency,"
            "interval,heartbeat,refund_unused,once_per_user\n"
            ",desk,,,2,1,,half_up,,,PT1H,PT15M,prorata,\n"
            ",report,,,5,1,,half_up,,,,,,P1D\n"
        )

        assert render(parse(text).rows) == text
        assert "interval" not in render(parse("feature,tokens\nchat,1\n").rows)

    def test_refuses_tiers_of_unlike_seats(self) -> None:
        text = "feature,tokens,tier_from,tier_mode,interval\ndesk,2,0,graduated,PT1H\ndesk,1,10,,PT2H\n"

        assert [str(each) for each in parse(text).errors] == [
            "line 3, interval: All tiers of desk carry the same interval."
        ]
