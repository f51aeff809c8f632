"""Formulas as nested tuples: written as text, and valued by the plainest means, for comparison with the product."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

LEVELS = {
    "or": 1,
    "and": 2,
    "not": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "==": 4,
    "!=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
}
NEGATIVE = 7

Tree = tuple[Any, ...]


class NoValue(Exception):
    """The usage can't be priced."""


def written(tree: Tree, level: int = 0) -> str:
    """The tree as a formula, with parentheses where the order of operations needs them."""
    kind, *inner = tree
    if kind in ("number", "quantity"):
        return str(inner[0]) if inner else kind
    if kind == "dimension":
        return inner[0] if inner[0].isidentifier() else f"dimension('{inner[0]}')"
    if kind == "text":
        return f'"{inner[0]}"'
    if kind == "negative":
        return _bracketed(f"-{written(inner[0], NEGATIVE)}", NEGATIVE, level)
    if kind == "not":
        return _bracketed(f"not {written(inner[0], LEVELS[kind])}", LEVELS[kind], level)
    if kind in LEVELS:
        own = LEVELS[kind]
        return _bracketed(
            f"{written(inner[0], own + (own == 4))} {kind} {written(inner[1], own + 1)}", own, level
        )
    return f"{kind}({', '.join(str(each) if isinstance(each, int) else written(each) for each in inner)})"


def _bracketed(text: str, own: int, level: int) -> str:
    return f"({text})" if own < level else text


def valued(tree: Tree, quantity: Fraction, dimensions: Mapping[str, str]) -> Any:
    """The value of the tree: a Fraction, a bool or a str."""

    def of(inner: Tree) -> Any:
        return valued(inner, quantity, dimensions)

    kind, *inner = tree
    if kind == "number":
        return Fraction(inner[0])
    if kind == "quantity":
        return quantity
    if kind == "text":
        return inner[0]
    if kind == "dimension":
        if inner[0] not in dimensions:
            raise NoValue
        return dimensions[inner[0]]
    if kind == "if":
        return _number(of(inner[1] if of(inner[0]) else inner[2]))
    if kind == "and":
        return of(inner[0]) and of(inner[1])
    if kind == "or":
        return of(inner[0]) or of(inner[1])
    if kind == "not":
        return not of(inner[0])
    if kind in ("==", "!="):
        left, right = of(inner[0]), of(inner[1])
        if not (isinstance(left, str) and isinstance(right, str)):
            left, right = _number(left), _number(right)
        return (left == right) == (kind == "==")
    if kind == "round":
        return _halves_away(_number(of(inner[0])), *inner[1:])
    return OPERATIONS[kind](*[_number(of(each)) for each in inner])


def _number(value: Any) -> Fraction:
    try:
        return Fraction(value)
    except ValueError:
        raise NoValue from None


def _halves_away(number: Fraction, digits: int = 0) -> Fraction:
    unit = Fraction(1, 10**digits) if digits >= 0 else Fraction(10**-digits)
    below = math.floor(number / unit) * unit
    rest = number - below
    up = rest * 2 > unit or (rest * 2 == unit and number > 0)
    return below + unit if up else below


def _quotient(left: Fraction, right: Fraction) -> Fraction:
    if right == 0:
        raise NoValue
    return left / right


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _quotient,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "negative": lambda number: -number,
    "abs": lambda number: number if number > 0 else -number,
    "ceil": lambda number: -((-number) // 1),
    "floor": lambda number: number // 1,
    "min": lambda *numbers: sorted(numbers)[0],
    "max": lambda *numbers: sorted(numbers)[-1],
}


def fastest_of_ten(work: Callable[[], object]) -> float:
    """Seconds of the fastest run; the others may have been disturbed."""
    seconds = []
    for _ in range(10):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


NAMES = st.sampled_from(["size", "model", "x-y", "android"])
LEAVES = st.one_of(
    st.just(("quantity",)),
    st.sampled_from(["0", "1", "2", "10", "0.5", "2.50", "1000"]).map(lambda text: ("number", text)),
    NAMES.map(lambda name: ("dimension", name)),
)


def numbers(depth: int) -> st.SearchStrategy[Tree]:
    """Trees of numbers, at most `depth` deep."""
    if not depth:
        return LEAVES
    inner = numbers(depth - 1)
    return st.one_of(
        LEAVES,
        st.tuples(st.sampled_from("+-*/"), inner, inner),
        st.tuples(st.sampled_from(["negative", "abs", "ceil", "floor"]), inner),
        st.tuples(st.just("round"), inner, st.integers(-3, 3)),
        st.tuples(st.just("round"), inner),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner),
        st.tuples(st.just("if"), conditions(depth - 1), inner, inner),
    )


def conditions(depth: int) -> st.SearchStrategy[Tree]:
    texts = st.one_of(NAMES.map(lambda name: ("dimension", name)), st.just(("text", "large")))
    operands = numbers(max(depth - 1, 0))
    compared = st.one_of(
        st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), operands, operands),
        st.tuples(st.sampled_from(["==", "!="]), texts, texts),
    )
    if not depth:
        return compared
    inner = conditions(depth - 1)
    return st.one_of(
        compared,
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.just("not"), inner),
    )
