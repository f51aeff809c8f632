"""The tokens at which a margin is kept."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from billing.rules.margins import Worth, margin
from billing.rules.repricing import at_cost, markup_for, price_at, rounded_up, written
from pricing.rules.rows import RateRow
from pricing.tests.costs import a_cost

CENT = Worth(Decimal("0.01"), Decimal(1000), "USD", {"USD": Decimal(1), "EUR": Decimal("1.25")})
MILLION = Decimal(1_000_000)


class TestMarkupFor:
    @pytest.mark.parametrize(
        ("share", "markup"), [("0", 1), ("0.5", 2), ("0.7", Fraction(10, 3)), ("-1", Fraction(1, 2))]
    )
    def test_is_what_the_cost_is_multiplied_by(self, share: str, markup: Fraction) -> None:
        assert markup_for(Decimal(share)) == markup

    @pytest.mark.parametrize("share", ["1", "1.5", "NaN", "Infinity"])
    def test_refuses_a_margin_that_no_price_has(self, share: str) -> None:
        with pytest.raises(ValueError, match="less than 100"):
            markup_for(Decimal(share))


class TestPriceAt:
    @pytest.mark.parametrize(
        ("cost", "share", "digits", "tokens"),
        [
            ("0.0000003", "0.7", None, "100"),
            ("0.0000003", "0", None, "30"),
            ("0.000002", "0.7", None, "666.666666666667"),
            ("0.000002", "0.7", 4, "666.7"),
            ("0.000002", "0.7", 2, "670"),
            ("0.000002", "0.7", 1, "700"),
            ("0", "0.7", 4, "0"),
        ],
    )
    def test_brings_the_margin_for_a_million(
        self, cost: str, share: str, digits: int | None, tokens: str
    ) -> None:
        found = price_at(a_cost("m", cost), MILLION, CENT, markup_for(Decimal(share)), digits)

        assert found == Decimal(tokens)

    @pytest.mark.parametrize("cost", ["0.00000015", "0.000001234567", "0.0000000020751953125", "7.3"])
    @pytest.mark.parametrize("digits", [1, 3, None])
    def test_never_brings_less_than_the_margin(self, cost: str, digits: int | None) -> None:
        line = a_cost("m", cost)

        tokens = price_at(line, MILLION, CENT, markup_for(Decimal("0.7")), digits)

        assert tokens is not None
        row = RateRow("chat", tokens, per=MILLION)
        assert Fraction(line.cost) <= Fraction(row.tokens) / Fraction(row.per) * Fraction(
            CENT.token or 0
        ) * Fraction(3, 10)
        assert (margin(at_cost(row, line), CENT).share or 0) >= Decimal("0.7")

    def test_changes_money_at_the_rate_of_the_cost(self) -> None:
        found = price_at(a_cost("m", "0.0000003", currency="EUR"), MILLION, CENT, Fraction(1), None)

        assert found == Decimal("37.5")

    @pytest.mark.parametrize(
        ("worth", "currency"),
        [(replace(CENT, token=None), "USD"), (replace(CENT, token=Decimal(0)), "USD"), (CENT, "CHF")],
    )
    def test_is_none_where_a_part_of_it_is_not_known(self, worth: Worth, currency: str) -> None:
        assert price_at(a_cost("m", currency=currency), MILLION, worth, Fraction(2), 3) is None

    def test_is_none_where_a_price_has_no_room(self) -> None:
        assert price_at(a_cost("m", "1" + "0" * 15), MILLION, CENT, Fraction(2), 3) is None


class TestRoundedUp:
    @pytest.mark.parametrize(
        ("amount", "digits", "found"),
        [
            (Fraction(1234), 2, "1300"),
            (Fraction(1200), 2, "1200"),
            (Fraction(1, 3), 3, "0.334"),
            (Fraction(1, 3), None, "0.333333333334"),
            (Fraction(999_999, 1000), 3, "1000"),
            (Fraction(1, 10**13), 3, "0.000000000001"),
            (Fraction(123, 10**14), 3, "0.000000000002"),
            (Fraction(0), 3, "0"),
        ],
    )
    def test_is_the_least_number_of_so_many_digits_that_is_not_below(
        self, amount: Fraction, digits: int | None, found: str
    ) -> None:
        assert rounded_up(amount, digits) == Decimal(found)


class TestWritten:
    def test_is_a_cost_to_twelve_decimals(self) -> None:
        assert str(written(a_cost("m", "0.0000000020751953125"))) == "2.075E-9"
