"""Re-ratings: asked for, told by a dry run, approved by a second person, stopped, and taken back as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from pricing.models import Version
from usage.errors import (
    IntervalRefused,
    ReratingNotBooked,
    ReratingNotReady,
    ReratingNotRunning,
    SecondPersonNeeded,
)
from usage.models import Rerating, ReratingState
from usage.queries.moments import database_clock

SILENT_FOR = timedelta(seconds=60)
"""After how long a silence a re-rating is taken up again: its bell was lost, or its worker."""
State = ReratingState


@dataclass(frozen=True, slots=True)
class ReratingOrder:
    """Which usage is to be charged anew, and by which prices.

    since, until: when it occurred, half-open; until: at most now. table_id, product_id, account_id, feature_id: None is
    every one. version_id: of prices whatever is in force, for usage of one table. Without one it is charged by what
    each account pays for usage of `priced_at`; None is now.
    """

    reason: str
    since: datetime
    until: datetime
    table_id: int | None = None
    product_id: int | None = None
    account_id: UUID | None = None
    feature_id: int | None = None
    version_id: int | None = None
    priced_at: datetime | None = None


def ask(*, order: ReratingOrder, by: str, now: datetime | None = None) -> Rerating:
    """Have it told what charging the usage anew would change; nothing is booked before somebody else approves it.

    Only what is recorded by now is in it. now: null in production.

    Raises IntervalRefused.
    """
    moment = now or database_clock()
    until = min(order.until, moment)
    if order.since >= until:
        raise IntervalRefused.at("/since", "The interval begins before it ends, and before now.")
    if not order.reason.strip():
        raise IntervalRefused.at("/reason", "A re-rating needs a reason.")
    if order.version_id is not None:
        _check_version(order, order.version_id)
        priced_at = None
    else:
        priced_at = order.priced_at or moment
        if priced_at > moment:
            raise IntervalRefused.at(
                "/priced_at", "What holds ahead is not settled; name an instant that is past."
            )
    return Rerating.objects.create(
        reason=order.reason,
        since=order.since,
        until=until,
        table_id=order.table_id,
        product_id=order.product_id,
        customer_id=order.account_id,
        feature_id=order.feature_id,
        version_id=order.version_id,
        priced_at=priced_at,
        asked_by=by,
        asked_at=moment,
    )


def _check_version(order: ReratingOrder, version_id: int) -> None:
    """It was published and is not withdrawn, and its table is in the token of the usage's."""
    version = Version.objects.lasting().select_related("table").filter(pk=version_id).first()
    if version is None:
        raise IntervalRefused.at(
            "/version", "Usage is charged by a version that is published and not withdrawn."
        )
    if order.table_id is None:
        raise IntervalRefused.at("/table", "Name the rate table by which the usage was priced.")
    if order.priced_at is not None:
        raise IntervalRefused.at("/priced_at", "Prices are of a version or of an instant, not of both.")
    others = Version.objects.filter(table_id=order.table_id).exclude(table__token=version.table.token)
    if others.exists():
        raise IntervalRefused.at("/version", f"{version.table} is in another token than the usage.")


@transaction.atomic
def approve(*, rerating: Rerating, by: str, now: datetime | None = None) -> None:
    """Let it be booked, by a job, as its dry run told. now: null in production.

    Raises ReratingNotReady, SecondPersonNeeded.
    """
    found = _locked(rerating)
    if not found.is_ready:
        raise ReratingNotReady()
    if by == found.asked_by:
        raise SecondPersonNeeded()
    found.approved_by, found.approved_at = by, now or database_clock()
    _start(found, State.RUNNING)
    found.save()


@transaction.atomic
def discard(*, rerating: Rerating, by: str) -> None:
    """Book nothing of it; a dry run that is under way ends.

    Raises ReratingNotReady.
    """
    found = _locked(rerating)
    if not found.is_unapproved:
        raise ReratingNotReady()
    found.state, found.ended_by, found.finished_at = State.DISCARDED, by, database_clock()
    found.save()


@transaction.atomic
def stop(*, rerating: Rerating, by: str) -> None:
    """Book no more of it: the slice at hand is the last. What is charged anew stays so, until it is taken back.

    Raises ReratingNotRunning.
    """
    found = _locked(rerating)
    if not found.is_running:
        raise ReratingNotRunning()
    found.state, found.ended_by, found.finished_at = State.STOPPED, by, database_clock()
    found.save()


@transaction.atomic
def revert(*, rerating: Rerating, by: str, reason: str, now: datetime | None = None) -> None:
    """Take it back, by a job: what it charged in others' places is given back, and charged again as it was before.

    now: null in production.

    Raises ReratingNotBooked.
    """
    found = _locked(rerating)
    if not found.may_be_reverted:
        raise ReratingNotBooked()
    found.reverted_by, found.reverted_at, found.revert_reason = by, now or database_clock(), reason
    _start(found, State.REVERTING)
    found.fault, found.finished_at = "", None
    found.save()


@transaction.atomic
def due() -> list[int]:
    """The re-ratings that a worker must be told of: new ones, and those of which nothing was heard for a minute."""
    moment = database_clock()
    rows = Rerating.objects.under_way().filter(Q(worked_at=None) | Q(worked_at__lt=moment - SILENT_FOR))
    found = list(rows.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    Rerating.objects.filter(pk__in=found).update(worked_at=moment)
    return found


def _locked(rerating: Rerating) -> Rerating:
    return Rerating.objects.select_for_update().get(pk=rerating.pk)


def _start(rerating: Rerating, turn: str) -> None:
    """Let a job begin the turn, from its first debit on. The caller saves it."""
    rerating.state, rerating.cursor, rerating.debits_done = turn, None, 0
    rerating.worked_at, rerating.tries = None, 0
