"""Fetching what outside systems tell and sending what they are told. Whoever calls brings the connectors along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from time import monotonic

from django.db import transaction

from billing.connectors.contract import Connector
from billing.models import Connection, Received, SyncCursor
from billing.queries.exchanges_due import messages_due, streams_due
from billing.rules.connecting import (
    FIELDS,
    INVOICE_ITEM,
    TASK,
    Access,
    ConnectionFault,
    Later,
    Page,
    Refused,
    Sent,
    Unreachable,
)
from billing.rules.deliveries import Next
from billing.rules.sending import OF_A_CUSTOMER
from billing.services import lanes, outgoing, outgoing_answers, receiving
from billing.services.accesses import Connectors, RenewedElsewhere, exchanged
from billing.services.lanes import Lane, Over, Threads
from billing.services.outgoing import Claimed
from billing.services.sync_runs import Tale, note_exchange, tell
from config.kernel.errors import DomainError
from usage.queries.moments import database_clock

PULL, SEND = "fetch from connections", "send to connections"
LEASE = timedelta(minutes=3)
EVERY = timedelta(seconds=25)
"""A stream that was fetched to its end is due again after this."""
BUSY_WAIT = timedelta(seconds=5)
THREADS = Threads(proven=6, unproven=16)
AT_ONE_CONNECTION = 2
MOST_COUNTED = 1000
_JOBS = {FIELDS: "send fields", TASK: "send tasks", INVOICE_ITEM: "send invoice items"}


def pull_due(connectors: Connectors, seconds: float) -> int:
    """Fetch every stream that is due for about so many seconds. Answers how many records were new."""
    _begin_cursors(connectors)
    return lanes.work(
        PULL, partial(_lanes_of_streams, connectors), partial(_fetch, connectors), THREADS, seconds
    )


def send_due(connectors: Connectors, seconds: float) -> int:
    """Send what is due for about so many seconds, or until nothing is. Answers how many messages arrived."""
    return lanes.work(
        SEND, partial(_lanes_of_messages, connectors), partial(_send, connectors), THREADS, seconds
    )


# Fetching.


def _begin_cursors(connectors: Connectors) -> None:
    """Give each stream of each connection that is on a place to begin at."""
    present = set(SyncCursor.objects.values_list("connection_id", "stream"))
    now = database_clock()
    SyncCursor.objects.bulk_create(
        [
            SyncCursor(connection_id=pk, stream=stream, due_at=now)
            for pk, kind in Connection.objects.on().values_list("pk", "kind")
            for stream in (connectors[kind].streams if kind in connectors else ())
            if (pk, stream) not in present
        ],
        ignore_conflicts=True,
    )


def _lanes_of_streams(connectors: Connectors) -> list[Lane]:
    fetching = [kind for kind, connector in connectors.items() if connector.streams]
    return [Lane(pk, 1, is_proven) for pk, is_proven in streams_due(fetching)]


def _fetch(connectors: Connectors, lane: Lane, is_over: Over) -> int:
    """Fetch the streams of a connection one after the other; what hinders one of them hinders the rest."""
    row = Connection.objects.get(pk=lane.receiver_id)
    connector, new = connectors[row.kind], 0
    for stream in connector.streams:
        if is_over():
            break
        place = _taken(row, stream)
        if place is None:
            continue
        tale = Tale(stream, database_clock())
        goes_on = _fetch_stream(row, connector, place, tale, is_over)
        tell(row.pk, tale)
        new += tale.done
        if not goes_on:
            break
    return new


def _taken(row: Connection, stream: str) -> SyncCursor | None:
    """The stream's place, the caller's for LEASE; None where it is not due or is somebody else's."""
    now = database_clock()
    due = SyncCursor.objects.filter(connection=row, stream=stream, due_at__lte=now)
    if not due.update(due_at=now + LEASE):
        return None
    return SyncCursor.objects.filter(connection=row, stream=stream, due_at=now + LEASE).first()


def _fetch_stream(
    row: Connection, connector: Connector, place: SyncCursor, tale: Tale, is_over: Over
) -> bool:
    """Fetch page after page. Answers whether other streams of the connection are worth a try."""
    try:
        while True:
            page = exchanged(row, connector, partial(_page, connector, place))
            note_exchange(row.pk, tale.job)
            if not _stored(place, page, tale):
                return False
            if page.is_last or is_over() or not Connection.objects.on().filter(pk=row.pk).exists():
                _let_go(place, EVERY if page.is_last else timedelta(0))
                return True
    except RenewedElsewhere:
        _let_go(place, BUSY_WAIT)
        return False
    except (ConnectionFault, DomainError) as fault:
        why = fault if isinstance(fault, ConnectionFault) else Unreachable(f"It can't be kept: {fault}")
        note_exchange(row.pk, tale.job, why)
        tale.failed, tale.fault, tale.said = tale.failed + 1, str(why), str(why)
        _let_go(place, EVERY)
        return isinstance(why, Refused)


