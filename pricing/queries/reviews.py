"""Where a draft stands with the second person, and whether one is needed."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import TextChoices

from pricing.models import Decision, Rate, Refusal, Review, ReviewRule, Version
from pricing.models.review import ReviewQuerySet
from pricing.queries.versions import Takeover
from pricing.rules.checks import Finding
from pricing.rules.second_person import MarginOf, Rule, reasons

SHOWN = 20


class ReviewState(TextChoices):
    """What became of the latest review. Outdated: the draft was edited after it was asked for or approved."""

    NONE = "draft"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    RETURNED = "sent back"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Standing:
    """A draft's state and what it derives from: its latest review and what was decided.

    is_current: the draft says what it said when that review was asked for.
    """

    state: ReviewState
    is_current: bool = False
    review: Review | None = None
    decision: Decision | None = None

    @property
    def is_approved(self) -> bool:
        return self.state == ReviewState.APPROVED

    @property
    def sentence(self) -> str:
        """What stands in the way of publishing, or that nothing does, and what to do about it."""
        review, decision = self.review, self.decision
        if review is None:
            return "Ask for approval first."
        if self.state == ReviewState.APPROVED and decision is not None:
            return f"{decision.decided_by} approved it."
        if self.state == ReviewState.IN_REVIEW:
            other = f" other than {review.asked_by}" if review.asked_by else ""
            return f"It waits for somebody{other} to approve it."
        if self.state == ReviewState.RETURNED and decision is not None:
            return f"{decision.decided_by} sent it back: {decision.reason}"
        since = (
            f"{decision.decided_by} approved it"
            if decision
            else f"{_name(review.asked_by)} asked for approval"
        )
        return f"It was edited after {since}, which no longer counts. Ask for approval again."


@dataclass(frozen=True, slots=True)
class Inbox:
    """The reviews that concern a person, newest first.

    waiting: they may decide. others: wait for somebody else than them. asked: they asked for.
    decided, refused: lately, by and for whomever.
    """

    waiting: list[Standing]
    others: list[Standing]
    asked: list[Standing]
    decided: list[Review]
    refused: list[Refusal]


def standing_of(version: Version) -> Standing:
    """Where a draft stands now, by what it says now."""
    review = _reviews().of_version(version.pk).first()
    if review is None:
        return Standing(ReviewState.NONE)
    return _standing(review)


def _standing(review: Review) -> Standing:
    decision: Decision | None = getattr(review, "decision", None)
    is_current = review.digest == content_of(review.version_id)
    if decision is not None and not decision.is_approval:
        state = ReviewState.RETURNED
    elif not is_current:
        state = ReviewState.OUTDATED
    else:
        state = ReviewState.IN_REVIEW if decision is None else ReviewState.APPROVED
    return Standing(state, is_current, review, decision)


def content_of(version_id: int) -> str:
    """The digest of what a version says, whatever the order of its rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pricing_content_v1(%s)", [version_id])
        (digest,) = cursor.fetchone()
    return str(digest)


def reasons_for_review(asked: Takeover, margin_of: MarginOf | None = None) -> list[Finding]:
    """Why publishing the draft needs a second person; none where no rule asks for one.

    margin_of: what a rate leaves; None where nobody knows.
    """
    return reasons(rules_about(asked.version.table_id), asked.rows, asked.before, asked.costs, margin_of)


def rules_about(table_id: int | None) -> list[Rule]:
    """The rules that are asked when prices of this table are published."""
    return [rule.rule for rule in ReviewRule.objects.active().about(table_id)]


def authors_of(version: Version) -> set[int]:
    """The people who opened or edited the draft, as its history names them."""
    of_version = Version.history.filter(id=version.pk).values_list("history_user_id", flat=True)
    of_rates = Rate.history.filter(version_id=version.pk).values_list("history_user_id", flat=True)
    return {each for each in (*of_version, *of_rates) if each is not None}


def may_decide(review: Review, user: User) -> bool:
    """Whether this person is a second person for the review."""
    return user.pk != review.asked_by_id and user.pk not in authors_of(review.version)


def inbox(user: User) -> Inbox:
    """What waits for this person, what they asked for, and what was decided or refused lately."""
    waiting = in_review()
    theirs = {each.review.pk for each in waiting if each.review and may_decide(each.review, user)}
    asked = _reviews().of_drafts().newest().filter(asked_by=user).order_by("-pk")[:SHOWN]
    lately = _reviews().decided().order_by("-decision__pk")[:SHOWN]
    refused = Refusal.objects.select_related("table", "user").order_by("-pk")[:SHOWN]
    return Inbox(
        waiting=[each for each in waiting if each.review and each.review.pk in theirs],
        others=[each for each in waiting if each.review and each.review.pk not in theirs],
        asked=[_standing(each) for each in asked],
        decided=list(lately),
        refused=list(refused),
    )


def in_review() -> list[Standing]:
    """The drafts that wait for a second person, the newest first; no more than a page shows."""
    undecided = _reviews().of_drafts().newest().undecided().order_by("-pk")[:SHOWN]
    return [each for each in map(_standing, undecided) if each.state == ReviewState.IN_REVIEW]


def _reviews() -> ReviewQuerySet:
    return Review.objects.select_related("version__table", "asked_by", "decision__decided_by")


def _name(user: User | None) -> str:
    return str(user) if user else "a program"
