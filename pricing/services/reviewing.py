"""A second person for prices: asking for approval, and deciding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from config.kernel.errors import DomainError, InvalidRequest
from pricing.errors import NothingToDecide, OwnWork, ReviewExists, ReviewOutdated
from pricing.models import Decision, Refusal, Review, Version
from pricing.queries.versions import moment_of_the_database, takeover, verdict_on
from pricing.services.drafting import lock_draft
from pricing.services.on_record import on_record
from pricing.services.publishing import refused

# What the triggers of reviews and decisions refuse; the sentence is theirs.
BROKEN: dict[str, type[DomainError]] = {
    "draft_is_approved_once": ReviewExists,
    "draft_is_asked_about_once": ReviewExists,
    "only_a_draft_is_decided_on": NothingToDecide,
    "review_is_decided_once": NothingToDecide,
    "latest_review_is_decided": NothingToDecide,
    "approver_is_no_author": OwnWork,
    "decision_is_by_somebody_else": OwnWork,
    "approval_is_of_what_was_asked": ReviewOutdated,
    "decision_to_send_back_says_why": InvalidRequest,
}

_SENTENCES = {each.name: str(each.violation_error_message) for each in Decision._meta.constraints}


def ask(*, draft: Version, note: str = "", user: User | None = None, revision: int | None = None) -> Review:
    """Put the draft before a second person, as it stands. Publishing still needs somebody to press the button.

    revision: what the person saw; another one is refused.

    Raises UnknownVersion, NotADraft, DraftChanged, PublishRefused, ReviewExists.
    """
    with on_record(Refusal.Verb.ASK, user, draft.table_id, draft.number), _decided_by_the_database():
        locked = lock_draft(draft.pk, revision)
        verdict = verdict_on(takeover(locked, moment_of_the_database()))
        if not verdict.is_publishable:
            raise refused(locked, verdict)
        review = Review.objects.create(version=locked, note=note, asked_by=user)
        review.refresh_from_db()
        return review


def approve(*, review: Review, user: User, reason: str = "") -> Decision:
    """Let the draft be published as it stands; an edit after this makes it void.

    Raises OwnWork, ReviewOutdated, NothingToDecide.
    """
    return _decide(review, Decision.Verdict.APPROVED, user, reason)


def send_back(*, review: Review, user: User, reason: str) -> Decision:
    """Tell the author why the draft is not to be published like this.

    Raises OwnWork, NothingToDecide, InvalidRequest.
    """
    return _decide(review, Decision.Verdict.RETURNED, user, reason)


def _decide(review: Review, verdict: Decision.Verdict, user: User, reason: str) -> Decision:
    with on_record(Refusal.Verb.DECIDE, user, review.table_id, review.number), _decided_by_the_database():
        decision = Decision.objects.create(review=review, verdict=verdict, decided_by=user, reason=reason)
        decision.refresh_from_db()
        return decision


@contextmanager
def _decided_by_the_database() -> Iterator[None]:
    """One transaction, with what its triggers and constraints refuse raised as the refusals that callers know."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis: Any = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name not in BROKEN:
            raise
        name = diagnosis.constraint_name
        sentence = _SENTENCES.get(name) or diagnosis.message_primary  # a trigger brings its own
        raise BROKEN[name](sentence) from error
