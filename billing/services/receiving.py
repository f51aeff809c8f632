"""What outside systems tell: verified, stored byte by byte before anything is made of it, once an id for good."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from django.db import connection, transaction

from billing.errors import UnknownConnection
from billing.models import Connection, Handling, Received, ReceivedBody, SyncRun
from billing.rules.connecting import Access, Incoming, NotSetUp, Record, Setting, Unreadable, Unverified
from billing.services.connection_secrets import access_of
from config.kernel.errors import IdempotencyKeyReused, InvalidRequest, Unauthenticated, Unavailable
from usage.queries.moments import database_clock

log = logging.getLogger(__name__)

Way = Received.Way
LONGEST_ID, LONGEST_KIND = 255, 80
OTHER_CONTENT = "Told again with other content"


class Verifies(Protocol):
    """The part of a connector that takes calls."""

    @property
    def settings(self) -> Sequence[Setting]: ...

    def verify(self, access: Access, incoming: Incoming) -> Record: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A record and the bytes that told it. What is read of it later is read from the bytes."""

    record: Record
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that is durable. is_new: it was not told before."""

    received_id: UUID
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Stored:
    """By their external ids: identities of all, the new ones, and those that were told before with other bytes."""

    ids: Mapping[str, UUID]
    new: frozenset[str]
    other: Sequence[str]


def receive(code: str, incoming: Incoming, connectors: Mapping[str, Verifies]) -> Taken:
    """Take a call from outside: nothing is written of one whose sender is not proven.

    Raises UnknownConnection, Unauthenticated, InvalidRequest, IdempotencyKeyReused, Unavailable where a secret of the
    connection is missing or can't be opened.
    """
    row = Connection.objects.exclude(state=Connection.State.OFF).filter(code=code).first()
    connector = connectors.get(row.kind) if row else None
    if row is None or connector is None:
        raise UnknownConnection("There is no such connection.")
    try:
        record = connector.verify(access_of(row, connector.settings, incoming.at), incoming)
    except Unverified as fault:
        raise Unauthenticated(str(fault)) from fault
    except Unreadable as fault:
        raise InvalidRequest(str(fault)) from fault
    except NotSetUp as fault:
        log.error("The connection %s can't take calls: %s", code, fault)
        raise Unavailable("This connection is not set up to take calls.") from fault
    with transaction.atomic():
        stored = _store(row.pk, [Told(record, incoming.body)], Way.CALL)
        if stored.other:
            raise IdempotencyKeyReused(f"{record.external_id} stands for another body already.")
    return Taken(stored.ids[record.external_id], bool(stored.new))


@transaction.atomic
def store(connection_id: int, told: Sequence[Told], way: str) -> int:
    """Keep records that were not told before, in the order given, to be applied; answers how many they were.

    In the caller's transaction, where there is one: what was fetched and how far commit together. The same id with
    other bytes keeps the first, and is logged as a run that failed.

    Raises InvalidRequest where an id can't be kept.
    """
    stored = _store(connection_id, told, way)
    if stored.other:
        _log_other(connection_id, stored.other, len(told), way)
    return len(stored.new)


_INSERT = """
INSERT INTO billing_received (connection_id, external_id, kind, way, digest, occurred_at, received_at, id)
SELECT %(connection)s, t.external_id, t.kind, %(way)s, t.digest, t.occurred_at, %(now)s, t.id
FROM (SELECT *, uuidv7() AS id FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(digests)s::bytea[],
             %(moments)s::timestamptz[]) WITH ORDINALITY
      AS u (external_id, kind, digest, occurred_at, place) ORDER BY place) AS t
ORDER BY t.external_id
ON CONFLICT (connection_id, external_id) DO NOTHING
RETURNING external_id
"""


def _store(connection_id: int, told: Sequence[Told], way: str) -> _Stored:
    first: dict[str, Told] = {}
    other: list[str] = []
    for each in told:
        known = first.setdefault(_kept_id(each.record), each)
        if known.body != each.body and not each.record.bytes_vary:
            other.append(each.record.external_id)
    now = database_clock()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "connection": connection_id,
                "way": way,
                "now": now,
                "ids": list(first),
                "kinds": [_kept_kind(each.record) for each in first.values()],
                "digests": [sha256(each.body).digest() for each in first.values()],
                "moments": [each.record.occurred_at for each in first.values()],
            },
        )
        new = frozenset(row[0] for row in cursor.fetchall())
    rows = Received.objects.filter(connection=connection_id, external_id__in=list(first))
    kept = {row.external_id: row for row in rows}
    other += [
        name
        for name, each in first.items()
        if not each.record.bytes_vary and bytes(kept[name].digest) != sha256(each.body).digest()
    ]
    ReceivedBody.objects.bulk_create(
        ReceivedBody(received=kept[name], content=first[name].body) for name in new
    )
    Handling.objects.bulk_create(
        Handling(received=kept[name], connection_id=connection_id, next_at=now) for name in new
    )
    return _Stored({name: row.pk for name, row in kept.items()}, new, other)


def _kept_id(record: Record) -> str:
    name = record.external_id
    if not name or len(name) > LONGEST_ID or not name.isprintable():
        raise InvalidRequest(f"A record's id has 1 to {LONGEST_ID} visible characters.")
    return name


def _kept_kind(record: Record) -> str:
    return "".join(each for each in record.kind if each.isprintable())[:LONGEST_KIND]


def _log_other(connection_id: int, other: Sequence[str], found: int, way: str) -> None:
    named = ", ".join(other[:5]) + (", …" if len(other) > 5 else "")
    said = f"{len(other)} were told before with other content, which was kept: {named}."
    log.warning("Connection %s: %s", connection_id, said)
    now = database_clock()
    SyncRun.objects.create(
        connection_id=connection_id,
        job=f"kept ({Way(way).label})",
        began_at=now,
        ended_at=now,
        found=found,
        failed=len(other),
        fault=OTHER_CONTENT,
        said=said,
    )
