"""JSON in the form of a class, from any number of threads.

msgspec notes what it knows of a class when the class is first read into, and crashes the process where two threads are
first at the same moment (seen with 0.22). So whatever is read into is made known here first, one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_known: set[Any] = set()
_one_at_a_time = Lock()


def convert(value: object, shape: type[T], dec_hook: Callable[[type, Any], Any] | None = None) -> T:
    """Parsed JSON in the form of `shape`. dec_hook: reads what msgspec does not know.

    Raises ValidationError.
    """
    return msgspec.convert(value, _made_known(shape), dec_hook=dec_hook)  # noqa: TID251


def decode(text: str | bytes, shape: type[T]) -> T:
    """JSON in the form of `shape`.

    Raises ValidationError, DecodeError.
    """
    return msgspec.json.decode(text, type=_made_known(shape))  # noqa: TID251


def _made_known(shape: type[T]) -> type[T]:
    if shape not in _known:
        with _one_at_a_time:
            msgspec.json.Decoder(shape)  # noqa: TID251
            _known.add(shape)
    return shape
