from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.rules import rows
from pricing.rules.formula_parts import DIMENSION_NAME, FUNCTIONS
from pricing.rules.formulas import (
    LENGTH_AT_MOST,
    NESTING_AT_MOST,
    PARTS_AT_MOST,
    FormulaFails,
    FormulaFault,
    compile_formula,
)
from pricing.tests.rules.formula_reading import fastest_of_ten


def fault(text: str) -> str:
    with pytest.raises(FormulaFault) as refusal:
        compile_formula(text)
    assert str(refusal.value) == f"{refusal.value.detail}, at character {refusal.value.column}."
    assert 1 <= refusal.value.column <= len(text) + 1
    return str(refusal.value)


def is_formula(text: str) -> bool:
    try:
        formula = compile_formula(text)
    except FormulaFault:
        return False
    with suppress(FormulaFails):
        formula.value(Decimal(7), dict.fromkeys(formula.names, "3"))
    return True


class TestCompileFormula:
    def test_keeps_the_text_and_names_the_dimensions(self) -> None:
        text = ' max(a, 2) + if(model == "small" and dimension("x-y") > 1, quantity, b)'

        formula = compile_formula(text)

        assert formula.text == text
        assert formula.names == {"a", "model", "x-y", "b"}
        assert compile_formula(text) is formula

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "The formula is empty, at character 1."),
            ("   ", "The formula is empty, at character 1."),
            ("ceil(", "After `ceil(` a number or a name is expected, at character 6."),
            ("1 +  ", "After `1 +` a number or a name is expected, at character 4."),
            ("* 2", "A formula begins with a number or a name, at character 1."),
            ("1 2", "After `1` an operator is expected, at character 3."),
            ("(1 2)", "After `(1` an operator or `)` is expected, at character 4."),
            ("max(1 2)", "After `max(1` an operator, `,` or `)` is expected, at character 7."),
            ("ceil(1", "After `ceil(1` `,` or `)` is expected, at character 7."),
            ("max(quantity, 1) * (2", "After `…ax(quantity, 1) * (2` `)` is expected, at character 22."),
            ("1)", "This `)` closes nothing, at character 2."),
            ("1, 2", "`,` stands between the values of a function, as in `max(a, b)`, at character 2."),
            ("1 < 2 < 3", "After `1 < 2` `and` or `or` is expected, at character 7."),
            ("a = 1", "Write `==` to compare, at character 3."),
            ("2 ^ 3", "`^` has no meaning in a formula, at character 3."),
            ("2 % 3", "`%` has no meaning in a formula, at character 3."),
            ("9**9**9", "After `9*` a number or a name is expected, at character 3."),
            ("usage.cost", "`.` has no meaning in a formula, at character 6."),
            ("a[0]", "`[` has no meaning in a formula, at character 2."),
            ("lambda: 1", "`:` has no meaning in a formula, at character 7."),
            ('model == "small', 'The text that begins with " has no end, at character 10.'),
            ("1.", "`1.` is not a number as in `1000` or `0.25`, at character 1."),
            ("max(1,000, 2)", "`000` is not a number as in `1000` or `0.25`, at character 7."),
            (".5", "`.` has no meaning in a formula, at character 1."),
            ("1e3", "After `1` an operator is expected, at character 2."),
            ("1_000", "After `1` an operator is expected, at character 2."),
            ("١", "`١` has no meaning in a formula, at character 1."),
            ("1\x002", r"A formula has no character '\x00', at character 2."),
            ("1 +\n2", r"A formula has no character '\n', at character 4."),
            ("1\u00a0+ 2", r"A formula has no character '\xa0', at character 2."),
            ("\ud800", r"A formula has no character '\ud800', at character 1."),
            ("ceil", "`ceil` is a function and needs what it is of, as in `ceil(…)`, at character 1."),
            (
                "__import__('os')",
                f"There is no function `__import__`; there are {', '.join(FUNCTIONS)}, at character 1.",
            ),
            ("1 + MAX(1, 2)", f"There is no function `MAX`; there are {', '.join(FUNCTIONS)}, at character 5."),
            ("max(1)", "`max` takes 2 or more values and not 1, at character 1."),
            ("ceil(1, 2)", "`ceil` takes 1 value and not 2, at character 1."),
            ("if(1 == 1, 2)", "`if` takes 3 values and not 2, at character 1."),
            ("round(1, 2, 3)", "`round` takes 1 or 2 values and not 3, at character 1."),
            ("1 == 1", "A number is expected and not a condition, at character 1."),
            ('"text"', "A number is expected and not text, at character 1."),
            ("1 + 'text'", "A number is expected and not text, at character 5."),
            ("if(quantity, 1, 2)", "A condition is expected and not a number, at character 4."),
            ("if(1 == 1 and model, 1, 2)", "A condition is expected and not a dimension, at character 15."),
            ("if(not 1, 2, 3)", "A condition is expected and not a number, at character 8."),
            ("if((1 < 2) == (2 < 3), 1, 2)", "A condition can't be compared, at character 5."),
            ("if(quantity == 'a', 1, 2)", "Text can't be compared with a number, at character 13."),
            ("if('a' < 1, 1, 2)", "Text can't be compared with a number, at character 8."),
            ("if(model < 'b', 1, 2)", "Texts are compared by `==` and `!=` alone, at character 10."),
            ("if(1 == 1, 'a', 2)", "A number is expected and not text, at character 12."),
            (
                "round(1, quantity)",
                "`round` takes a whole number of digits from -18 to 12, at character 10.",
            ),
            ("round(1, 13)", "`round` takes a whole number of digits from -18 to 12, at character 10."),
            ("round(1, -19)", "`round` takes a whole number of digits from -18 to 12, at character 10."),
            ("dimension(model)", 'A name in quotes is expected, as in `dimension("x-y")`, at character 11.'),
            ("dimension('-x')", "'-x' is not a name of a dimension, at character 11."),
            ("dimension('ä')", "'ä' is not a name of a dimension, at character 11."),
            ("a" * 65, f"{'a' * 65!r} is not a name of a dimension, at character 1."),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_and_where(self, text: str, said: str) -> None:
        assert fault(text) == said

    def test_bounds_numbers_parts_nesting_and_length(self) -> None:
        parts = "+".join(["1"] * (PARTS_AT_MOST // 2))
        nested = "(" * NESTING_AT_MOST + "1" + ")" * NESTING_AT_MOST

        assert compile_formula(parts).value(Decimal(1), {}) == PARTS_AT_MOST // 2
        assert compile_formula(nested).value(Decimal(1), {}) == 1
        assert compile_formula("1" + " " * (LENGTH_AT_MOST - 1)).value(Decimal(1), {}) == 1
        assert fault(f"-{parts}+1") == (
            "A formula has at most 100 numbers, names, operators and functions, at character 101."
        )
        assert fault(f"({nested})") == "Parentheses are nested at most 20 deep, at character 21."
        assert fault("1" + " " * LENGTH_AT_MOST) == "A formula has at most 500 characters, at character 501."
        assert fault("1" * 19) == "A number has at most 18 digits before its point, at character 1."
        assert fault("0." + "1" * 13) == "A number has at most 12 digits after its point, at character 1."

    def test_reads_names_of_dimensions_as_rates_do(self) -> None:
        assert DIMENSION_NAME == rows.DIMENSION_NAME

    @given(
        st.one_of(
            st.text(max_size=600),
            st.text("()+-*/<>=!,.'\" 0123456789abquantitymaxif_\x00١²", max_size=120),
            st.lists(
                st.sampled_from(
                    ["(", ")", "max(", "if(", "ceil", "not ", "and ", "or ", "-", "**", "==", "<", ",", "1",
                     "0.5", "9" * 30, "quantity", "a", "'x'", '"', ".", "__class__", "dimension(", "\t"]
                ),
                max_size=60,
            ).map("".join),
        )
    )  # fmt: skip
    @settings(max_examples=1_000, deadline=1_000)
    def test_refuses_rubbish_by_a_sentence_and_by_nothing_else(self, text: str) -> None:
        assert is_formula(text) or fault(text)

    @pytest.mark.parametrize("text", ["(" * 500, "-" * 500, "not " * 125, "1+" * 250, "9**9**9", "a" * 500])
    def test_refuses_in_little_time(self, text: str) -> None:
        assert fastest_of_ten(lambda: fault(text)) < 0.1
