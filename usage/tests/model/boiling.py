"""Boils a failing history down to one that still fails and has nothing in it that could be left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from usage.tests.model.deeds import Extend, HoldTokens, Spend, Step
from usage.tests.model.histories import INSTANT, MINUTE


def simpler(story: list[Step]) -> Iterator[list[Step]]:
    """Shorter or plainer stories, the boldest first: what a failing history is boiled down by."""
    size = len(story) // 2
    while size:
        yield from (story[:start] + story[start + size :] for start in range(0, len(story), size))
        size //= 2
    for place, step in enumerate(story):
        for plainer in _plainer(step):
            yield [*story[:place], plainer, *story[place + 1 :]]


def _plainer(step: Step) -> Iterator[Step]:
    deed = step.deed
    if step.after is None or step.after > MINUTE:
        yield replace(step, after=MINUTE)
    if isinstance(deed, Spend) and len(deed.items) > 1:
        yield from (replace(step, deed=replace(deed, items=(item,))) for item in deed.items)
    plain = {
        "priority": 50,
        "features": (),
        "unit_cost": None,
        "lasts": None,
        "starts": INSTANT,
        "occurred": None,
    }
    if isinstance(deed, HoldTokens | Extend):
        del plain["lasts"]
    for name, value in plain.items():
        if getattr(deed, name, value) != value:
            yield replace(step, deed=replace(deed, **{name: value}))
