"""The grammar of formulas, and sentences for texts that it does not take."""

from __future__ import annotations

from collections.abc import Set

from lark import Token
from lark.exceptions import UnexpectedCharacters

GRAMMAR = r"""
?start: either
?either: both ("or" both)*
?both: denial ("and" denial)*
?denial: "not" denial -> denied
    | comparison
?comparison: sum (COMPARED sum)?
?sum: product ((PLUS | MINUS) product)*
?product: factor ((TIMES | DIVIDED) factor)*
?factor: MINUS factor -> negative
    | atom
?atom: NUMBER -> number
    | TEXT -> text
    | NAME -> name
    | NAME "(" (either ("," either)*)? ")" -> call
    | "(" either ")" -> group

COMPARED: "<=" | ">=" | "==" | "!=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
DIVIDED: "/"
NUMBER: /[0-9][0-9.]*/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
TEXT: /"[^"]*"|'[^']*'/
%ignore " "
"""

SHOWN = 20
HINTS = {"=": "Write `==` to compare", "!": "Write `!=` or `not`"}


class FormulaFault(ValueError):
    """A formula that no version may carry; the message is a sentence for people.

    column: where in the text, counted from 1.
    """

    def __init__(self, detail: str, column: int) -> None:
        self.detail = detail
        self.column = column
        super().__init__(f"{detail}, at character {column}.")


def fault_of_character(text: str, fault: UnexpectedCharacters) -> FormulaFault:
    place = fault.pos_in_stream or 0
    character = text[place]
    if character in "\"'":
        return FormulaFault(f"The text that begins with {character} has no end", place + 1)
    return FormulaFault(HINTS.get(character, f"`{character}` has no meaning in a formula"), place + 1)


def fault_of_token(text: str, token: Token, accepted: Set[str]) -> FormulaFault:
    """accepted: what the grammar takes in the token's place."""
    place = len(text.rstrip(" ")) if token.type == "$END" else token.start_pos or 0
    before = text[:place].rstrip(" ")
    if not before:
        return FormulaFault("A formula begins with a number or a name", place + 1)
    if token.type == "RPAR" and not accepted & {"RPAR", "NUMBER"}:
        return FormulaFault("This `)` closes nothing", place + 1)
    if token.type == "COMMA" and not accepted & {"COMMA", "NUMBER"}:
        return FormulaFault("`,` stands between the values of a function, as in `max(a, b)`", place + 1)
    shown = before if len(before) <= SHOWN else f"…{before[-SHOWN:]}"
    return FormulaFault(f"After `{shown}` {_wanted(accepted)} is expected", place + 1)


def _wanted(accepted: Set[str]) -> str:
    """What may come next, in words."""
    if "NUMBER" in accepted:
        return "a number or a name"
    words = ["an operator"] if "PLUS" in accepted else ["`and`", "`or`"] if "AND" in accepted else []
    words += [f"`{sign}`" for kind, sign in (("COMMA", ","), ("RPAR", ")")) if kind in accepted]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
