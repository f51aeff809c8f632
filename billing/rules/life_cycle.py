"""The life of a version in steps, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["done", "now", "later", "skipped", "bad"]

_ORDER = ("draft", "in review", "approved", "scheduled", "live")


@dataclass(frozen=True, slots=True)
class LifeStep:
    """One step: its word, and whether it is behind, here, ahead, was left out, or went wrong."""

    word: str
    mark: Mark


def life(state: str, review: str, *, was_reviewed: bool, was_scheduled: bool) -> list[LifeStep]:
    """Where a version stands.

    state: of the version, as `draft` or `live`. review: of a draft, as `in review` or `sent back`.
    was_reviewed, was_scheduled: a published version was approved before, or began later than it was published.
    """
    if state == "draft":
        return _of_a_draft(review)
    reached = "scheduled" if state in ("scheduled", "withdrawn") else "live"
    steps = [LifeStep(word, _mark(word, reached, was_reviewed, was_scheduled)) for word in _ORDER]
    if state == "withdrawn":
        return [*steps[:-2], LifeStep("scheduled", "done"), LifeStep("withdrawn", "bad")]
    if state == "superseded":
        return [*steps[:-1], LifeStep("live", "done"), LifeStep("superseded", "now")]
    return steps


def _of_a_draft(review: str) -> list[LifeStep]:
    here = review if review in ("in review", "approved") else "draft"
    place = _ORDER.index(here)
    steps = [
        LifeStep(word, "done" if at < place else "now" if at == place else "later")
        for at, word in enumerate(_ORDER)
    ]
    if review in ("sent back", "outdated"):
        wrong = LifeStep("sent back" if review == "sent back" else "approval void", "bad")
        return [LifeStep("draft", "done"), wrong, *steps[2:]]
    return steps


def _mark(word: str, reached: str, was_reviewed: bool, was_scheduled: bool) -> Mark:
    if word == reached:
        return "now"
    if _ORDER.index(word) > _ORDER.index(reached):
        return "later"
    if word in ("in review", "approved") and not was_reviewed:
        return "skipped"
    if word == "scheduled" and not was_scheduled:
        return "skipped"
    return "done"
