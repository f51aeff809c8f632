"""Drafts: the one version of a table that people edit, each edit against the revision they saw."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from config.kernel.errors import FieldError, InvalidRequest, UnknownFeature
from config.kernel.signing import signed
from pricing.errors import DraftChanged, DraftExists, NotADraft, UnknownVersion
from pricing.models import Feature, Rate, RateTable, Refusal, Version
from pricing.queries.versions import draft_of, rows_of
from pricing.rules.rows import RateRow, faults
from pricing.services.on_record import on_record

ROWS_A_STATEMENT = 2_000
CODES_NAMED = 5


@transaction.atomic
def open_draft(
    *,
    table: RateTable,
    based_on: Version | None = None,
    note: str = "",
    user: User | None = None,
    reason: str = "",
) -> Version:
    """Begin a draft of the table: empty, or with the rates of the version it is based on.

    Raises DraftExists.
    """
    lock_table(table.pk)
    existing = draft_of(table.pk)
    if existing is not None:
        raise DraftExists(f"{existing} is a draft already.", extras={"version": existing.number})
    draft = add_version(Version(table=table, based_on=based_on, note=note), user, reason)
    write_rates(draft, rows_of(based_on))
    return draft


def draft_from(*, version: Version, user: User | None = None, reason: str = "") -> Version:
    """Begin a draft with the rates of a version of the same table.

    Raises DraftExists.
    """
    return open_draft(table=version.table, based_on=version, user=user, reason=reason)


def replace_rates(
    *,
    draft: Version,
    rows: Sequence[RateRow],
    revision: int | None,
    user: User | None = None,
    reason: str = "",
) -> Version:
    """Let the draft say these rows and nothing else, in this order.

    revision: what the editor saw; null replaces whatever is there.

    Raises NotADraft, DraftChanged, InvalidRequest, UnknownFeature.
    """
    with on_record(Refusal.Verb.EDIT, user, draft.table_id, draft.number), transaction.atomic():
        check_rows(rows)
        locked = lock_draft(draft.pk, revision)
        Rate.objects.of_version(locked.pk).delete()
        write_rates(locked, rows)
        return _turn_over(locked, user, reason)


def discard(*, draft: Version, user: User | None = None, reason: str = "") -> None:
    """Throw a draft away with its rates; its history and its reviews stay, its number goes to the next draft.

    Raises NotADraft, UnknownVersion.
    """
    with on_record(Refusal.Verb.DISCARD, user, draft.table_id, draft.number), transaction.atomic():
        locked = lock_draft(draft.pk, None)
        Rate.objects.of_version(locked.pk).delete()
        signed(locked, user, reason).delete()


def lock_table(table_id: int) -> RateTable:
    """Hold off other drafts and publications of the table. Debits are not held off."""
    return RateTable.objects.select_for_update(no_key=True).get(pk=table_id)


def lock_draft(version_id: int, revision: int | None) -> Version:
    """Hold off other edits of a draft, as long as it is one and stands at this revision.

    Raises UnknownVersion, NotADraft, DraftChanged.
    """
    draft = (
        Version.objects.select_for_update(of=["self"]).select_related("table").filter(pk=version_id).first()
    )
    if draft is None:
        raise UnknownVersion("The draft was discarded.")
    if not draft.is_draft:
        raise NotADraft(f"{draft} is published and never changes; make a new draft from it.")
    if revision is not None and revision != draft.revision:
        editor = _last_editor(draft)
        raise DraftChanged(
            f"{editor or 'Somebody'} edited {draft} meanwhile; look at it again.",
            extras={"revision": draft.revision, "edited_by": editor},
        )
    return draft


def add_version(version: Version, user: User | None, reason: str) -> Version:
    """Save a new draft under the next number of its table, whose lock the caller holds."""
    highest = Version.objects.filter(table_id=version.table_id).aggregate(Max("number"))["number__max"]
    version.number = (highest or 0) + 1
    signed(version, user, reason).save(force_insert=True)
    return version


def write_rates(draft: Version, rows: Sequence[RateRow]) -> None:
    """Add rows to a draft without a history of each: the version's history tells of them together."""
    Rate.objects.bulk_create((Rate.from_row(draft.pk, row) for row in rows), batch_size=ROWS_A_STATEMENT)


def check_rows(rows: Sequence[RateRow]) -> None:
    """Raises InvalidRequest, UnknownFeature."""
    errors = [
        FieldError(f"/rates/{place}/{fault.field}", fault.detail)
        for place, row in enumerate(rows)
        for fault in faults(row)
    ]
    if errors:
        raise InvalidRequest(errors[0].detail, errors=errors)
    seen: dict[object, int] = {}
    for place, row in enumerate(rows):
        if seen.setdefault(row.key, place) != place:
            raise InvalidRequest.at(f"/rates/{place}/feature", f"Two rows price {row.title}.")
    unknown = missing_features(rows)
    if unknown:
        unheard = [
            FieldError(f"/rates/{place}/feature", f"There is no feature {row.feature}.")
            for place, row in enumerate(rows)
            if row.feature in unknown
        ]
        raise UnknownFeature(_without(unknown), errors=unheard)


def missing_features(rows: Sequence[RateRow]) -> list[str]:
    """The codes that rows price and the catalogue does not have, sorted."""
    codes = {row.feature for row in rows if not row.is_pattern}
    return sorted(codes - set(Feature.objects.coded(codes).values_list("code", flat=True)))


def _without(codes: Sequence[str]) -> str:
    """`There are no features a, b and c.`; of many the first few."""
    if len(codes) == 1:
        return f"There is no feature {codes[0]}."
    rest = len(codes) - CODES_NAMED
    named = [*codes[:CODES_NAMED], f"{rest} more"] if rest > 1 else codes
    return f"There are no features {', '.join(named[:-1])} and {named[-1]}."


def _turn_over(draft: Version, user: User | None, reason: str) -> Version:
    draft.revision += 1
    signed(draft, user, reason).save(update_fields=["revision"])
    return draft


def _last_editor(draft: Version) -> str:
    last = draft.history.select_related("history_user").first()
    return str(last.history_user or "") if last else ""
