"""Fetching streams from their very beginning once more: counted first, without storing anything, then for real."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

from billing.connectors.contract import Connector
from billing.models import Connection, ConnectionHealth, Resync, SyncCursor, SyncRun
from billing.queries.resyncs import is_known, names_known
from billing.rules.connecting import (
    AccessExpired,
    ConnectionFault,
    Incomplete,
    Later,
    Page,
    Record,
    Unreachable,
    Unreadable,
)
from billing.rules.mapping import Mapped
from billing.rules.wish_names import name_of
from billing.services import connections
from billing.services.accesses import Connectors, RenewedElsewhere, exchanged
from billing.services.connection_lock import locked
from config.kernel.errors import Conflict, InvalidRequest
from config.kernel.signing import signed
from usage.queries.moments import database_clock

TRIES_AT_MOST = 5
SHORTEST_REST, LONGEST_REST = timedelta(seconds=10), timedelta(hours=1)
SILENT_FOR = timedelta(seconds=60)
"""After how long a silence counting is taken up again: its bell was lost, or its worker."""
BUSY_SECONDS = 5.0
"""How long a token that another renews is waited for."""
JOB = "resync"
FAULTS_KEPT = 20


@transaction.atomic
def ask(*, connection_id: int, streams: Sequence[str], offered: Sequence[str], user: User | None) -> Resync:
    """Have counted what these streams would bring from their very beginning. offered: by the connector, in its order.

    Raises InvalidRequest, UnknownConnection, Conflict where it is off or somebody has that counted already.
    """
    row = locked(connection_id)
    if row.state == Connection.State.OFF:
        raise Conflict("The connection is off.")
    if not streams or set(streams) - set(offered):
        raise InvalidRequest.at("/streams", f"Choose one or more of {', '.join(offered)}.")
    if Resync.objects.under_way().filter(connection=row).exists():
        raise Conflict("Somebody has this connection counted already; wait for it, or cancel it.")
    return Resync.objects.create(
        connection=row,
        streams=[each for each in offered if each in streams],
        asked_at=database_clock(),
        asked_by=user,
    )


def work(resync_id: int, connectors: Connectors, seconds: float) -> bool:
    """Count page after page for about so many seconds; answers whether some are left that can be fetched now.

    Safe to run twice, and together with itself: a page counts once. Not called inside a transaction.
    """
    ends = monotonic() + seconds
    tried = Resync.objects.under_way().filter(pk=resync_id)
    if not tried.update(state=Resync.State.RUNNING, worked_at=database_clock(), next_at=None):
        return False
    resync = Resync.objects.select_related("connection").get(pk=resync_id)
    connector = connectors.get(resync.connection.kind)
    if connector is None:
        _end(resync, Resync.State.FAILED, "This version knows no connector of this kind.")
        return False
    if not _may_be_called(resync):
        return False
    while resync.place < len(resync.streams):
        try:
            is_counted = _count_a_page(resync, connector)
        except RenewedElsewhere:
            _fell(resync, Later("Its token is being renewed.", BUSY_SECONDS))
            return False
        except ConnectionFault as fault:
            _fell(resync, fault)
            return False
        if not is_counted:
            return False
        if monotonic() >= ends:
            break
    if resync.place < len(resync.streams):
        return True
    _end(resync, Resync.State.COUNTED)
    return False


@transaction.atomic
def cancel(*, resync_id: int) -> None:
    """Let counting that is under way come to nothing; the page at hand is the last.

    Raises Conflict where it is over.
    """
    rows = Resync.objects.under_way().filter(pk=resync_id)
    if not rows.update(state=Resync.State.CANCELLED, finished_at=database_clock(), next_at=None):
        raise Conflict("It is over already.")


@transaction.atomic
def set_back(*, resync_id: int, user: User, reason: str) -> SyncRun:
    """Begin the streams that were counted at their very beginning, for real and once.

    What is known is known by its identity and comes to nothing; the rest is stored and applied. Raises Conflict.
    """
    found = Resync.objects.filter(pk=resync_id).first()
    if found is None:
        raise Conflict("There is no such count.")
    row = locked(found.connection_id)
    now = database_clock()
    counted = Resync.objects.filter(pk=resync_id, state=Resync.State.COUNTED, done_at=None)
    if not counted.update(done_at=now):
        raise Conflict("Count first what it would bring; each count serves once.")
    if row.state == Connection.State.OFF:
        raise Conflict("The connection is off.")
    cursors = SyncCursor.objects.select_for_update().filter(connection=row, stream__in=found.streams)
    identities = [each.pk for each in cursors.order_by("pk")]
    SyncCursor.objects.filter(pk__in=identities).update(position="", due_at=now, moved_at=now)
    told = f"Full resync of {', '.join(found.streams)}."
    signed(row, user, f"{told} {reason}".strip()).save()
    said = f"{told} Set back to the beginning by {user.get_username()}: {reason}"
    return SyncRun.objects.create(connection=row, job=JOB, began_at=now, ended_at=now, said=said)


@transaction.atomic
def due() -> list[int]:
    """What a worker must be told of: new counts, those that have rested, and those of which nothing was heard."""
    now = database_clock()
    is_new_or_silent = Q(worked_at=None) | Q(worked_at__lt=now - SILENT_FOR)
    rows = Resync.objects.under_way().filter(Q(next_at__lte=now) | Q(next_at=None) & is_new_or_silent)
    found = list(rows.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    Resync.objects.filter(pk__in=found).update(worked_at=now, next_at=None)
    return found


def _may_be_called(resync: Resync) -> bool:
    """Whether the connection is called now: one that was switched off ends the count, one that rests puts it off."""
    if resync.connection.state == Connection.State.OFF:
        _end(resync, Resync.State.FAILED, "The connection was switched off.")
        return False
    health = ConnectionHealth.objects.filter(connection=resync.connection, rests_until__gt=database_clock())
    rests_until = health.values_list("rests_until", flat=True).first()
    if rests_until is None:
        return True
    rows = Resync.objects.filter(pk=resync.pk, state=Resync.State.RUNNING)
    rows.update(next_at=rests_until, fault="They asked to be left alone, or did not answer.")
    return False


def _count_a_page(resync: Resync, connector: Connector) -> bool:
    """Fetch and count the next page; answers whether it counted: another may have been first, or somebody cancelled.

    Raises ConnectionFault.
    """
    row, stream = resync.connection, resync.streams[resync.place]
    page = exchanged(row, connector, lambda access: connector.pull(access, stream, resync.cursor))
    if not page.is_last and page.cursor == resync.cursor:
        raise Unreadable(f"The page of {stream} after {resync.cursor or 'the beginning'} leads to itself.")
    faults = Counter(resync.faults)
    counts = Counter(resync.counts.get(stream, {}))
    counts.update(_counted(row, connector, page, faults))
    was = {"place": resync.place, "cursor": resync.cursor}
    resync.place, resync.cursor = (resync.place + 1, "") if page.is_last else (resync.place, page.cursor)
    resync.counts = {**resync.counts, stream: dict(counts)}
    resync.faults, resync.tries = dict(faults.most_common(FAULTS_KEPT)), 0
    rows = Resync.objects.filter(pk=resync.pk, state=Resync.State.RUNNING, **was)
    return bool(
        rows.update(
            place=resync.place,
            cursor=resync.cursor,
            counts=resync.counts,
            faults=resync.faults,
            pages=F("pages") + 1,
            tries=0,
            fault="",
            worked_at=database_clock(),
        )
    )


def _counted(row: Connection, connector: Connector, page: Page, faults: Counter[str]) -> Counter[str]:
    """How many records of a page are what; why some can't be read is counted in `faults`."""
    found: Counter[str] = Counter()
    known = is_known(row.pk, [each.external_id for each in page.records])
    rules = connections.rules_of(row.pk, connector.targets)
    named: list[frozenset[str]] = []
    for record in page.records:
        if record.external_id in known:
            found["known"] += 1
            continue
        try:
            names = _names(record, connector, rules)
        except Incomplete:
            found["new"] += 1
            continue
        except Unreadable as fault:
            found["unreadable"] += 1
            faults[str(fault).partition(": ")[0][:200]] += 1  # what was found may name a person
            continue
        if names:
            named.append(names)
        else:
            found["nothing"] += 1
    theirs = names_known(row, frozenset[str]().union(*named))
    for names in named:
        found["changed" if names <= theirs else "new"] += 1
    return found


