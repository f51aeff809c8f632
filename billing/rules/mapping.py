"""Which field of theirs becomes which of ours, and the other way round: expressions that people see and edit.

An expression is JMESPath (jmespath.org) over the record's content. A value is then looked up in the rule's own table,
where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from billing.rules.connecting import Unreadable

IN, OUT = "in", "out"
LONGEST_EXPRESSION = 500
_FAULTS = (JMESPathError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What a search may raise over content that it does not fit."""
MOST_WORK = 5_000_000
"""What a search may do, a second or two: steps, elements of the lists they make, characters that functions make."""


@dataclass(frozen=True, slots=True)
class Target:
    """One field that is filled. record: what it is of, as "order" or "customer". expression: the vendor's usual one.

    direction: in: `name` is a field of ours, read from theirs. out: `name` is a figure of ours, and the expression is
    the name of the field of theirs that it is written to; empty writes nowhere.
    """

    record: str
    name: str
    label: str
    expression: str = ""
    direction: str = IN
    is_needed: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is filled on one connection. values: what a value found stands for; none given: itself."""

    expression: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapped:
    """The rules of one direction of a connection, by (record, name)."""

    rules: Mapping[tuple[str, str], Rule]

    def text(self, record: str, name: str, content: Any, *, is_needed: bool = False) -> str:
        """The value as text; empty where there is none.

        Raises Unreadable.
        """
        found = self.found(record, name, content)
        if isinstance(found, (dict, list)):
            raise Unreadable(f"{name} is not one value: {_short(found)}.", self._where(record, name))
        said = "" if found is None else _said(found)
        if is_needed and not said:
            raise Unreadable(f"There is no {name}.", self._where(record, name))
        return said

    def number(self, record: str, name: str, content: Any) -> Decimal | None:
        """The value as an exact number; None where there is none.

        Raises Unreadable.
        """
        if not (said := self.text(record, name, content).strip()):
            return None
        try:
            number = Decimal(said)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise Unreadable(f"{name} is no number: {_short(said)}.", self._where(record, name))
        return number

    def moment(self, record: str, name: str, content: Any) -> datetime | None:
        """The value as an instant: RFC 3339, a date (its midnight of UTC), or seconds or milliseconds since 1970.

        Raises Unreadable.
        """
        said = self.text(record, name, content).strip()
        return _instant(said, name, self._where(record, name)) if said else None

    def list(self, record: str, name: str, content: Any) -> Sequence[Any]:
        """The value as a list; a single value is a list of one.

        Raises Unreadable.
        """
        found = self.found(record, name, content)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def found(self, record: str, name: str, content: Any) -> Any:
        """What the expression finds, as the rule's table has it.

        Raises Unreadable.
        """
        rule = self.rules.get((record, name))
        if rule is None or not rule.expression:
            return None
        try:
            found = _Bounded().visit(compiled(rule.expression).parsed, content)
        except _FAULTS as fault:
            raise Unreadable(f"{name}: {fault}", rule.expression) from fault
        if rule.values and isinstance(found, (str, int, bool)):
            return rule.values.get(_said(found), found)
        return found

    def _where(self, record: str, name: str) -> str:
        rule = self.rules.get((record, name))
        return rule.expression if rule else ""


def mapped_by(
    targets: Sequence[Target], edited: Mapping[tuple[str, str, str], Rule], direction: str = IN
) -> Mapped:
    """The rules of one direction of a connection: what a person edited, else the vendor's usual ones.

    edited: by direction, record and name. Both directions may have a field of the same name.
    """
    return Mapped(
        {
            (each.record, each.name): edited.get(
                (each.direction, each.record, each.name), Rule(each.expression)
            )
            for each in targets
            if each.direction == direction
        }
    )


def fault_of(expression: str) -> str:
    """Why this is no expression, in a sentence; empty where it is one."""
    if len(expression) > LONGEST_EXPRESSION:
        return f"An expression has {LONGEST_EXPRESSION} characters at most."
    try:
        compiled(expression)
    except (JMESPathError, ValueError) as fault:
        return f"This is no JMESPath: {str(fault).splitlines()[0]}"
    except RecursionError:
        return "Its parts lie too deep in one another."
    return ""


class _Bounded(TreeInterpreter):
    """Searches, and gives up where an expression makes more and more of what it found."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MOST_WORK

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().visit(node, *args, **kwargs)
        is_made = isinstance(found, str) and node["type"] == "function_expression"
        self._left -= 1 + (len(found) if is_made or isinstance(found, list) else 0)
        if self._left < 0:
            raise ValueError("the expression makes too much of what it finds")
        return found


@lru_cache(maxsize=1000)
def compiled(expression: str) -> ParsedResult:
    """The expression, ready to search by.

    Raises JMESPathError.
    """
    return jmespath.compile(expression)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _instant(said: str, name: str, where: str) -> datetime:
    try:
        if said.isascii() and said.isdigit():
            seconds = int(said) / 1000 if len(said) > 11 else int(said)
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(f"{name} is no time: {_short(said)}.", where) from None
    if len(said) > len("2026-01-01"):
        raise Unreadable(f"{name} is a time without an offset: {_short(said)}.", where)
    return moment.replace(tzinfo=UTC)
