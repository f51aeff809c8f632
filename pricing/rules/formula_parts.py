"""The parts of a formula, put together from the inside out while it is parsed, with their types checked."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NoReturn

from lark import Token, Transformer, v_args

from pricing.rules import formula_values as values
from pricing.rules.formula_grammar import FormulaFault

DIGITS_BEFORE_THE_POINT = 18
DIGITS_AFTER_THE_POINT = 12

DIMENSION_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}", re.ASCII)
NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# The least and the most that each function takes.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1),
    "ceil": (1, 1),
    "dimension": (1, 1),
    "floor": (1, 1),
    "if": (3, 3),
    "max": (2, 100),
    "min": (2, 100),
    "round": (1, 2),
}

Kind = Literal["number", "condition", "text", "dimension"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula that has a value.

    run: reads the value off a usage; of a dimension, as text.
    column: where the piece begins in the text, counted from 1.
    constant: what a literal says. name: of a dimension.
    """

    kind: Kind
    run: Callable[[values.Usage], Any]
    column: int
    names: frozenset[str] = frozenset()
    constant: values.Number | str | None = None
    name: str = ""


def as_number(part: Part) -> values.Numeric:
    """Raises FormulaFault where the part is none."""
    if part.kind == "dimension":
        return values.number_of(part.name)
    return part.run if part.kind == "number" else _refuse(part, "number")


def as_condition(part: Part) -> values.Condition:
    """Raises FormulaFault where the part is none."""
    return part.run if part.kind == "condition" else _refuse(part, "condition")


def _refuse(part: Part, wanted: Kind) -> NoReturn:
    given = part.kind if part.kind == "text" else f"a {part.kind}"
    raise FormulaFault(f"A {wanted} is expected and not {given}", part.column)


