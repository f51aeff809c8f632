"""Formulas of rates: small exact expressions over a line's quantity and dimensions.

A formula is compiled once and then costs microseconds a line. It can read nothing but its usage, and its
length, its parts and its numbers are bounded, so that no formula takes long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from config.kernel.amounts import DIGITS_BEFORE_THE_POINT
from pricing.rules.formula_grammar import GRAMMAR, FormulaFault, fault_of_character, fault_of_token
from pricing.rules.formula_parts import Builder, Part, as_number
from pricing.rules.formula_values import FormulaFails, Numeric

__all__ = ["Formula", "FormulaFails", "FormulaFault", "compile_formula"]

LENGTH_AT_MOST = 500
PARTS_AT_MOST = 100
NESTING_AT_MOST = 20
FORMULAS_KEPT = 4_096
CEILING = 10**DIGITS_BEFORE_THE_POINT


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula ready to price lines.

    text: as it was written. names: of the dimensions it reads.
    """

    text: str
    names: frozenset[str]
    _run: Numeric = field(repr=False, compare=False)

    def value(self, quantity: Decimal, dimensions: Mapping[str, str]) -> Fraction:
        """The tokens of a line, exact and not yet rounded: not negative, below 10^18.

        Raises FormulaFails.
        """
        tokens = self._run((Fraction(quantity), dimensions))
        if tokens < 0:
            raise FormulaFails("The result is negative.")
        if tokens >= CEILING:
            raise FormulaFails(f"The result has more than {DIGITS_BEFORE_THE_POINT} digits before the point.")
        return Fraction(tokens)


@lru_cache(FORMULAS_KEPT)
def compile_formula(text: str) -> Formula:
    """Read a formula; the same text is read once.

    Raises FormulaFault.
    """
    if len(text) > LENGTH_AT_MOST:
        raise FormulaFault(f"A formula has at most {LENGTH_AT_MOST} characters", LENGTH_AT_MOST + 1)
    for place, character in enumerate(text):
        if not character.isprintable():
            raise FormulaFault(f"A formula has no character {character!a}", place + 1)
    if not text.strip(" "):
        raise FormulaFault("The formula is empty", 1)
    part = _parsed(text)
    return Formula(text, part.names, as_number(part))


def _parsed(text: str) -> Part:
    parsing = _parser().parse_interactive(text)
    try:
        parts = nesting = 0
        for token in parsing.iter_parse():
            nesting += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
            parts += token.type not in ("LPAR", "RPAR", "COMMA")
            if nesting > NESTING_AT_MOST:
                detail = f"Parentheses are nested at most {NESTING_AT_MOST} deep"
                raise FormulaFault(detail, (token.start_pos or 0) + 1)
            if parts > PARTS_AT_MOST:
                detail = f"A formula has at most {PARTS_AT_MOST} numbers, names, operators and functions"
                raise FormulaFault(detail, (token.start_pos or 0) + 1)
        part: Part = parsing.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedCharacters as fault:
        raise fault_of_character(text, fault) from None
    except UnexpectedToken as fault:
        accepted = parsing.accepts()  # type: ignore[no-untyped-call]
        raise fault_of_token(text, fault.token, accepted) from None
    return part


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="basic", transformer=Builder())
