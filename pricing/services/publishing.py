"""The one door through which prices come into force."""

from __future__ import annotations

import json
from datetime import datetime

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from config.kernel.errors import FieldError
from config.kernel.signing import record
from pricing.errors import (
    InstantInThePast,
    NotADraft,
    NothingToUndo,
    OverlapsInTime,
    PublishRefused,
    TableBusy,
    UnknownVersion,
)
from pricing.models import Version
from pricing.queries.pricebook import pricebook
from pricing.queries.versions import (
    moment_of_the_database,
    rows_of,
    verdict_on,
    version_before,
    version_in_force,
)
from pricing.rules.checks import Verdict
from pricing.services.drafting import add_version, lock_draft, lock_table, write_rates


@transaction.atomic
def publish(
    *,
    version: Version,
    effective_from: datetime | None = None,
    reason: str = "",
    user: User | None = None,
    revision: int | None = None,
    moment: datetime | None = None,
) -> Version:
    """Let a draft price usage from now, by the database's clock, or from a later instant.

    Answers the published version, with the warnings that were recorded. When it returns and its transaction is
    committed, no debit at the old price is under way.
    revision: what the person saw; another one is refused.
    moment: the instant of publishing; only for tests and for loading a history.

    Raises UnknownVersion, NotADraft, DraftChanged, PublishRefused, InstantInThePast, OverlapsInTime,
    TableBusy.
    """
    lock_table(version.table_id)
    draft = lock_draft(version.pk, revision)
    return _publish(draft, effective_from, reason, user, moment)


@transaction.atomic
def undo(
    *, version: Version, reason: str = "", user: User | None = None, moment: datetime | None = None
) -> Version:
    """Publish anew, from now, what was in force before this version. Answers the new version.

    A draft of the table stays as it is. moment: as in `publish`.

    Raises NothingToUndo, PublishRefused, TableBusy.
    """
    table = lock_table(version.table_id)
    live = version_in_force(table.pk, moment or moment_of_the_database())
    if live is None or live.pk != version.pk:
        raise NothingToUndo(f"{version} is not in force.")
    former = version_before(live)
    if former is None:
        raise NothingToUndo(f"Nothing was in force before {version}.")
    again = add_version(Version(table=table, based_on=live, restores=former), user, reason)
    write_rates(again, rows_of(former))
    return _publish(again, None, reason, user, moment)


def _publish(
    draft: Version, effective_from: datetime | None, reason: str, user: User | None, moment: datetime | None
) -> Version:
    starts_at = effective_from or moment or moment_of_the_database()
    verdict = verdict_on(draft, starts_at)
    if not verdict.is_publishable:
        raise _refusal(draft, verdict)
    warnings = [
        {"code": each.code, "feature": each.feature, "detail": each.detail} for each in verdict.warnings
    ]
    author = user.pk if user else None
    outcome = _stamped(draft.pk, effective_from, author, reason, json.dumps(warnings), moment)
    if outcome != "published":
        raise OUTCOMES[outcome](WORDING[outcome])
    published = Version.objects.select_related("table").get(pk=draft.pk)
    record(published, user, reason)
    transaction.on_commit(lambda: pricebook().forget(published.table_id))
    return published


def _stamped(*arguments: int | str | datetime | None) -> str:
    """Publish in the database, once no debit at the old price is under way; answers the outcome."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT outcome FROM pricing_publish_v1(%s, %s, %s, %s, %s::jsonb, %s)", arguments)
        except OperationalError as fault:
            if isinstance(fault.__cause__, LockNotAvailable):
                raise TableBusy("Debits of the table are under way; try again.") from fault
            raise
        (outcome,) = cursor.fetchone()
    return str(outcome)


OUTCOMES = {
    "unknown_version": UnknownVersion,
    "already_published": NotADraft,
    "past_instant": InstantInThePast,
    "overlap": OverlapsInTime,
}
WORDING = {
    "unknown_version": "There is no such draft.",
    "already_published": "The version is published already.",
    "past_instant": "A version starts now or later.",
    "overlap": "Another version of the table starts at that instant.",
}


def _refusal(draft: Version, verdict: Verdict) -> PublishRefused:
    errors = [
        FieldError("/rates" if each.row is None else f"/rates/{each.row}", each.detail)
        for each in verdict.refusals
    ]
    return PublishRefused(f"{draft} can't be published: {errors[0].detail}", errors=errors)
