"""How amounts and moments are written for people, and read from them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.forms import ValidationError
from django.utils import timezone

from config.desk.forms import AmountField
from config.desk.templatetags.desk import (
    ago,
    brief,
    by_percent,
    days,
    fact,
    legible,
    moment,
    money,
    percent,
    share,
    short,
    signed,
    tokens,
    until,
)


class TestTokens:
    @pytest.mark.parametrize(
        ("amount", "written"),
        [
            ("1532.500000", "1,532.5"),
            ("0.000001", "0.000001"),
            ("-1998.6886", "−1,998.6886"),
            ("-0.5", "−0.5"),
            ("123456789012345678.123456", "123,456,789,012,345,678.123456"),
            ("0", "0"),
        ],
    )
    def test_are_written_exactly(self, amount: str, written: str) -> None:
        assert tokens(Decimal(amount)) == written

    @pytest.mark.parametrize("written", [tokens, brief, money, percent, by_percent, share, short])
    def test_below_zero_have_a_minus_sign_and_no_hyphen(self, written: Callable[[Decimal], str]) -> None:
        assert "−" in written(Decimal("-1234.5"))
        assert "-" not in written(Decimal("-1234.5"))

    def test_are_a_dash_where_there_are_none(self) -> None:
        assert tokens(None) == "–"

    def test_are_short_on_cards_with_the_exact_amount_at_hand(self) -> None:
        assert brief(Decimal("1532.567891")) == '<span title="1,532.567891">1,533</span>'


class TestMoment:
    def test_is_in_utc_to_the_minute(self) -> None:
        written = moment(datetime(2026, 11, 3, 8, 49, 19, tzinfo=UTC))

        assert ">3 Nov 2026 08:49</time>" in written
        assert 'title="2026-11-03 08:49:19.000000 UTC"' in written


class TestLegible:
    def test_writes_amounts_and_instants_as_the_rest_of_a_page(self) -> None:
        sentence = "1532.500000 of 12.000000. Until 2026-11-03T08:49:09.292223+00:00 or 2026-11-03T08:49:19Z."

        assert legible(sentence) == "1,532.5 of 12. Until 3 Nov 2026 08:49 or 3 Nov 2026 08:49."
        assert (
            legible("It expires 2026-11-03 08:49 UTC; so be it.") == "It expires 3 Nov 2026 08:49; so be it."
        )

    def test_writes_long_numbers_and_roundings_for_people(self) -> None:
        sentence = (
            "a: 1532 × 2 + 747558 × 68.75 tokens per 1000000 = 51.3946125, rounded half_up to 51.394613."
        )

        assert legible(sentence) == (
            "a: 1,532 × 2 + 747,558 × 68.75 tokens per 1,000,000 = 51.3946125, rounded half up to 51.394613."
        )

    @pytest.mark.parametrize(
        "text",
        [
            *("version 1.0000001", "It cost 1234.0056 USD.", "table-1.000000x", "62.5 %"),
            *("chat-20250101 of 2026", "20250101-x", "01a21b51-9112-7834-8001-000000012345"),
        ],
    )
    def test_leaves_other_numbers_alone(self, text: str) -> None:
        assert legible(text) == text


class TestFact:
    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ("10.000000", "10"),
            (90, "90"),
            ("calls_per_minute", "calls per minute"),
            ("rate table a-b", "rate table a-b"),
            (None, "–"),
        ],
    )
    def test_is_an_amount_or_a_word(self, value: object, written: str) -> None:
        assert fact(value) == written

    def test_is_a_moment_where_it_is_an_instant(self) -> None:
        assert ">3 Nov 2026 08:49</time>" in fact("2026-11-03T08:49:19.5+00:00")


class TestPercent:
    def test_has_a_sign(self) -> None:
        assert [percent(Decimal("0.124")), percent(Decimal("-0.5")), percent(None)] == [
            "+12 %",
            "−50 %",
            "new",
        ]

    def test_has_none_where_nothing_is_left_of_it(self) -> None:
        assert {percent(Decimal(part)) for part in ("0.004", "-0.004", "0")} == {"0 %"}


class TestAmountField:
    @pytest.mark.parametrize(
        ("text", "amount"),
        [("5000", "5000"), ("5,000", "5000"), ("1 234 567.5", "1234567.5"), (" 0.000001 ", "0.000001")],
    )
    def test_reads_what_people_write(self, text: str, amount: str) -> None:
        assert AmountField().clean(text) == Decimal(amount)

    @pytest.mark.parametrize(
        "text", ["NaN", "1e400", "1_000", "٣", "5,00", "1,5", "0.0000001", "-", "9" * 19, "1\x00"]
    )
    def test_refuses_what_is_no_amount(self, text: str) -> None:
        with pytest.raises(ValidationError):
            AmountField().clean(text)

    def test_refuses_less_than_the_least(self) -> None:
        with pytest.raises(ValidationError, match=r"1 or more"):
            AmountField(least=Decimal(1)).clean("0")


class TestChanges:
    @pytest.mark.parametrize(
        ("part", "written"), [("0.115", "+11.5\u00a0%"), ("-0.2", "−20.0\u00a0%"), ("0", "+0.0\u00a0%")]
    )
    def test_are_shares_to_a_tenth(self, part: str, written: str) -> None:
        assert by_percent(Decimal(part)) == written

    def test_are_a_dash_where_nobody_knows(self) -> None:
        assert (by_percent(None), signed(None)) == ("–", "–")

    def test_carry_their_sign(self) -> None:
        written = [signed(Decimal(each)) for each in ("2", "-2", "0")]

        assert written == [
            '+<span title="2">2</span>',
            '<span title="−2">−2</span>',
            '<span title="0">0</span>',
        ]


class TestDays:
    @pytest.mark.parametrize(
        ("count", "written"),
        [
            ("1.0", "1 day"),
            ("0.5", "0.5 days"),
            ("53.7", "53.7 days"),
            ("428.6", "429 days"),
            ("3650", "years"),
        ],
    )
    def test_are_short(self, count: str, written: str) -> None:
        assert days(Decimal(count)) == written

    def test_have_no_end_where_nothing_burns(self) -> None:
        assert days(None) == "no end"


class TestUntil:
    def test_says_how_long_in_the_largest_unit(self) -> None:
        now = timezone.now()
        spans = [timedelta(seconds=-5), timedelta(seconds=30), timedelta(seconds=301), timedelta(hours=25)]

        assert [until(now + span) for span in spans] == ["now", "within a minute", "in 5 minutes", "in 1 day"]
        assert until(None) == "never"

    def test_says_the_nearest_number_of_days(self) -> None:
        assert ago(timezone.now() + timedelta(days=2, hours=23)) == "in 3 days"