def _names(record: Record, connector: Connector, rules: Mapped) -> frozenset[str]:
    """What the things are called at theirs that a record is of; none where it concerns us in no way.

    Raises Unreadable, Incomplete where nobody knows before it is completed.
    """
    return frozenset(filter(None, map(name_of, connector.read(record, rules))))


def _fell(resync: Resync, fault: ConnectionFault) -> None:
    """Rest and go on, where that may help; else it ends in the reason."""
    now = database_clock()
    rows = Resync.objects.filter(pk=resync.pk, state=Resync.State.RUNNING)
    if isinstance(fault, Later):
        rest = min(timedelta(seconds=fault.seconds), LONGEST_REST)
        rows.update(next_at=now + rest, fault=str(fault), worked_at=now)
    elif isinstance(fault, Unreachable | AccessExpired) and resync.tries + 1 < TRIES_AT_MOST:
        rest = SHORTEST_REST * (1 << resync.tries)
        rows.update(next_at=now + rest, fault=str(fault), tries=F("tries") + 1, worked_at=now)
    else:
        _end(resync, Resync.State.FAILED, str(fault))


def _end(resync: Resync, state: str, fault: str = "") -> None:
    rows = Resync.objects.under_way().filter(pk=resync.pk)
    rows.update(state=state, fault=fault, finished_at=database_clock(), next_at=None)
