"""Tiers by month: worked examples of public price pages, and random tiers against a plain reckoning."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pricing.queries.charging import units_by_tier
from pricing.rules.rows import RateRow
from pricing.rules.terms import PriceTerm, term_of
from pricing.rules.tiers import Tier
from pricing.tests.tiering import Step, cost

pytestmark = pytest.mark.django_db


def rate(mode: str, *tiers: tuple[str, str, str], minimum: str = "0", rounding: str = "half_up") -> RateRow:
    """tiers: from, tokens, per."""
    first, *others = (Tier(*map(Decimal, tier)) for tier in tiers)
    assert first.tier_from == 0
    return RateRow(
        "chat", first.tokens, first.per, {}, Decimal(minimum), rounding, tier_mode=mode, tiers=tuple(others)
    )


def charge(row: RateRow, units: str | Decimal, counted: str | Decimal = "0", covered: str = "0") -> Decimal:
    term = term_of(row)
    given_ = [Decimal(units), Decimal(covered), Decimal(counted), list(term.bounds), list(term.prices)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pricing_charge_v1(%s, %s, %s, %s::numeric[], %s::numeric[], %s, %s, %s, %s, %s::numeric[])",
            [*given_, term.per, row.minimum, row.rounding, term.mode, list(term.packs)],
        )
        (tokens,) = cursor.fetchone()
    assert isinstance(tokens, Decimal)
    return tokens


def month(row: RateRow, *lines: str) -> list[Decimal]:
    """The lines of a month, one after the other."""
    counted, charges = Decimal(0), []
    for units in lines:
        charges.append(charge(row, units, counted))
        counted += Decimal(units)
    return charges


FONTS = (("0", "7", "1"), ("5", "6.5", "1"), ("10", "6", "1"))
"""docs.stripe.com/subscriptions/pricing-models/tiered-pricing: 1 to 5 at 7, 6 to 10 at 6.50, from 11 at 6."""

CALLS = (("0", "0.001", "1"), ("10000", "0.0008", "1"), ("50000", "0.0006", "1"), ("100000", "0.0004", "1"))
"""getlago.com/docs/guide/plans/charges/charge-models/volume, without the fixed fee."""


class TestPublicPriceLists:
    @pytest.mark.parametrize(
        ("units", "tokens"), [("1", "7"), ("5", "35"), ("6", "41.5"), ("20", "127.5"), ("25", "157.5")]
    )
    def test_stripe_graduated(self, units: str, tokens: str) -> None:
        assert charge(rate("graduated", *FONTS), units) == Decimal(tokens)

    @pytest.mark.parametrize(
        ("units", "tokens"), [("1", "7"), ("5", "35"), ("6", "39"), ("20", "120"), ("25", "150")]
    )
    def test_stripe_volume(self, units: str, tokens: str) -> None:
        assert charge(rate("volume", *FONTS), units) == Decimal(tokens)

    def test_lago_volume(self) -> None:
        assert charge(rate("volume", *CALLS), "65000") == 39

    def test_lago_graduated(self) -> None:
        row = rate("graduated", ("0", "1", "1"), ("100", "0.5", "1"), ("200", "0.1", "1"))

        assert charge(row, "250") == 100 + 50 + 5

    def test_lago_package(self) -> None:
        free_hundred = rate("package", ("0", "0", "100"), ("100", "5", "100"))

        assert [charge(free_hundred, units) for units in ("100", "101", "200", "201")] == [0, 5, 5, 10]

    def test_a_step_table(self) -> None:
        steps = rate("package", ("0", "50", "1000"), ("1000", "150", "4000"), ("5000", "150", "5000"))

        assert [charge(steps, units) for units in ("1", "1000", "1500", "4500", "9999")] == [
            *(50, 50, 200, 200, 350),
        ]

    def test_credits_an_hour(self) -> None:
        hourly = rate("package", ("0", "6", "1"))

        assert month(hourly, "0.25", "0.5", "0.5", "1.75") == [6, 0, 6, 6]


class TestTiers:
    def test_exactly_the_bound_is_still_below_it(self) -> None:
        graduated, volume = (
            rate(mode, ("0", "2", "1"), ("100", "1", "1")) for mode in ("graduated", "volume")
        )

        assert month(graduated, "100", "1") == month(volume, "100", "1") == [200, 1]

    def test_a_line_across_a_bound_is_split(self) -> None:
        row = rate("graduated", ("0", "2", "1"), ("100", "1", "1"))

        assert month(row, "60", "60", "10") == [120, 100, 10]

    def test_volume_never_prices_an_earlier_line_anew(self) -> None:
        row = rate("volume", ("0", "2", "1"), ("100", "1", "1"))

        assert month(row, "60", "60", "10") == [120, 60, 10]

    def test_a_pack_that_was_started_is_paid_once(self) -> None:
        row = rate("package", ("0", "10", "1000"), ("1500", "3", "100"))

        assert month(row, "1", "999", "0.5", "499.5", "50", "51") == [10, 0, 10, 0, 3, 3]

    def test_tiers_for_other_quantities_are_exact(self) -> None:
        row = rate("graduated", ("0", "1", "3"), ("10", "1", "7"), rounding="down")

        assert charge(row, "17") == Decimal("4.333333")  # 10/3 + 1
        assert charge(row, "6", "9") == Decimal("1.047619")  # 1/3 + 5/7

    def test_only_what_is_not_covered_is_priced(self) -> None:
        row = rate("graduated", ("0", "2", "1"), ("100", "1", "1"))

        assert charge(row, "60", "90", covered="45") == 25
        assert charge(row, "60", "90", covered="60") == 0

    def test_the_minimum_is_of_a_line_that_costs_anything(self) -> None:
        row = rate("package", ("0", "2", "1000"), minimum="3")

        assert month(row, "1", "1", "1000") == [3, 0, 3]

    def test_tell_into_which_tiers_units_fell(self) -> None:
        term = term_of(rate("graduated", *FONTS))

        assert units_by_tier(term, Decimal(8), Decimal(4)) == [(0, 1), (5, 5), (10, 2)]
        assert units_by_tier(term, Decimal(1), Decimal(40)) == [(10, 1)]

    @pytest.mark.parametrize(
        "term",
        [
            PriceTerm([Decimal(1)], [Decimal(1)], Decimal(1), "graduated"),
            PriceTerm([Decimal(0), Decimal(0)], [Decimal(1), Decimal(1)], Decimal(1), "volume"),
            PriceTerm([Decimal(0), Decimal(5)], [Decimal(1)], Decimal(1), "volume"),
            PriceTerm([Decimal(0)], [Decimal("NaN")], Decimal(1), "graduated"),
            PriceTerm([Decimal(0)], [Decimal(1)], Decimal(1), "package"),
            PriceTerm([Decimal(0)], [Decimal(1)], Decimal(1), "package", [Decimal(0)]),
            PriceTerm([Decimal(0)], [Decimal(1)], Decimal(1), "steps"),
        ],
        ids=str,
    )
    def test_out_of_form_price_nothing(self, term: PriceTerm) -> None:
        with (
            pytest.raises(DatabaseError, match="no price"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "SELECT pricing_charge_v1(1, 0, 0, %s::numeric[], %s::numeric[], 1, 0, 'up', %s, %s::numeric[])",
                [list(term.bounds), list(term.prices), term.mode, list(term.packs)],
            )

    def test_without_a_count_price_nothing(self) -> None:
        with (
            pytest.raises(DatabaseError, match="no price"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pricing_charge_v1(1, 0, NULL, '{0}', '{1}', 1, 0, 'up', 'volume', NULL)")


def amounts(places: int, least: str = "0", most: str = "1000") -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=places)


@st.composite
def tiered(draw: st.DrawFn) -> tuple[str, list[Step]]:
    bounds = sorted(draw(st.sets(amounts(3, "0.001"), max_size=4)))
    pers = st.sampled_from(["1", "3", "7", "0.3", "1000", "64"]).map(Decimal)
    steps = [Step(bound, draw(amounts(4)), draw(pers)) for bound in (Decimal(0), *bounds)]
    return draw(st.sampled_from(["graduated", "volume", "package"])), steps


def rounded_down(exact: Fraction) -> Decimal:
    return Decimal(exact * 1_000_000 // 1).scaleb(-6)


@given(tiered(), st.lists(amounts(9, "0.000000001", "400"), min_size=1, max_size=6), amounts(6, most="900"))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_months_cost_what_a_plain_reckoning_says(
    db: None, tiers: tuple[str, list[Step]], lines: Sequence[Decimal], counted: Decimal
) -> None:
    mode, steps = tiers
    row = rate(mode, *((str(s.begins), str(s.tokens), str(s.per)) for s in steps), rounding="down")
    for units in lines:
        assert charge(row, units, counted) == rounded_down(cost(mode, steps, counted, units))
        fallen = units_by_tier(term_of(row), units, counted)
        assert sum(each for _, each in fallen) == units
        counted += units
