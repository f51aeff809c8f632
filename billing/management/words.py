"""What commands share of their words: an instant as it is written, a list as long as people read."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import datetime

LINES_SHOWN = 50


def instant(text: str) -> datetime:
    """The time that an argument names, RFC 3339 with an offset.

    Raises ArgumentTypeError.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a time as in 2026-12-01T00:00:00Z") from None
    if found.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} has no offset; write for instance {found.isoformat()}Z")
    return found


def shortened(lines: list[str], *, is_all: bool = False) -> Iterator[str]:
    """The first fifty lines and how many more there are, or all of them."""
    shown = lines if is_all else lines[:LINES_SHOWN]
    yield from shown
    if len(lines) > len(shown):
        yield f"… and {len(lines) - len(shown):,} more"
