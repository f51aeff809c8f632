"""What an outside system told, read from its bytes: JSON, with what has a point as exact text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from billing.rules.connecting import Unreadable


def parsed(body: bytes) -> Any:
    """The JSON value in a body.

    Raises Unreadable.
    """
    try:
        return json.loads(body, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError) as fault:
        raise Unreadable("It is no JSON.") from fault


def content_of(body: bytes) -> Mapping[str, Any]:
    """The object in a body; of a list, an object that has it as `items`.

    Raises Unreadable.
    """
    value = parsed(body)
    if isinstance(value, list):
        return {"items": value}
    if not isinstance(value, dict):
        raise Unreadable("It is neither an object nor a list.")
    return value


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")