def _page(connector: Connector, place: SyncCursor, access: Access) -> Page:
    """Raises Unreachable where a page leads nowhere."""
    page = connector.pull(access, place.stream, place.position)
    if not page.is_last and page.cursor == place.position:
        raise Unreachable("A page says that more follows, and names its own place again.")
    return page


@transaction.atomic
def _stored(place: SyncCursor, page: Page, tale: Tale) -> bool:
    """Keep a page's records and the place after them, both or neither; False where the place is another's by now."""
    now = database_clock()
    mine = SyncCursor.objects.filter(pk=place.pk, position=place.position, due_at=place.due_at)
    if not mine.update(position=page.cursor, due_at=now + LEASE, moved_at=now):
        return False
    told = [receiving.Told(each, json.dumps(each.content).encode()) for each in page.records]
    new = receiving.store(place.connection_id, told, Received.Way.PULL)
    place.position, place.due_at = page.cursor, now + LEASE
    tale.found, tale.done = tale.found + len(page.records), tale.done + new
    tale.said = f"{tale.found} fetched, {tale.done} of them new."
    return True


def _let_go(place: SyncCursor, wait: timedelta) -> None:
    mine = SyncCursor.objects.filter(pk=place.pk, due_at=place.due_at)
    mine.update(due_at=database_clock() + wait)


# Sending.


def _lanes_of_messages(connectors: Connectors) -> list[Lane]:
    kinds = {kind for connector in connectors.values() for kind in connector.sends}
    return [
        Lane(pk, min(-(-due // connectors[kind].batch), AT_ONE_CONNECTION), is_proven, told)
        for pk, kind, told, due, is_proven in messages_due(connectors, kinds, MOST_COUNTED)
        if told in connectors[kind].sends
    ]


def _send(connectors: Connectors, lane: Lane, is_over: Over) -> int:
    """Send messages of one kind until none is due, a call fails as a whole, or the time is over."""
    row = Connection.objects.get(pk=lane.receiver_id)
    connector = connectors[row.kind]
    tale = Tale(_JOBS.get(lane.kind, f"send {lane.kind}"), database_clock())
    while not is_over() and (claimed := outgoing.claim(row.pk, lane.kind, connector.batch)):
        tale.found += len(claimed)
        known = [each for each in claimed if each.message.subject or lane.kind not in OF_A_CUSTOMER]
        if len(known) < len(claimed):
            outgoing_answers.give_up([each for each in claimed if each not in known])
            tale.failed += len(claimed) - len(known)
        if known and not _sent(row, connector, known, tale):
            break
    tale.said = tale.said or f"{tale.done} of {tale.found} arrived."
    tell(row.pk, tale)
    return tale.done


def _sent(row: Connection, connector: Connector, claimed: Sequence[Claimed], tale: Tale) -> bool:
    """Make one call with all of these; answers whether another may follow."""
    began_at = monotonic()
    try:
        sents = exchanged(row, connector, partial(_told, connector, claimed))
    except RenewedElsewhere:
        outgoing_answers.put_back(claimed, "Its token is being renewed.", BUSY_WAIT)
        tale.found -= len(claimed)
        return False
    except ConnectionFault as fault:
        note_exchange(row.pk, tale.job, fault)
        outgoing_answers.record_fault(claimed, fault, int((monotonic() - began_at) * 1000))
        tale.failed, tale.fault, tale.said = tale.failed + len(claimed), str(fault), str(fault)
        return False
    follows = outgoing_answers.record(claimed, sents)
    arrived = sum(each.next is Next.DELIVERED for each in follows)
    tale.done, tale.failed = tale.done + arrived, tale.failed + len(claimed) - arrived
    rests = [each.rest.total_seconds() for each in follows if each.rest]
    if rests:
        note_exchange(row.pk, tale.job, Later("They ask for a pause.", max(rests)))
        return False
    note_exchange(row.pk, tale.job)
    return True


def _told(connector: Connector, claimed: Sequence[Claimed], access: Access) -> Sequence[Sent]:
    """Raises Unreachable where not every message has its answer."""
    sents = connector.send(access, [each.message for each in claimed])
    if len(sents) != len(claimed):
        raise Unreachable(f"{len(claimed)} messages have {len(sents)} answers.")
    return sents
