from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pricing.rules.formulas import (
    LENGTH_AT_MOST,
    PARTS_AT_MOST,
    Formula,
    FormulaFails,
    compile_formula,
)
from pricing.tests.rules.formula_reading import NoValue, Tree, fastest_of_ten, numbers, valued, written

LARGEST = Decimal("999999999999999999.999999999")
TOO_LONG = "A number on the way to the result is too long."


def price(text: str, quantity: str = "1", **dimensions: str) -> Fraction:
    return compile_formula(text).value(Decimal(quantity), dimensions)


def tried(formula: Formula, quantity: Decimal, dimensions: Mapping[str, str]) -> Fraction | str | None:
    """The price, None where there is none, or TOO_LONG."""
    try:
        return formula.value(quantity, dimensions)
    except FormulaFails as failure:
        return TOO_LONG if str(failure) == TOO_LONG else None


def plainly(tree: Tree, quantity: Decimal, dimensions: Mapping[str, str]) -> Fraction | None:
    try:
        wanted = Fraction(valued(tree, Fraction(quantity), dimensions))
    except (NoValue, ValueError):
        return None
    return wanted if 0 <= wanted < 10**18 else None


def failure(text: str, quantity: str = "1", **dimensions: str) -> str:
    formula = compile_formula(text)
    with pytest.raises(FormulaFails) as refusal:
        formula.value(Decimal(quantity), dimensions)
    return str(refusal.value)


