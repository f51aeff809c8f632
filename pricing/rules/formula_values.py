"""What formulas do with numbers: exact, and never with numbers so long that they take time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from config.kernel.amounts import MONEY_PLACES, exact

BITS_AT_MOST = 256
NUMBERS_KEPT = 1_024

Number = int | Fraction
Usage = tuple[Number, Mapping[str, str]]
"""The quantity of a line and its dimensions."""
Numeric = Callable[[Usage], Number]
Condition = Callable[[Usage], bool]
Textual = Callable[[Usage], str]


class FormulaFails(Exception):
    """The formula has no price for this usage; says why in a sentence."""


def bounded(number: Number) -> Number:
    """The number itself, unless its numerator or denominator is beyond `BITS_AT_MOST` bits.

    Raises FormulaFails.
    """
    if number.numerator.bit_length() > BITS_AT_MOST or number.denominator.bit_length() > BITS_AT_MOST:
        raise FormulaFails("A number on the way to the result is too long.")
    return number


def literal(number: Number) -> Numeric:
    return lambda usage: number


def quantity(usage: Usage) -> Number:
    return usage[0]


def text_literal(text: str) -> Textual:
    return lambda usage: text


def text_of(name: str) -> Textual:
    """The dimension as the usage carries it."""

    def run(usage: Usage) -> str:
        try:
            return usage[1][name]
        except KeyError:
            raise FormulaFails(f"The usage has no dimension {name}.") from None

    return run


def number_of(name: str) -> Numeric:
    """The dimension read as a decimal number, in the grammar of JSON."""
    text = text_of(name)

    def run(usage: Usage) -> Number:
        told = text(usage)
        try:
            return _number(told)
        except ValueError as fault:
            raise FormulaFails(f"The dimension {name} is {told!r}. {fault}") from None

    return run


@lru_cache(NUMBERS_KEPT)
def _number(text: str) -> Number:
    return Fraction(exact(text, places=MONEY_PLACES))


def summed(first: Numeric, rest: Sequence[tuple[bool, Numeric]]) -> Numeric:
    """rest: the further terms, each with whether it is taken off."""

    def run(usage: Usage) -> Number:
        total = first(usage)
        for is_taken_off, term in rest:
            total = bounded(total - term(usage) if is_taken_off else total + term(usage))
        return total

    return run


def multiplied(first: Numeric, rest: Sequence[tuple[bool, Numeric]]) -> Numeric:
    """rest: the further factors, each with whether it divides."""

    def run(usage: Usage) -> Number:
        product = first(usage)
        for divides, factor in rest:
            product = bounded(_quotient(product, factor(usage)) if divides else product * factor(usage))
        return product

    return run


def _quotient(dividend: Number, divisor: Number) -> Number:
    if not divisor:
        raise FormulaFails("The formula divides by zero.")
    return Fraction(dividend, divisor)


def negated(operand: Numeric) -> Numeric:
    return lambda usage: -operand(usage)


def absolute(operand: Numeric) -> Numeric:
    def run(usage: Usage) -> Number:
        number = operand(usage)
        return number if number >= 0 else -number

    return run


def ceiling(operand: Numeric) -> Numeric:
    return lambda usage: math.ceil(operand(usage))


def floor(operand: Numeric) -> Numeric:
    return lambda usage: math.floor(operand(usage))


def rounded(operand: Numeric, digits: int) -> Numeric:
    """To `digits` after the point, or to tens before it where negative; halves away from zero."""
    finer, coarser = 10 ** max(digits, 0), 10 ** max(-digits, 0)

    def run(usage: Usage) -> Number:
        number = operand(usage)
        numerator, denominator = number.numerator * finer, number.denominator * coarser
        steps = (2 * abs(numerator) + denominator) // (2 * denominator)
        return bounded(Fraction(steps * coarser if number > 0 else -steps * coarser, finer))

    return run


def least(operands: Sequence[Numeric]) -> Numeric:
    return lambda usage: min([operand(usage) for operand in operands])


def greatest(operands: Sequence[Numeric]) -> Numeric:
    return lambda usage: max([operand(usage) for operand in operands])


def chosen(condition: Condition, then: Numeric, otherwise: Numeric) -> Numeric:
    """Only the branch that counts is asked: the other one cannot fail."""

    def run(usage: Usage) -> Number:
        return then(usage) if condition(usage) else otherwise(usage)

    return run


def every(conditions: Sequence[Condition]) -> Condition:
    return lambda usage: all(condition(usage) for condition in conditions)


def some(conditions: Sequence[Condition]) -> Condition:
    return lambda usage: any(condition(usage) for condition in conditions)


def opposite(condition: Condition) -> Condition:
    return lambda usage: not condition(usage)


def numbers_compared(compare: Callable[[Number, Number], bool], left: Numeric, right: Numeric) -> Condition:
    return lambda usage: compare(left(usage), right(usage))


def texts_compared(compare: Callable[[str, str], bool], left: Textual, right: Textual) -> Condition:
    return lambda usage: compare(left(usage), right(usage))
