"""Gaps: kept once a kind, subject and day, closed by themselves or by somebody, each with its row in the inbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction

from billing.errors import GapClosed, UnknownCorrection, UnknownGap
from billing.models import CreditNote, Gap, GapNote, InboxItem
from billing.rules.reconciling import Found
from billing.services import inbox
from billing.services.inbox import Raised
from config.kernel.amounts import readable
from config.kernel.errors import InvalidRequest
from config.kernel.money import in_currency
from usage.models import Reversal
from usage.queries.moments import database_clock
from wallets.models import Grant

Verb = GapNote.Verb
WITH_OTHERS = ("missing_here", "missing_there", "differs")
"""Kinds of gaps with outside systems."""
LOCK = 7135
"""The advisory lock by which one keeps gaps at a time: two runs at once find each gap once."""


def keep_alone() -> None:
    """Let nobody else keep gaps until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def keep(
    found: Iterable[Found],
    *,
    kinds: Collection[str],
    first: date,
    last: date,
    system: str = "",
) -> int:
    """Keep what a comparison of these days found, and close what it did not find any more; answers how many it found.

    Within a transaction. kinds: those that were looked for to the end. system: whose records were compared, by how
    their subjects begin; empty: our own books. All of it happens once nobody else keeps gaps or closes a month, and is
    of that time.
    """
    keep_alone()
    rows = Gap.objects.with_money().select_for_update().of_days(first, last).order_by("pk")
    if system:
        rows = rows.filter(subject__startswith=f"{system} ")
    moment = database_clock()
    known = {(each.kind, each.subject, each.day): each for each in rows}
    seen = set()
    for each in found:
        seen.add(each.key)
        _found(known.get(each.key), each, moment)
    for key, gap in known.items():
        if key not in seen and gap.is_open and gap.kind in kinds:
            _close(gap, Gap.How.ITSELF, Verb.GONE, "", "", moment)
    return len(seen)


def keep_about(subjects: Collection[str], found: Iterable[Found], *, first: date, last: date) -> int:
    """Keep what a comparison of these subjects found, and close what is found of none of them; answers how many.

    Within a transaction. first, last: the days within which a subject has one gap of a kind, both included, whichever
    day it is found on. One of other days closes too once the subject agrees.
    """
    keep_alone()
    moment = database_clock()
    rows = Gap.objects.with_money().filter(kind__in=WITH_OTHERS, subject__in=list(subjects))
    known = list(rows.select_for_update().order_by("pk"))
    present = {(each.kind, each.subject): each for each in known if first <= each.day <= last}
    still = set()
    for each in found:
        still.add((each.kind, each.subject))
        _found(present.get((each.kind, each.subject)), each, moment)
    for gap in known:
        if gap.is_open and (gap.kind, gap.subject) not in still:
            _close(gap, Gap.How.ITSELF, Verb.GONE, "", "", moment)
    return len(still)


@transaction.atomic
def accept(*, gap_id: UUID, reason: str, user: User) -> Gap:
    """Close a gap for a reason. It stays closed as long as it is found with the same figures.

    Raises UnknownGap, GapClosed, InvalidRequest.
    """
    gap = _open(gap_id)
    _say_why(reason)
    gap.reason = reason
    return _close(gap, Gap.How.ACCEPTED, Verb.ACCEPTED, reason, user.get_username(), database_clock())


@transaction.atomic
def correct(*, gap_id: UUID, correction: str, correction_id: UUID, reason: str, user: User) -> Gap:
    """Close a gap by the entry that put it right, which was made through its own door.

    correction: what the entry is; it is of the gap's account, where the gap has one.

    Raises UnknownGap, GapClosed, UnknownCorrection, InvalidRequest.
    """
    gap = _open(gap_id)
    _say_why(reason)
    if not _is_there(gap, correction, correction_id):
        raise UnknownCorrection()
    gap.reason, gap.correction, gap.correction_id = reason, correction, correction_id
    said = f"{gap.get_correction_display()} {correction_id}: {reason}"
    return _close(gap, Gap.How.CORRECTED, Verb.CORRECTED, said, user.get_username(), database_clock())


@transaction.atomic
def note_asked(*, gap_id: UUID, reason: str, user: User) -> Gap:
    """Note that somebody has a gap's record sent or fetched again, and why. It stays open until both agree.

    Raises UnknownGap, GapClosed, InvalidRequest.
    """
    gap = _open(gap_id)
    _say_why(reason)
    _note(gap, Verb.ASKED, reason, user.get_username(), database_clock())
    return gap


