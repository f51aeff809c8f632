"""Whether a record names a customer of theirs: by what it comes to, and by the values that stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from billing.rules.connecting import Customer, Gone, Merged, Sale, TrialWish, Wish


def customers_of(wishes: Iterable[Wish]) -> frozenset[str]:
    """The names at theirs of the customers that these wishes are about."""
    found: set[str] = set()
    for wish in wishes:
        match wish:
            case Customer() | Gone():
                found.add(wish.external_id)
            case Sale() | TrialWish():
                found.add(wish.customer)
            case Merged():
                found |= {wish.gone, wish.into}
    return frozenset(found - {""})


def says(content: Any, name: str) -> bool:
    """Whether the name stands somewhere in it as a text of its own."""
    left: list[Any] = [content]
    while left:
        each = left.pop()
        if each == name and isinstance(each, str):
            return True
        if isinstance(each, dict):
            left += each.values()
        elif isinstance(each, list):
            left += each
    return False


def came_to(outcome: Sequence[dict[str, Any]], refs: frozenset[str]) -> bool:
    """Whether a handling's outcome is one of these: a reference of an account, an order's name, a trial."""
    return any(each.get("ref") in refs for each in outcome)
