"""The one door through which prices come into force, and are taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from config.kernel.errors import DomainError, FieldError
from config.kernel.signing import record
from pricing.errors import (
    InstantInThePast,
    NotADraft,
    NothingToUndo,
    NotScheduled,
    OverlapsInTime,
    PublishRefused,
    ReviewNeeded,
    TableBusy,
    UnknownVersion,
)
from pricing.models import Refusal, Version
from pricing.queries.pricebook import pricebook
from pricing.queries.reviews import Standing, reasons_for_review, standing_of
from pricing.queries.versions import (
    moment_of_the_database,
    rows_of,
    takeover,
    verdict_on,
    version_before,
    version_in_force,
)
from pricing.rules.checks import Finding, Verdict
from pricing.rules.second_person import MarginOf
from pricing.services.drafting import add_version, lock_draft, lock_table, write_rates
from pricing.services.on_record import on_record


@dataclass(frozen=True, slots=True)
class _Wish:
    """How a draft is to be published. Fields as the arguments of `publish`."""

    effective_from: datetime | None
    reason: str
    user: User | None
    moment: datetime | None
    margin_of: MarginOf | None = None


def publish(
    *,
    version: Version,
    effective_from: datetime | None = None,
    reason: str = "",
    user: User | None = None,
    revision: int | None = None,
    moment: datetime | None = None,
    margin_of: MarginOf | None = None,
) -> Version:
    """Let a draft price usage from now, by the database's clock, or from a later instant.

    Answers the published version, with the warnings that were recorded. When it returns and its transaction is
    committed, no debit at the old price is under way.
    revision: what the person saw; another one is refused.
    moment: the instant of publishing; only for tests and for loading a history.
    margin_of: what a rate leaves; where a rule asks for that and it is not given, a second person is needed.

    Raises UnknownVersion, NotADraft, DraftChanged, PublishRefused, ReviewNeeded, InstantInThePast,
    OverlapsInTime, TableBusy.
    """
    wish = _Wish(effective_from, reason, user, moment, margin_of)
    with on_record(Refusal.Verb.PUBLISH, user, version.table_id, version.number), transaction.atomic():
        lock_table(version.table_id)
        return _publish(lock_draft(version.pk, revision), wish)


def undo(
    *,
    version: Version,
    reason: str = "",
    user: User | None = None,
    moment: datetime | None = None,
    margin_of: MarginOf | None = None,
) -> Version:
    """Publish anew, from now, what was in force before this version. Answers the new version.

    It needs no second person, whatever the rules say; the warnings keep what they said.
    A draft of the table stays as it is. moment, margin_of: as in `publish`.

    Raises NothingToUndo, PublishRefused, TableBusy.
    """
    with on_record(Refusal.Verb.UNDO, user, version.table_id, version.number), transaction.atomic():
        table = lock_table(version.table_id)
        live = version_in_force(table.pk, moment or moment_of_the_database())
        if live is None or live.pk != version.pk:
            raise NothingToUndo(f"{version} is not in force.")
        former = version_before(live)
        if former is None:
            raise NothingToUndo(f"Nothing was in force before {version}.")
        again = add_version(Version(table=table, based_on=live, restores=former), user, reason)
        write_rates(again, rows_of(former))
        return _publish(again, _Wish(None, reason, user, moment, margin_of))


def withdraw(
    *, version: Version, reason: str = "", user: User | None = None, moment: datetime | None = None
) -> Version:
    """Take a scheduled version back before it begins. Answers it; it stays, and prices nothing.

    What would have ended at its start goes on until the next scheduled version, or for good. moment: as in `publish`.

    Raises UnknownVersion, NotScheduled, TableBusy.
    """
    with on_record(Refusal.Verb.WITHDRAW, user, version.table_id, version.number), transaction.atomic():
        lock_table(version.table_id)
        author = user.pk if user else None
        outcome = _asked("pricing_withdraw_v1(%s, %s, %s, %s)", version.pk, author, reason, moment)
        if outcome != "withdrawn":
            raise _refusal(outcome, version)
        withdrawn = Version.objects.select_related("table").get(pk=version.pk)
        record(withdrawn, user, reason)
        transaction.on_commit(lambda: pricebook().forget(withdrawn.table_id))
        return withdrawn


def publish_locked(
    *,
    draft: Version,
    effective_from: datetime | None,
    reason: str,
    user: User | None,
    margin_of: MarginOf | None,
) -> Version:
    """`publish` for a caller that holds the table's lock and keeps its own record of refusals."""
    return _publish(lock_draft(draft.pk, None), _Wish(effective_from, reason, user, None, margin_of))


