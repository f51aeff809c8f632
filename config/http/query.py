"""The query of an address, read as strictly as a body."""

import re
from collections import Counter
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from config.http import shapes
from config.http.json_text import Repeated
from config.kernel.errors import FieldError, InvalidRequest

_READABLE = re.compile("(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")

T = TypeVar("T")


class NoParameters(shapes.Shape):
    """A query without parameters."""


def read(shape: type[T], query: str) -> T:
    """The parameters of `query` in the form of `shape`.

    Raises InvalidRequest that names every parameter at fault.
    """
    try:
        return shapes.read(shape, _members(query))
    except InvalidRequest as refusal:
        found = [_of_parameter(each) for each in refusal.errors]
        raise shapes.refusal(found) if found else refusal from None


def _members(query: str) -> dict[str, str] | Repeated:
    if not _READABLE.fullmatch(query):
        raise InvalidRequest("The query is not percent-encoded: a % needs two hexadecimal digits after it.")
    pairs: list[tuple[str, object]] = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if part:
            pairs.append((_decoded(name), _decoded(value)))
    if any(count > 1 for count in Counter(name for name, _ in pairs).values()):
        return Repeated(pairs)
    return {name: str(value) for name, value in pairs}


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("The query is not UTF-8.") from None


def _of_parameter(fault: FieldError) -> FieldError:
    return FieldError(fault.pointer.removeprefix("/"), fault.detail.replace("The member", "The parameter"))
