"""Backfills: usage of a period that is over, gathered, approved by a person, booked, and taken back as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db import transaction

from config.kernel.database import call
from usage.errors import BackfillClosed, BackfillEmpty, BackfillNotApproved
from usage.models import Backfill
from usage.queries.backfills import debits_to_return, identities, too_old
from usage.queries.moments import database_clock
from usage.rules.events import Acceptance, SentEvent
from usage.services import accepting
from usage.services.books import require_open

MOST_AT_ONCE = 1000
State = Backfill.State


def open_backfill(*, reason: str, by: str) -> Backfill:
    """Begin to gather. Nothing of it is booked before somebody approves it."""
    return Backfill.objects.create(reason=reason, opened_by=by, opened_at=database_clock())


def take_what_is_too_old(
    *, backfill: Backfill, account: str | None, since: datetime | None, until: datetime | None
) -> int:
    """Gather events that wait because their usage is older than 35 days; answers how many.

    account: None is all. since, until: when the usage occurred, half-open.

    Raises BackfillClosed.
    """
    _still_open(backfill)
    count, last = 0, None
    while events := too_old(account, since, until, last, MOST_AT_ONCE):
        count += _take(backfill, events)
        last = events[-1]
    return count


def take_events(
    *, backfill: Backfill, events: Sequence[SentEvent], product_id: int, api_key_id: int
) -> Acceptance:
    """Take events in for the backfill: none of them is booked before it is approved, however young its usage is.

    What is known already is a duplicate and stays where it is.

    Raises BackfillClosed, Unavailable.
    """
    _still_open(backfill)
    done = Acceptance()
    for start in range(0, len(events), MOST_AT_ONCE):
        part = events[start : start + MOST_AT_ONCE]
        with transaction.atomic():  # nobody sees the events before they belong to the backfill
            taken = accepting.accept(part, product_id=product_id, api_key_id=api_key_id)
            new = [part[place] for place in taken.taken]
            _take(backfill, identities([(each.account, each.source, each.sent_id) for each in new]))
        done.taken += [start + place for place in taken.taken]
        done.duplicates += taken.duplicates
        done.rejected |= {start + place: refusal for place, refusal in taken.rejected.items()}
    return done


def approve(*, backfill: Backfill, by: str) -> int:
    """Let all that was gathered be booked, whatever the policy says and however old it is; answers how many events.

    Raises BackfillClosed, BackfillEmpty.
    """
    done = call(
        "SELECT * FROM usage_backfill_approve_v1(%(backfill)s, %(by)s)", {"backfill": backfill.pk, "by": by}
    )
    if done.outcome == "not_open":
        raise BackfillClosed()
    if done.outcome == "empty":
        raise BackfillEmpty()
    count: int = done.count
    return count


@transaction.atomic
def discard(*, backfill: Backfill, by: str) -> int:
    """Book nothing of it. Its events are kept, and can be gathered into another; answers how many.

    Raises BackfillClosed.
    """
    found = Backfill.objects.select_for_update().get(pk=backfill.pk)
    if not found.is_open:
        raise BackfillClosed()
    found.state, found.closed_by, found.closed_at = State.DISCARDED, by, database_clock()
    found.save()
    return _leave(found)


@transaction.atomic
def revert(*, backfill: Backfill, by: str, reason: str) -> None:
    """Give back every debit of an approved backfill, as a job; what is not booked yet is not booked any more.

    Raises BackfillNotApproved, PeriodClosed.
    """
    found = Backfill.objects.select_for_update().get(pk=backfill.pk)
    if not found.is_approved or found.closed_at is None:
        raise BackfillNotApproved()
    require_open(found.closed_at, "This backfill was approved on")
    found.state, found.reverted_by, found.reverted_at = State.REVERTING, by, database_clock()
    found.revert_reason = reason
    found.save()
    _leave(found)


def work_on_reverts(seconds: float) -> bool:
    """Give back debits of backfills that are being taken back, for about so many seconds.

    Answers whether some are left.

    Safe to run twice, and together with itself: of a debit no more is given back than is left.
    """
    ends = monotonic() + seconds
    for backfill in Backfill.objects.filter(state=State.REVERTING).order_by("pk"):
        _leave(backfill)  # what a drainer found unratable meanwhile
        while debits := debits_to_return(backfill.pk, MOST_AT_ONCE):
            for debit_id, account_id, product_id in debits:
                _give_back(backfill, debit_id, account_id, product_id)
                if monotonic() >= ends:
                    return True
        Backfill.objects.filter(pk=backfill.pk, state=State.REVERTING).update(state=State.REVERTED)
        _leave(Backfill.objects.get(pk=backfill.pk))
    return False


def _give_back(backfill: Backfill, debit_id: UUID, account_id: UUID, product_id: int) -> None:
    """All that is left of one debit, in a transaction of its own; the backfill's name is the reason."""
    call(
        "SELECT outcome FROM usage_reverse_v1("
        "%(account)s, %(debit)s, %(product)s, NULL, NULL, NULL, %(reason)s, %(by)s)",
        {
            "account": account_id,
            "debit": debit_id,
            "product": product_id,
            "reason": f"Backfill {backfill.pk} was taken back: {backfill.revert_reason}",
            "by": backfill.reverted_by,
        },
    )


def _still_open(backfill: Backfill) -> None:
    if not Backfill.objects.filter(pk=backfill.pk, state=State.OPEN).exists():
        raise BackfillClosed()


def _take(backfill: Backfill, events: Sequence[UUID]) -> int:
    count: int = call(
        "SELECT usage_backfill_take_v1(%(backfill)s, %(events)s) AS count",
        {"backfill": backfill.pk, "events": list(events)},
    ).count
    return count


def _leave(backfill: Backfill) -> int:
    count: int = call(
        "SELECT usage_backfill_leave_v1(%(backfill)s) AS count", {"backfill": backfill.pk}
    ).count
    return count