def _publish(draft: Version, wish: _Wish) -> Version:
    now = wish.moment or moment_of_the_database()
    starts_at = wish.effective_from or now
    if starts_at < now:
        raise _refusal("past_instant", draft)
    asked = takeover(draft, starts_at)
    verdict = verdict_on(asked)
    if not verdict.is_publishable:
        raise refused(draft, verdict)
    reasons = reasons_for_review(asked, wish.margin_of)
    is_undo = draft.restores_id is not None
    if reasons and not is_undo and not (standing := standing_of(draft)).is_approved:
        raise _review_needed(draft, standing, reasons)
    warnings = [
        *({"code": each.code, "feature": each.feature, "detail": each.detail} for each in verdict.warnings),
        *(_as_reviewed(each, is_undo) for each in reasons),
    ]
    outcome = _asked(
        "pricing_publish_v1(%s, %s, %s, %s, %s::jsonb, %s, %s)",
        draft.pk,
        wish.effective_from,
        wish.user.pk if wish.user else None,
        wish.reason,
        json.dumps(warnings),
        bool(reasons) and not is_undo,
        wish.moment,
    )
    if outcome != "published":
        raise _refusal(outcome, draft)
    published = Version.objects.select_related("table").get(pk=draft.pk)
    record(published, wish.user, wish.reason)
    transaction.on_commit(lambda: pricebook().forget(published.table_id))
    return published


def _as_reviewed(reason: Finding, is_undo: bool) -> dict[str, str]:
    """A reason for a second person as the version keeps it."""
    how = "No second person: it was in force before." if is_undo else "A second person approved it."
    return {"code": f"review_{reason.code}", "feature": reason.feature, "detail": f"{reason.detail} {how}"}


def _review_needed(draft: Version, standing: Standing, reasons: Sequence[Finding]) -> ReviewNeeded:
    errors = [
        FieldError("/rates" if each.row is None else f"/rates/{each.row}", each.detail) for each in reasons
    ]
    return ReviewNeeded(
        f"{draft} needs a second person. {standing.sentence}",
        errors=errors,
        extras={"review": standing.state.value},
    )


def _asked(call: str, *given: int | str | datetime | bool | None) -> str:
    """Call a function that waits for the debits under way at the old price; answers its outcome."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT outcome FROM {call}", given)
        except OperationalError as fault:
            if isinstance(fault.__cause__, LockNotAvailable):
                raise TableBusy("Debits of the table are under way; try again.") from fault
            raise
        (outcome,) = cursor.fetchone()
    return str(outcome)


OUTCOMES: dict[str, tuple[type[DomainError], str]] = {
    "unknown_version": (UnknownVersion, "There is no such version."),
    "already_published": (NotADraft, "{version} is published already."),
    "review_needed": (ReviewNeeded, "{version} needs a second person, who approves what it says now."),
    "past_instant": (InstantInThePast, "A version starts now or later."),
    "overlap": (OverlapsInTime, "Another version of the table starts at that instant."),
    "not_published": (NotScheduled, "{version} is a draft: there is nothing to withdraw."),
    "already_withdrawn": (NotScheduled, "{version} is withdrawn already."),
    "already_begun": (NotScheduled, "{version} has begun, and what has begun is undone, not withdrawn."),
}


def _refusal(outcome: str, version: Version) -> DomainError:
    refusal, wording = OUTCOMES[outcome]
    return refusal(wording.format(version=version))


def refused(draft: Version, verdict: Verdict) -> PublishRefused:
    """Why the draft can't be published, whoever looks at it."""
    errors = [
        FieldError("/rates" if each.row is None else f"/rates/{each.row}", each.detail)
        for each in verdict.refusals
    ]
    return PublishRefused(f"{draft} can't be published: {errors[0].detail}", errors=errors)