def _joined(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset().union(*[part.names for part in parts])


@v_args(inline=True)
class Builder(Transformer[Token, Part]):
    """Answers each rule of the grammar with a part."""

    def number(self, token: Token) -> Part:
        column = _column(token)
        if not NUMBER.fullmatch(token):
            raise FormulaFault(f"`{token}` is not a number as in `1000` or `0.25`", column)
        whole, _, decimals = token.partition(".")
        if len(whole) > DIGITS_BEFORE_THE_POINT:
            raise FormulaFault(
                f"A number has at most {DIGITS_BEFORE_THE_POINT} digits before its point", column
            )
        if len(decimals) > DIGITS_AFTER_THE_POINT:
            raise FormulaFault(
                f"A number has at most {DIGITS_AFTER_THE_POINT} digits after its point", column
            )
        number = Fraction(token) if decimals else int(whole)
        return Part("number", values.literal(number), column, constant=number)

    def text(self, token: Token) -> Part:
        text = str(token[1:-1])
        return Part("text", values.text_literal(text), _column(token), constant=text)

    def name(self, token: Token) -> Part:
        if token == "quantity":
            return Part("number", values.quantity, _column(token))
        if token in FUNCTIONS:
            detail = f"`{token}` is a function and needs what it is of, as in `{token}(…)`"
            raise FormulaFault(detail, _column(token))
        return _dimension(str(token), _column(token), _column(token))

    def group(self, part: Part) -> Part:
        return part

    def negative(self, sign: Token, operand: Part) -> Part:
        constant = -operand.constant if isinstance(operand.constant, int | Fraction) else None
        run = values.negated(as_number(operand))
        return Part("number", run, _column(sign), operand.names, constant)

    def sum(self, first: Part, *rest: Token | Part) -> Part:
        return _chained(values.summed, "-", first, rest)

    def product(self, first: Part, *rest: Token | Part) -> Part:
        return _chained(values.multiplied, "/", first, rest)

    def comparison(self, left: Part, sign: Token, right: Part) -> Part:
        run = _compared(left, sign, right)
        return Part("condition", run, left.column, left.names | right.names)

    def denied(self, operand: Part) -> Part:
        run = values.opposite(as_condition(operand))
        return Part("condition", run, operand.column, operand.names)

    def both(self, *operands: Part) -> Part:
        run = values.every(list(map(as_condition, operands)))
        return Part("condition", run, operands[0].column, _joined(operands))

    def either(self, *operands: Part) -> Part:
        run = values.some(list(map(as_condition, operands)))
        return Part("condition", run, operands[0].column, _joined(operands))

    def call(self, token: Token, *operands: Part) -> Part:
        _check_call(token, len(operands))
        if token == "dimension":
            return _dimension_called(operands[0], _column(token))
        return Part("number", _function(token, operands), _column(token), _joined(operands))


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _dimension(name: str, column: int, column_of_name: int) -> Part:
    if not DIMENSION_NAME.fullmatch(name):
        raise FormulaFault(f"{name!r} is not a name of a dimension", column_of_name)
    return Part("dimension", values.text_of(name), column, frozenset([name]), name=name)


def _dimension_called(operand: Part, column: int) -> Part:
    name = operand.constant
    if not isinstance(name, str):
        raise FormulaFault('A name in quotes is expected, as in `dimension("x-y")`', operand.column)
    return _dimension(name, column, operand.column)


def _chained(
    join: Callable[[values.Numeric, Sequence[tuple[bool, values.Numeric]]], values.Numeric],
    inverse: str,
    first: Part,
    rest: Sequence[Token | Part],
) -> Part:
    """rest: operators and operands by turns. inverse: the operator that undoes the other one."""
    signs, operands = rest[::2], [part for part in rest[1::2] if isinstance(part, Part)]
    pairs = [(sign == inverse, as_number(part)) for sign, part in zip(signs, operands, strict=True)]
    return Part("number", join(as_number(first), pairs), first.column, _joined([first, *operands]))


def _compared(left: Part, sign: Token, right: Part) -> values.Condition:
    """Text with text by equality; two dimensions as text where asked for equality; anything else as numbers."""
    for part in (left, right):
        if part.kind == "condition":
            raise FormulaFault("A condition can't be compared", part.column)
    compare = COMPARISONS[sign]
    kinds = {left.kind, right.kind}
    if "text" not in kinds and not (kinds == {"dimension"} and sign in ("==", "!=")):
        return values.numbers_compared(compare, as_number(left), as_number(right))
    if "number" in kinds:
        raise FormulaFault("Text can't be compared with a number", _column(sign))
    if sign not in ("==", "!="):
        raise FormulaFault("Texts are compared by `==` and `!=` alone", _column(sign))
    return values.texts_compared(compare, left.run, right.run)


def _check_call(name: Token, count: int) -> None:
    if name not in FUNCTIONS:
        raise FormulaFault(f"There is no function `{name}`; there are {', '.join(FUNCTIONS)}", _column(name))
    least, most = FUNCTIONS[name]
    if not least <= count <= most:
        wanted = str(least) if least == most else f"{least} or more" if most > 2 else f"{least} or {most}"
        noun = "value" if wanted == "1" else "values"
        raise FormulaFault(f"`{name}` takes {wanted} {noun} and not {count}", _column(name))


def _function(name: str, operands: Sequence[Part]) -> values.Numeric:
    if name == "if":
        condition, then, otherwise = operands
        return values.chosen(as_condition(condition), as_number(then), as_number(otherwise))
    if name == "round":
        return values.rounded(as_number(operands[0]), _digits(operands[1]) if operands[1:] else 0)
    numbers = list(map(as_number, operands))
    if name == "min":
        return values.least(numbers)
    if name == "max":
        return values.greatest(numbers)
    return {"abs": values.absolute, "ceil": values.ceiling, "floor": values.floor}[name](numbers[0])


def _digits(part: Part) -> int:
    digits = part.constant
    if isinstance(digits, int) and -DIGITS_BEFORE_THE_POINT <= digits <= DIGITS_AFTER_THE_POINT:
        return digits
    raise FormulaFault(
        f"`round` takes a whole number of digits from -{DIGITS_BEFORE_THE_POINT} to {DIGITS_AFTER_THE_POINT}",
        part.column,
    )