class TestValue:
    @pytest.mark.parametrize(
        ("quantity", "tokens"),
        [("1", 20), ("9999.999999999", 20), ("10000", 20), ("10000.000000001", 40), ("25000", 60)],
    )
    def test_charges_each_started_pack(self, quantity: str, tokens: int) -> None:
        assert price("ceil(quantity / 10000) * 20", quantity) == tokens

    def test_is_exact(self) -> None:
        assert price("quantity * 0.1 * 3", "1") == Fraction(3, 10)
        assert price("quantity / 3", "1") == Fraction(1, 3)
        assert price("1 / 3 * 3") == 1
        assert price("7 / 2") == Fraction(7, 2)
        assert price("0.000000000001") == Fraction(1, 10**12)
        assert price("999999999999999999") == 999_999_999_999_999_999
        assert price("quantity", str(LARGEST)) == Fraction(LARGEST)

    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("2 + 3 * 4", 14),
            ("(2 + 3) * 4", 20),
            ("20 - 8 - 2", 10),
            ("24 / 4 / 2", 3),
            ("24 / 4 * 2", 12),
            ("10 - -2", 12),
            ("- -2", 2),
            ("-2 * -3", 6),
            ("-2 + 5", 3),
            ("abs(-3)", 3),
            ("ceil(-1.5) + 9", 8),
            ("floor(-1.5) + 9", 7),
            ("min(3, 1, 2)", 1),
            ("max(3, 1, 2)", 3),
            ("if(1 < 2, 3, 4)", 3),
            ("if(1 == 2 or 2 == 2 and 1 == 1, 3, 4)", 3),
            ("if((1 == 1 or 2 == 2) and 1 == 2, 3, 4)", 4),
            ("if(not 1 == 2, 3, 4)", 3),
            ("if(not (1 == 1 and 2 == 2), 3, 4)", 4),
            ("if(1.50 == 1.5, 3, 4)", 3),
        ],
    )
    def test_keeps_the_order_of_operations(self, text: str, tokens: int) -> None:
        assert price(text) == tokens

    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("round(2.5)", "3"),
            ("round(2.4999999)", "2"),
            ("round(-2.5) + 10", "7"),
            ("round(0.125, 2)", "0.13"),
            ("round(1 / 3, 2)", "0.33"),
            ("round(2 / 3, 12)", "0.666666666667"),
            ("round(1250, -2)", "1300"),
            ("round(1249, -2)", "1200"),
            ("round(7, 0)", "7"),
        ],
    )
    def test_rounds_halves_away_from_zero(self, text: str, tokens: str) -> None:
        assert price(text) == Fraction(tokens)

    def test_reads_dimensions_as_numbers_and_compares_them_as_text(self) -> None:
        assert price("max(a, b)", a="2.5", b="2.50000001") == Fraction("2.50000001")
        assert price("seats * 2", seats="1e2") == 200
        assert price('if(model == "gpt-4o", 2, 1)', model="gpt-4o") == 2
        assert price("if(model == 'GPT-4o', 2, 1)", model="gpt-4o") == 1
        assert price('if(model != "it\'s", 2, 1)', model="it's") == 1
        assert price("if(size == 2, 3, 4)", size="2.0") == 3
        assert price("if(a == b, 3, 4)", a="2", b="2.0") == 4
        assert price("if(a + 0 == b, 3, 4)", a="2", b="2.0") == 3
        assert price("if(a < b, 3, 4)", a="9", b="10") == 3
        assert (
            compile_formula('dimension("x-y") + dimension("4k") + dimension("max")').value(
                Decimal(1), {"x-y": "1", "4k": "2", "max": "3"}
            )
            == 6
        )

    def test_asks_only_the_branch_that_counts(self) -> None:
        assert price('if(kind == "a", 1, 1 / 0)', kind="a") == 1
        assert price("if(1 == 1 or missing == 2, 1, 2)") == 1
        assert price("if(1 == 2 and missing == 2, 1, 2)") == 2

    @pytest.mark.parametrize(
        ("text", "dimensions", "said"),
        [
            ("1 / (quantity - 1)", {}, "The formula divides by zero."),
            ("seats", {}, "The usage has no dimension seats."),
            ('if(model == "a", 1, 2)', {}, "The usage has no dimension model."),
            ("seats", {"seats": "many"}, "The dimension seats is 'many'. This is not a decimal number."),
            ("seats", {"seats": "١"}, "The dimension seats is '١'. This is not a decimal number."),
            ("seats", {"seats": "1_0"}, "The dimension seats is '1_0'. This is not a decimal number."),
            ("seats", {"seats": "NaN"}, "The dimension seats is 'NaN'. This is not a decimal number."),
            ("seats", {"seats": ""}, "The dimension seats is ''. This is not a decimal number."),
            (
                "seats",
                {"seats": "1e18"},
                "The dimension seats is '1e18'. At most 18 digits may stand before the point.",
            ),
            ("quantity - 2", {}, "The result is negative."),
            ("999999999999999999 + 1", {}, "The result has more than 18 digits before the point."),
            (
                "*".join(["999999999999999999"] * 6),
                {},
                "A number on the way to the result is too long.",
            ),
            (
                "0.000000000001" + " / 999999999999999999" * 5,
                {},
                "A number on the way to the result is too long.",
            ),
        ],
    )
    def test_says_why_a_usage_has_no_price(self, text: str, dimensions: dict[str, str], said: str) -> None:
        assert failure(text, **dimensions) == said

    @given(
        numbers(4),
        st.decimals(0, 1000, places=3),
        st.dictionaries(
            st.sampled_from(["size", "model", "x-y", "android"]),
            st.sampled_from(["0", "3", "2.5", "1e2", "-7", "large", "9999"]),
        ),
    )
    @settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_agrees_with_a_plain_reading(
        self, tree: Tree, quantity: Decimal, dimensions: dict[str, str]
    ) -> None:
        text = written(tree)
        assume(
            len(text) <= LENGTH_AT_MOST and len(re.findall(r"[\w.\"'-]+|[^\w\s(),]+", text)) < PARTS_AT_MOST
        )

        answered = tried(compile_formula(text), quantity, dimensions)

        assert answered == plainly(tree, quantity, dimensions) or answered == TOO_LONG


SLOWEST = [
    "+".join(["quantity/7*a"] * 16),
    "+".join([f"1/{1001 + 2 * each}" for each in range(25)]),
    "*".join(["quantity"] * 50),
    f"max({','.join(['round(a/7)'] * 20)})",
    "+".join(["round(quantity/7,9)"] * 15),
]


class TestCost:
    """Bounds with much room: what is measured lies fifty times lower."""

    @pytest.mark.parametrize("text", SLOWEST)
    def test_of_the_slowest_formulas_stays_small(self, text: str) -> None:
        formula = compile_formula(text)

        assert (
            fastest_of_ten(lambda: tried(formula, LARGEST, {"a": "123456789012345678.123456789012"})) < 0.005
        )

    def test_of_a_usual_formula_is_microseconds(self) -> None:
        formula = compile_formula("ceil(quantity / 10000) * 20")

        assert fastest_of_ten(lambda: [tried(formula, LARGEST, {}) for _ in range(100)]) < 0.005
