"""Whose work this is: the request or the job that a line of the log, a trace and a bell belong to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{1,128}")
MOST_NOTED = 100
"""How many values of one kind a trail keeps; a batch has a thousand debits, and a line of the log a length."""


@dataclass(slots=True)
class Trail:
    """request_id: as the caller named it, or as it was made here. facts: identities that came up on the way, by kind.

    trace_id: of the trace that it is part of, empty where none is kept.
    """

    request_id: str
    facts: dict[str, list[str]] = field(default_factory=dict)
    trace_id: str = ""


_present: ContextVar[Trail | None] = ContextVar("trail", default=None)


def well_formed(given: str) -> str:
    """The id that was given, where it is 1 to 128 letters, digits or `._:-`; else one made here."""
    return given if WELL_FORMED.fullmatch(given) else secrets.token_hex(16)


@contextmanager
def followed(request_id: str) -> Iterator[Trail]:
    """Let all that happens in this thread, as long as the block lasts, belong to this request."""
    trail = Trail(request_id)
    before = _present.set(trail)
    try:
        yield trail
    finally:
        _present.reset(before)


def present() -> Trail | None:
    """The trail of the work at hand; None where it belongs to no request and no job."""
    return _present.get()


def note(**facts: object) -> None:
    """Remember identities that came up, such as `debit`, for the lines that tell how the work ended."""
    trail = _present.get()
    if trail is None:
        return
    for kind, value in facts.items():
        kept = trail.facts.setdefault(kind, [])
        if len(kept) < MOST_NOTED:
            kept.append(str(value))
