"""The one pricing function against exact fractions of Python."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db

MILLION = 1_000_000


def charge(
    quantity: str | Decimal,
    *,
    price: str | Decimal = "1",
    per: str | Decimal = "1",
    minimum: str | Decimal = "0",
    covered: str | Decimal = "0",
    rounding: str = "half_up",
) -> Decimal:
    return _charge(quantity, covered, [Decimal(0)], [Decimal(price)], per, minimum, rounding)


def _charge(*arguments: Any) -> Decimal:
    quantity, covered, bounds, prices, per, minimum, rounding = arguments
    numbers = [
        Decimal(quantity),
        Decimal(covered),
        Decimal(0),
        bounds,
        prices,
        Decimal(per),
        Decimal(minimum),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pricing_charge_v1(%s::numeric, %s, %s, %s::numeric[], %s::numeric[], %s, %s, %s)",
            [*numbers, rounding],
        )
        (tokens,) = cursor.fetchone()
    assert isinstance(tokens, Decimal)
    return tokens


def expected(
    quantity: Decimal, price: Decimal, per: Decimal, minimum: Decimal, covered: Decimal, rounding: str
) -> Fraction:
    cost = (Fraction(quantity) - Fraction(covered)) * Fraction(price) / Fraction(per)
    if cost > 0:
        cost = max(cost, Fraction(minimum))
    whole, rest = divmod(cost * MILLION, 1)
    goes_up = {
        "up": rest > 0,
        "down": False,
        "half_up": rest >= Fraction(1, 2),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
    }
    return Fraction(int(whole) + goes_up[rounding], MILLION)


def decimals(places: int, *, least: str = "0") -> st.SearchStrategy[Decimal]:
    step = Decimal(1).scaleb(-places)
    everywhere = st.decimals(min_value=least, max_value="999999999999999999", places=places)
    return st.one_of(everywhere, st.integers(1, 5000).map(lambda count: count * step))


ROUNDINGS = st.sampled_from(["half_up", "half_even", "up", "down"])


class TestCharge:
    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        quantity=decimals(9).filter(bool),
        share=st.sampled_from([Decimal(0), Decimal(0), Decimal("0.5"), Decimal(1)]),
        price=decimals(12),
        per=st.one_of(
            decimals(9, least="0.000000001"), st.sampled_from([Decimal(3), Decimal(7), Decimal(1000)])
        ),
        minimum=st.one_of(st.just(Decimal(0)), decimals(6)),
        rounding=ROUNDINGS,
    )
    @example(Decimal(1), Decimal(0), Decimal("0.0000005"), Decimal(1), Decimal(0), "half_even")
    @example(Decimal(3), Decimal(0), Decimal("0.0000005"), Decimal(1), Decimal(0), "half_even")
    @example(Decimal(1), Decimal(0), Decimal(1), Decimal("0.000000001"), Decimal(0), "half_up")
    @example(Decimal(1), Decimal(0), Decimal(1), Decimal(2_000_000), Decimal(0), "half_even")
    @example(Decimal(3), Decimal(0), Decimal(1), Decimal(2_000_000), Decimal(0), "half_even")
    @example(Decimal(3), Decimal(0), Decimal(1), Decimal(2_000_000), Decimal(0), "half_up")
    @example(Decimal(1), Decimal(0), Decimal(1), Decimal(3), Decimal(0), "up")
    def test_agrees_with_exact_fractions(
        self, quantity: Decimal, share: Decimal, price: Decimal, per: Decimal, minimum: Decimal, rounding: str
    ) -> None:
        covered = (quantity * share).quantize(Decimal("1e-9")) if share < 1 else quantity

        tokens = charge(quantity, price=price, per=per, minimum=minimum, covered=covered, rounding=rounding)

        assert Fraction(tokens) == expected(quantity, price, per, minimum, covered, rounding)
        assert tokens.as_tuple().exponent == -6

    @pytest.mark.parametrize(
        ("rounding", "half", "odd_half", "more", "less"),
        [
            ("half_up", "0.000001", "0.000002", "0.000001", "0.000000"),
            ("half_even", "0.000000", "0.000002", "0.000001", "0.000000"),
            ("up", "0.000001", "0.000002", "0.000001", "0.000001"),
            ("down", "0.000000", "0.000001", "0.000000", "0.000000"),
        ],
    )
    def test_rounds_once_by_its_mode(
        self, rounding: str, half: str, odd_half: str, more: str, less: str
    ) -> None:
        prices = ["0.0000005", "0.0000015", "0.000000500001", "0.000000499999"]

        tokens = [str(charge("1", price=price, rounding=rounding)) for price in prices]

        assert tokens == [half, odd_half, more, less]

    def test_divides_after_it_has_multiplied(self) -> None:
        assert charge("3", price="1", per="3") == 1
        assert charge("1000000", price="2.50", per="1000000") == Decimal("2.50")

    def test_is_exact_where_a_rounded_quotient_would_look_like_a_half(self) -> None:
        half = Decimal("499999999999999999.9999999995")
        just_below, per = half - Decimal("5e-10"), half * 2

        assert charge(just_below, price="0.000001", per=per) == 0
        assert charge(just_below, price="0.000001", per=per - Decimal("1e-9")) == Decimal("0.000001")

    def test_takes_the_minimum_where_the_line_costs_anything(self) -> None:
        assert charge("1", price="0.000000000001", minimum="2.5") == Decimal("2.5")
        assert charge("3", price="1", minimum="2.5") == 3

    def test_takes_no_minimum_of_a_line_that_costs_nothing(self) -> None:
        assert charge("1", price="0", minimum="2.5") == 0
        assert charge("5", price="1", covered="5", minimum="2.5") == 0

    def test_charges_what_is_not_covered(self) -> None:
        assert charge("10", price="0.3", covered="4") == Decimal("1.8")

    @pytest.mark.parametrize(
        ("bounds", "prices"),
        [
            ([Decimal(0), Decimal(100)], [Decimal(1), Decimal(2)]),
            ([], []),
            ([Decimal(0)], [Decimal(1), Decimal(2)]),
        ],
    )
    def test_refuses_other_than_one_price_without_tiers(
        self, bounds: list[Decimal], prices: list[Decimal]
    ) -> None:
        with pytest.raises(DatabaseError, match="one price without tiers|no price"), transaction.atomic():
            _charge("1", "0", bounds, prices, "1", "0", "half_up")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"quantity": "-1"},
            {"quantity": "0"},
            {"quantity": "NaN"},
            {"quantity": "Infinity"},
            {"quantity": "1", "covered": "2"},
            {"quantity": "1", "covered": "-1"},
            {"quantity": "1", "price": "-1"},
            {"quantity": "1", "price": "NaN"},
            {"quantity": "1", "per": "0"},
            {"quantity": "1", "per": "NaN"},
            {"quantity": "1", "minimum": "-1"},
            {"quantity": "1", "rounding": "nearest"},
        ],
    )
    def test_prices_nothing_that_makes_no_sense(self, wrong: dict[str, str]) -> None:
        quantity = wrong.pop("quantity")

        with pytest.raises(DatabaseError, match="no price for quantity"), transaction.atomic():
            charge(quantity, **wrong)
