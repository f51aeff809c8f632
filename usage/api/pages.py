"""The documentation page: each operation with its call, its fields, its answer and its problems."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from config.http.fields import FieldRow, rows
from config.http.openapi import Document, Route
from config.http.operations import Operation
from config.kernel.errors import PROBLEMS, Problem


@dataclass(frozen=True)
class OperationPage:
    """One operation as it is shown. about: its description in parts, each with whether it is code."""

    method: str
    path: str
    operation: Operation[Any, Any]
    about: list[tuple[str, bool]]
    call: str
    fields: list[FieldRow]
    parameters: list[FieldRow]
    answer_status: int
    answer: str
    problems: list[Problem]


@dataclass(frozen=True)
class Group:
    """Operations that belong together."""

    name: str
    anchor: str
    pages: list[OperationPage]


def groups(document: Document, origin: str) -> list[Group]:
    """Every operation of the document, by group, in the order served.

    origin: scheme and host that the shown calls go to.
    """
    found: dict[str, list[OperationPage]] = {}
    for route in document.routes:
        for method, operation in route.operations.items():
            page = _page(document, route, method, operation, origin)
            found.setdefault(operation.group, []).append(page)
    return [Group(name, name.lower().replace(" ", "-"), pages) for name, pages in found.items()]


def _page(
    document: Document, route: Route, method: str, operation: Operation[Any, Any], origin: str
) -> OperationPage:
    shown = operation.answers[-1]
    return OperationPage(
        method=method,
        path=route.path,
        operation=operation,
        about=[(part, place % 2 == 1) for place, part in enumerate(operation.description.split("`")) if part],
        call=_call(route, method, operation, origin),
        fields=list(rows(document, operation.body)) if operation.takes_body else [],
        parameters=list(rows(document, operation.query)) if operation.takes_query else [],
        answer_status=shown.status,
        answer="" if shown.example is None else _indented(shown.example),
        problems=[PROBLEMS[code] for code in operation.all_problems(has_path_values=bool(route.places))],
    )


def _call(route: Route, method: str, operation: Operation[Any, Any], origin: str) -> str:
    """A shell command that makes the call."""
    path = route.path
    for place, value in operation.path_values.items():
        path = path.replace(f"{{{place}}}", quote(value, safe=""))
    query = f"?{urlencode(operation.query_values)}" if operation.query_values else ""
    address = f"{origin}{path}{query}"
    verb = "" if method == "GET" or (operation.takes_body and method == "POST") else f"-X {method} "
    lines = [f"curl {verb}'{address}'"]
    if operation.scope:
        lines.append('-H "Authorization: Bearer $KEY"')
    if operation.is_signed:
        lines += [f"-H 'webhook-{name}: …'" for name in ("id", "timestamp", "signature")]
    if operation.needs_key:
        lines.append(f"-H 'Idempotency-Key: {operation.name}-1'")
    if operation.takes_body:
        lines.append(f"-H 'Content-Type: {operation.body_media_type}'")
        lines.append(f"-d {shlex.quote(_indented(operation.body_example))}")
    return " \\\n  ".join(lines)


def _indented(value: object) -> str:
    """JSON for people: small objects in one line."""
    return "\n".join(_lines(value, "", 88))


def _lines(value: object, indent: str, width: int) -> Iterator[str]:
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + len(indent) <= width or not isinstance(value, dict | list):
        yield indent + short
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    members = list(value.items()) if isinstance(value, dict) else [(None, each) for each in value]
    yield indent + opening
    for place, (name, member) in enumerate(members):
        told = list(_lines(member, indent + "  ", width))
        if name is not None:
            told[0] = f"{indent}  {json.dumps(name)}: {told[0].lstrip()}"
        told[-1] += "," if place + 1 < len(members) else ""
        yield from told
    yield indent + closing
