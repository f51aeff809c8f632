"""What an outside system told, read from its bytes: JSON, with what has a point as exact text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from billing.rules.connecting import Unreadable

_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def parsed(body: bytes) -> Any:
    """The JSON value in a body. What it escapes and no column of text holds, NUL and half a pair, becomes U+FFFD.

    Raises Unreadable.
    """
    try:
        text = body.decode(json.detect_encoding(body))
        value = json.loads(text.removeprefix("\ufeff"), parse_float=str, parse_constant=_no_number)
        return _kept(value) if _ESCAPED.search(text) else value
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


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_kept(each) for each in value]
    if isinstance(value, dict):
        return {_kept(name): _kept(each) for name, each in value.items()}
    return value


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")
