from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.connectors.stripe_money import from_units, parts, to_units

# The examples are those of docs.stripe.com/currencies, and of Stripe's page on the end of fractional ISK.
TABLE = [
    ("USD", "10", 1000),
    ("EUR", "0.01", 1),
    ("JPY", "500", 500),
    ("KRW", "1", 1),
    ("CLP", "990", 990),
    ("MGA", "5", 5),
    ("XPF", "100", 100),
    ("ISK", "5", 500),
    ("UGX", "5", 500),
    ("HUF", "10.45", 1045),
    ("TWD", "800.45", 80045),
    ("KWD", "5.12", 5120),
    ("BHD", "1", 1000),
    ("IQD", "1", 100),
]
ROUNDED = [
    ("USD", "0.005", 1),
    ("USD", "0.00499", 0),
    ("USD", "12.345", 1235),
    ("JPY", "0.5", 1),
    ("JPY", "99.49", 99),
    ("KWD", "5.124", 5120),
    ("KWD", "5.125", 5130),
    ("ISK", "40.10", 4000),
    ("ISK", "40.50", 4100),
    ("USD", "-0.005", -1),
]


class TestUnits:
    @pytest.mark.parametrize(("currency", "amount", "units"), TABLE)
    def test_are_those_of_stripe_both_ways(self, currency: str, amount: str, units: int) -> None:
        assert to_units(Decimal(amount), currency) == units
        assert from_units(units, currency) == Decimal(amount)

    @pytest.mark.parametrize(("currency", "amount", "units"), ROUNDED)
    def test_are_rounded_to_what_can_be_charged(self, currency: str, amount: str, units: int) -> None:
        assert to_units(Decimal(amount), currency) == units


class TestParts:
    @given(
        some.integers(0, 10**12),
        some.lists(some.integers(0, 10**9), min_size=1, max_size=12),
        some.integers(0, 10**9),
    )
    def test_add_up_and_are_off_by_less_than_a_unit(self, units: int, shares: list[int], rest: int) -> None:
        whole = sum(shares) + rest or 1

        found = parts(units, shares, whole)

        assert abs(sum(found) - Fraction(units * sum(shares), whole)) <= Fraction(1, 2)
        for part, share in zip(found, shares, strict=True):
            assert abs(part - Fraction(units * share, whole)) <= 1

    def test_do_not_change_when_more_is_shared_out(self) -> None:
        assert parts(9999, [500, 500], 1000) == [5000, 4999]
        assert parts(9999, [500], 1000) == [5000]