@transaction.atomic
def note_stays(*, gap_id: UUID, said: str) -> None:
    """Note that a gap is still there though its record was sent or fetched again; one that is closed stays as it is."""
    gap = Gap.objects.select_for_update(of=("self",)).get(pk=gap_id)
    if gap.is_open:
        _note(gap, Verb.STAYS, said, "", database_clock())


@transaction.atomic
def resent(*, gap_id: UUID, said: str, by: str = "") -> Gap:
    """Close a gap whose record was sent to the other system again; a run that finds it still there opens it anew.

    Raises UnknownGap, GapClosed.
    """
    return _close(_open(gap_id), Gap.How.RESENT, Verb.RESENT, said, by, database_clock())


def _found(gap: Gap | None, found: Found, moment: datetime) -> None:
    if gap is None:
        made = Gap.objects.create(
            kind=found.kind,
            subject=found.subject,
            day=found.day,
            customer_id=found.customer,
            ours=found.ours,
            theirs=found.theirs,
            measure=found.measure,
            said=found.said,
            first_seen_at=moment,
            last_seen_at=moment,
        )
        gap = Gap.objects.with_money().get(pk=made.pk)
        _note(gap, Verb.FOUND, _figures(gap), "", moment)
        _raise(gap, moment)
        return
    is_same = (gap.ours, gap.theirs) == (found.ours, found.theirs)
    if gap.kind in WITH_OTHERS:
        is_same = is_same and gap.said == found.said
    gap.last_seen_at, gap.ours, gap.theirs, gap.said = moment, found.ours, found.theirs, found.said
    gap.measure = found.measure
    if not gap.is_open and (not is_same or gap.how in (Gap.How.ITSELF, Gap.How.RESENT)):
        gap.state, gap.how, gap.reason, gap.closed_by, gap.closed_at = Gap.State.OPEN, "", "", "", None
        gap.correction, gap.correction_id = "", None
        _note(gap, Verb.AGAIN, _figures(gap), "", moment)
    elif not is_same:
        _note(gap, Verb.CHANGED, _figures(gap), "", moment)
    gap.save()
    if gap.is_open:
        _raise(gap, moment)


def _raise(gap: Gap, moment: datetime) -> None:
    inbox.raise_item(
        Raised(
            rule=InboxItem.Rule.GAP,
            subject=str(gap.pk),
            title=f"{gap}: {_said(gap, abs(gap.difference))}",
            detail=" ".join(each for each in (gap.said, _figures(gap)) if each),
            link=f"billing/gap/{gap.pk}/change/",
            customer_id=gap.customer_id,
        ),
        moment,
    )


def _close(gap: Gap, how: Gap.How, verb: GapNote.Verb, said: str, by: str, moment: datetime) -> Gap:
    gap.state, gap.how, gap.closed_by, gap.closed_at = Gap.State.CLOSED, how, by, moment
    gap.save()
    _note(gap, verb, said, by, moment)
    inbox.settle_item(
        rule=InboxItem.Rule.GAP, subject=str(gap.pk), said=f"Closed: {gap.how_it_closed}.", now=moment
    )
    return gap


def _note(gap: Gap, verb: GapNote.Verb, said: str, by: str, moment: datetime) -> None:
    GapNote.objects.create(gap=gap, verb=verb, said=said, by=by, at=moment)


def _figures(gap: Gap) -> str:
    """What both books say of it, in a sentence: `3 against 2 AIT.`"""
    first = "Nothing" if gap.ours is None else _said(gap, gap.ours).removesuffix(f" {gap.measure}")
    second = f"nothing {gap.measure}".rstrip() if gap.theirs is None else _said(gap, gap.theirs)
    return f"{first} against {second}."


def _said(gap: Gap, amount: Decimal) -> str:
    """An amount with what it is of, money with the digits of its currency. The gap was read `with_money`."""
    if gap.is_money:
        return in_currency(amount, gap.measure)
    return f"{readable(amount)} {gap.measure}".rstrip()


def _open(gap_id: UUID) -> Gap:
    """The gap, locked."""
    gap = Gap.objects.select_for_update(of=("self",)).filter(pk=gap_id).first()
    if gap is None:
        raise UnknownGap()
    if not gap.is_open:
        raise GapClosed()
    return gap


def _say_why(reason: str) -> None:
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")


def _is_there(gap: Gap, correction: str, correction_id: UUID) -> bool:
    if correction == Gap.Correction.CREDIT_NOTE:
        notes = CreditNote.objects.filter(pk=correction_id)
        return (notes.filter(customer=gap.customer_id) if gap.customer_id else notes).exists()
    rows = (Reversal if correction == Gap.Correction.REVERSAL else Grant).objects.filter(pk=correction_id)
    return (rows.filter(account=gap.customer_id) if gap.customer_id else rows).exists()
