"""What the model and the product say, held against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from usage.tests.model.facts import Refused


class Disagreement(AssertionError):
    pass


def attempt(act: Callable[[], Any]) -> tuple[Any, Refused | None]:
    try:
        return act() or {}, None
    except Refused as refusal:
        return None, refusal


def equal(what: str, told: Any, expected: Any) -> None:
    if told != expected:
        raise Disagreement(f"{what}:\n  the product says {told}\n  the model says   {expected}")
