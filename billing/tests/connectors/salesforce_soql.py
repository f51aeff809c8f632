"""The part of SOQL that the stand-in of Salesforce understands, read by its published grammar.

SELECT of fields, of fields of parents, and of children in parentheses; WHERE with comparisons joined by AND, with
lists and semi-joins behind IN; ORDER BY; LIMIT. What it does not understand it refuses as Salesforce does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LONGEST = 100_000
_TOKENS = re.compile(
    r"""\s*(?:
    (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))
    |(?P<day>\d{4}-\d\d-\d\d)
    |(?P<number>-?\d+(?:\.\d+)?)
    |'(?P<text>(?:[^'\\]|\\.)*)'
    |(?P<name>[A-Za-z]\w*(?:\.\w+)*)
    |(?P<sign><=|>=|!=|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_KEYWORDS = {"select", "from", "where", "and", "or", "not", "in", "order", "by", "limit", "asc", "desc"}


class Malformed(Exception):
    """The query is none."""


@dataclass(frozen=True)
class Test:
    """One comparison. value: a literal, a tuple of them, or a query."""

    name: str
    sign: str
    value: Any


@dataclass
class Query:
    """names: of fields, in their order. children: queries by the names of relationships."""

    names: list[str] = field(default_factory=list)
    children: list[Query] = field(default_factory=list)
    table: str = ""
    tests: list[Test] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None


def parsed(text: str) -> Query:
    """Raises Malformed."""
    if len(text) > LONGEST:
        raise Malformed(f"SOQL statements cannot be longer than {LONGEST} characters.")
    reader = _Reader(_tokens(text))
    query = reader.query()
    reader.need("end")
    return query


def _tokens(text: str) -> list[tuple[str, Any]]:
    tokens: list[tuple[str, Any]] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        found = _TOKENS.match(text, place)
        if found is None:
            raise Malformed(f"unexpected token: '{text[place : place + 20]}'")
        kind, said = found.lastgroup or "", found[found.lastgroup or 0]
        if kind == "name" and said.lower() in _KEYWORDS:
            kind, said = said.lower(), said.lower()
        tokens.append((kind, _value(kind, said)))
        place = found.end()
    return [*tokens, ("end", "")]


def _value(kind: str, said: str) -> Any:
    if kind == "moment":
        return datetime.fromisoformat(said).astimezone(UTC)
    if kind == "number":
        return float(said)
    if kind == "text":
        return re.sub(r"\\(.)", lambda found: _escaped(found[1]), said)
    return said


def _escaped(sign: str) -> str:
    if sign not in _ESCAPES:
        raise Malformed(f"Illegal escape sequence \\{sign}")
    return _ESCAPES[sign]


class _Reader:
    def __init__(self, tokens: list[tuple[str, Any]]) -> None:
        self._tokens, self._place = tokens, 0

    @property
    def _next(self) -> tuple[str, Any]:
        return self._tokens[self._place]

    def _is(self, kind: str, said: Any = None) -> bool:
        is_it = self._next[0] == kind and said in (None, self._next[1])
        self._place += is_it
        return is_it

    def need(self, kind: str, said: Any = None) -> Any:
        value = self._next[1]
        if not self._is(kind, said):
            raise Malformed(f"unexpected token: '{value}'")
        return value

    def query(self) -> Query:
        query = Query()
        self.need("select")
        while True:
            if self._is("sign", "("):
                query.children.append(self.query())
                self.need("sign", ")")
            else:
                query.names.append(self.need("name"))
            if not self._is("sign", ","):
                break
        self.need("from")
        query.table = self.need("name")
        if self._is("where"):
            query.tests.append(self._test())
            while self._is("and"):
                query.tests.append(self._test())
        if self._is("order"):
            self.need("by")
            query.order.append(self._sort())
            while self._is("sign", ","):
                query.order.append(self._sort())
        if self._is("limit"):
            query.limit = int(self.need("number"))
        return query

    def _sort(self) -> tuple[str, bool]:
        name = self.need("name")
        is_falling = self._is("desc")
        if not is_falling:
            self._is("asc")
        return name, is_falling

    def _test(self) -> Test:
        name = self.need("name")
        if self._is("in"):
            self.need("sign", "(")
            if self._next[0] == "select":
                value: Any = self.query()
            else:
                value = [self._literal()]
                while self._is("sign", ","):
                    value.append(self._literal())
            self.need("sign", ")")
            return Test(name, "in", value)
        sign = self.need("sign")
        if sign in "(),":
            raise Malformed(f"unexpected token: '{sign}'")
        return Test(name, sign, self._literal())

    def _literal(self) -> Any:
        kind, value = self._next
        self._place += 1
        if kind == "name" and value.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[value.lower()]
        if kind not in ("moment", "day", "number", "text"):
            raise Malformed(f"unexpected token: '{value}'")
        return value
