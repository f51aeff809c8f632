"""What happened to a version: who asked, decided, published or took it back, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.rules.life_cycle import LifeStep, life
from pricing.models import Decision, Review, Version
from pricing.queries.reviews import ReviewState, Standing, standing_of

EDITS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Deed:
    """One step that somebody took."""

    at: datetime
    what: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Life:
    """Where a version stands at a moment, and how it came there; standing: of a draft."""

    steps: list[LifeStep]
    deeds: list[Deed]
    standing: Standing

    @property
    def word(self) -> str:
        """The step where it stands now."""
        return [step.word for step in self.steps if step.mark in ("now", "bad")][-1]


def life_of(version: Version, moment: datetime) -> Life:
    """The version's life until now. Of a draft, what it says is compared with what was asked and approved."""
    standing = standing_of(version) if version.is_draft else Standing(ReviewState.NONE)
    steps = life(
        version.state_at(moment).value,
        standing.state.value,
        was_reviewed=version.review_id is not None,
        was_scheduled=version.effective_from != version.published_at,
    )
    deeds = sorted([*_edits(version), *_reviews(version), *_publication(version)], key=lambda deed: deed.at)
    return Life(steps, deeds, standing)


def _edits(version: Version) -> list[Deed]:
    """The newest edits of the draft, and its opening where there were no more than are shown."""
    records = Version.history.filter(id=version.pk, published_at=None).select_related("history_user")
    return [
        Deed(
            record.history_date,
            "opened" if record.history_type == "+" else "edited",
            _name(record.history_user),
            record.history_change_reason or "",
        )
        for record in records.order_by("-history_date", "-history_id")[:EDITS_SHOWN]
    ]


def _reviews(version: Version) -> list[Deed]:
    found = []
    reviews = Review.objects.of_version(version.pk).select_related("asked_by", "decision__decided_by")
    for review in reviews:
        found.append(Deed(review.asked_at, "asked for approval", _name(review.asked_by), review.note))
        decision: Decision | None = getattr(review, "decision", None)
        if decision is not None:
            what = decision.get_verdict_display()
            found.append(Deed(decision.decided_at, what, _name(decision.decided_by), decision.reason))
    return found


def _publication(version: Version) -> list[Deed]:
    if version.published_at is None:
        return []
    found = [Deed(version.published_at, "published", _name(version.published_by), version.reason)]
    taken = getattr(version, "withdrawal", None)
    if taken is not None:
        found.append(Deed(taken.withdrawn_at, "withdrawn", _name(taken.withdrawn_by), taken.reason))
    return found


def _name(user: object) -> str:
    return str(user) if user else "a program"
