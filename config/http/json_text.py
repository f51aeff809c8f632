"""Strict JSON: what RFC 8259 leaves open is refused, and numbers keep the text they were written in."""

import json
from collections import Counter
from typing import NoReturn

from config.kernel.errors import InvalidRequest


class Number:
    """A JSON number as it was written, to be read as a decimal and never as a binary float."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Number({self.text})"


class Repeated:
    """An object that names a member twice. No shape takes it, so it is refused where it stands."""

    __slots__ = ("members",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        counted = Counter(name for name, _ in pairs)
        self.members = [name for name, count in counted.items() if count > 1]


def _members(pairs: list[tuple[str, object]]) -> "dict[str, object] | Repeated":
    members = dict(pairs)
    return members if len(members) == len(pairs) else Repeated(pairs)


def _constant(name: str) -> NoReturn:
    raise InvalidRequest(f"The body is not JSON: {name} is not a JSON number.")


_DECODE = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=Number, parse_float=Number, parse_constant=_constant
).decode


def parse(body: bytes) -> object:
    """The value that `body` spells; a member named twice makes its object a `Repeated`.

    Raises InvalidRequest.
    """
    if not body:
        raise InvalidRequest("The body is empty; a JSON object is expected.")
    try:
        return _DECODE(body.decode())
    except UnicodeDecodeError:
        raise InvalidRequest("The body is not UTF-8.") from None
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise InvalidRequest(f"The body is not JSON: {fault.msg} ({place}).") from None
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None


def kind_of(value: object) -> str:
    """What `value` is, in the words of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case Number():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
    return "an object"
