"""Stripe's way to ask and to answer: forms with brackets, pages, expansions, and what an error looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl

Tree = dict[str, Any]

DEEPEST_EXPANSION = 4
NAME_AND_BRACKETS = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


class Problem(Exception):
    """An answer that is an error object."""

    def __init__(self, status: int, kind: str, message: str, **said: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **said}}


def invalid(message: str, param: str = "", code: str = "", status: int = 400) -> Problem:
    said = ({"param": param} if param else {}) | ({"code": code} if code else {})
    return Problem(status, "invalid_request_error", message, **said)


def missing(noun: str, name: str, param: str = "id", status: int = 404) -> Problem:
    return invalid(f"No such {noun}: '{name}'", param, "resource_missing", status)


def decoded(form: str) -> Tree:
    """A form as a tree: `metadata[a]=1&expand[]=x&items[0][price]=y`."""
    tree: Tree = {}
    for name, value in parse_qsl(form, keep_blank_values=True, encoding="utf-8"):
        if not (found := NAME_AND_BRACKETS.match(name)):
            raise invalid(f"Invalid parameter name: {name}", name)
        _put(tree, [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])], value)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: Tree, path: Sequence[str], value: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part or str(len(tree)), {})
    tree[path[-1] or str(len(tree))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(each) for key, each in value.items()}


def whole(asked: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A parameter that is an integer."""
    said = asked.get(name, default)
    if said is None:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if not re.fullmatch(r"-?\d{1,15}", str(said)):
        raise invalid(f"Invalid integer: {said}", name, "parameter_invalid_integer")
    return int(said)


def page(rows: Sequence[Tree], asked: Mapping[str, Any], url: str) -> Tree:
    """A page of rows that stand newest first, `limit` of 1 to 100 of them, after or before one of them."""
    limit = whole(asked, "limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Limit can range between 1 and 100.", "limit", "parameter_invalid_integer")
    names = [row["id"] for row in rows]
    if "ending_before" in asked:
        end = _place(names, asked["ending_before"], "ending_before")
        begin, has_more = max(end - limit, 0), end - limit > 0
    else:
        begin = (
            _place(names, asked["starting_after"], "starting_after") + 1 if "starting_after" in asked else 0
        )
        end = begin + limit
        has_more = end < len(rows)
    return {"object": "list", "url": url, "has_more": has_more, "data": deepcopy(list(rows[begin:end]))}


def _place(names: Sequence[str], name: str, param: str) -> int:
    if name not in names:
        raise missing("object", name, param, 400)
    return names.index(name)


def is_within(moment: int, asked: Any) -> bool:
    """Whether an instant is what `created` asks for: a bound or several, or the instant itself."""
    if not isinstance(asked, dict):
        return moment == int(asked)
    tests: dict[str, Callable[[int], bool]] = {
        "gt": lambda bound: moment > bound,
        "gte": lambda bound: moment >= bound,
        "lt": lambda bound: moment < bound,
        "lte": lambda bound: moment <= bound,
    }
    return all(tests[name](int(bound)) for name, bound in asked.items())


def expand(tree: Any, paths: Sequence[str], find: Callable[[str], Tree | None]) -> None:
    """Put objects where their names stand, in place, along each path."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST_EXPANSION:
            raise invalid(
                f"You cannot expand more than {DEEPEST_EXPANSION} levels of a property. Property: {path}",
                "expand",
            )
        _expand(tree, parts, path, find)


def _expand(tree: Any, parts: Sequence[str], path: str, find: Callable[[str], Tree | None]) -> None:
    if isinstance(tree, list):
        for each in tree:
            _expand(each, parts, path, find)
        return
    if not isinstance(tree, dict) or not parts:
        return
    if parts[0] not in tree:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    if isinstance(name := tree[parts[0]], str):
        if (found := find(name)) is None:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        tree[parts[0]] = deepcopy(found)
    _expand(tree[parts[0]], parts[1:], path, find)


def merged(kept: Mapping[str, str], said: Any) -> dict[str, str]:
    """Metadata after a change: an empty value takes a name away. 50 names of 40 characters, values of 500."""
    if said == "":
        return {}
    new = {**kept, **said}
    new = {name: value for name, value in new.items() if value != ""}
    if len(new) > 50:
        raise invalid("Metadata can have at most 50 keys.", "metadata")
    for name, value in new.items():
        if len(name) > 40 or "[" in name or "]" in name:
            raise invalid(f"Metadata key names can be up to 40 characters: {name}", "metadata")
        if len(value) > 500:
            raise invalid(f"Metadata values can be up to 500 characters: {name}", f"metadata[{name}]")
    return new
