"""How long the steps of charging and of sending take: told to `/metrics` always, and to a tracer where one listens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from time import perf_counter

from prometheus_client import Histogram

Opens = Callable[[str], AbstractContextManager[object]]

SECONDS = Histogram(
    "tokendesk_step_seconds",
    "Seconds that a step of charging or of sending took.",
    ["step"],
    buckets=(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
PRICE = "price"
"""Finding the rates, in this process; where they are not remembered, by asking the database."""
QUEUE = "queue"
"""Waiting for a batch that another thread leads."""
SEND = "send"
"""One attempt at a webhook or an e-mail."""

_span: Opens | None = None


def trace_by(opens: Opens | None) -> None:
    """Let each step from now on be a span as well. opens: begins one of this name, as a context; None: no more."""
    global _span
    _span = opens


class Step:
    """Measures its block. A class and no generator: a debit passes three of them."""

    __slots__ = ("_name", "_began_at", "_span")

    def __init__(self, name: str) -> None:
        self._name = name
        self._span = _span(name) if _span else None

    def __enter__(self) -> None:
        if self._span is not None:
            self._span.__enter__()
        self._began_at = perf_counter()

    def __exit__(self, *fault: object) -> None:
        _of(self._name).observe(perf_counter() - self._began_at)
        if self._span is not None:
            self._span.__exit__(*fault)  # type: ignore[arg-type]


@cache
def _of(name: str) -> Histogram:
    return SECONDS.labels(name)
