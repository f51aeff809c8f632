"""Applying what outside systems told: one record after the other, and none keeps the next from its turn."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from billing.models import BodyRemoval, Connection, ConnectionHealth, Handling
from billing.models.received import HandlingQuerySet
from billing.rules.connecting import Access, ConnectionFault, Nothing, Record, Setting, Unreadable, Wish
from billing.rules.content import content_of
from billing.rules.fault_groups import LONGEST_REASON, LONGEST_WHERE
from billing.rules.handling import ERASED, SETTINGS, Next, Verdict, silenced, verdict_of
from billing.rules.mapping import Mapped, Target
from billing.services import wishes
from billing.services.connection_health import (
    APPLY,
    GRANT,
    is_granted_again,
    is_set_up_for,
    need_a_person,
    rest_applying,
)
from billing.services.connection_secrets import access_of
from billing.services.connections import rules_of
from config.kernel.database import call
from config.kernel.errors import DomainError, InvalidRequest
from config.kernel.running import alone_at
from usage.queries.moments import CLOCK, database_clock

log = logging.getLogger(__name__)

State = Handling.State
LEASE = timedelta(minutes=2)
"""How long a record is left to whoever took it; after a kill it is the next one's."""
SECONDS_AT_ONE = 2.0
"""How long one connection is worked at before the others get their turn."""


class Reads(Protocol):
    """The part of a connector that says what a record comes to."""

    @property
    def targets(self) -> Sequence[Target]: ...

    @property
    def settings(self) -> Sequence[Setting]: ...

    def complete(self, access: Access, record: Record) -> Record: ...

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]: ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """A record that was taken: one attempt of it is to be made now. tries: since a person last had it applied again.

    content: None where it was removed.
    """

    received_id: UUID
    connection_id: int
    number: int
    tries: int
    external_id: str
    kind: str
    occurred_at: datetime | None
    content: bytes | None


def work_due(connectors: Mapping[str, Reads], seconds: float) -> int:
    """Apply what is due for about so many seconds, or until nothing is. Answers how many attempts were made.

    One at a time works at a connection. Connections that are paused or off wait.
    """
    until, made = monotonic() + seconds, 0
    while monotonic() < until:
        before = made
        for row in _with_something_due():
            if row.kind in connectors:
                made += _work(row, connectors[row.kind], min(until, monotonic() + SECONDS_AT_ONE))
        if made == before:
            break
    return made


@transaction.atomic
def apply_again(rows: Sequence[UUID] | Q, user: User) -> int:
    """Let records that were given up or ignored wait once more, due now, with all attempts before them again.

    rows: their identities, or what they have in common. Those that wait already are due now. What has no body any more
    can't be applied. Answers how many.
    """
    return due_again(rows, user.get_username())


def due_again(rows: Sequence[UUID] | Q, by: str) -> int:
    """The same in the caller's transaction. by: the name of whoever asked for it."""
    wanted = _among(rows).filter(state__in=[State.DEAD, State.IGNORED, State.WAITING])
    found = list(wanted.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_handling
               SET state = 'waiting', next_at = clock_timestamp(), finished_at = NULL, decided_by = %s,
                   round_began_with = CASE state WHEN 'waiting' THEN round_began_with ELSE attempts END
               WHERE received_id = ANY (%s)
                 AND EXISTS (SELECT FROM billing_receivedbody b WHERE b.received_id = billing_handling.received_id)""",
            [by, found],
        )
        return int(cursor.rowcount)


@transaction.atomic
def ignore(rows: Sequence[UUID] | Q, user: User, reason: str) -> int:
    """Let nothing become of records that wait or were given up. Answers how many.

    Raises InvalidRequest without a reason.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why it is ignored.")
    wanted = _among(rows).filter(state__in=[State.DEAD, State.WAITING])
    found = list(wanted.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return Handling.objects.filter(pk__in=found).update(
        state=State.IGNORED,
        next_at=None,
        finished_at=database_clock(),
        reason=reason.strip()[:LONGEST_REASON],
        waits_for="",
        decided_by=user.get_username(),
    )


_CLAIM = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at), due AS MATERIALIZED (
    SELECT h.received_id FROM billing_handling h, now
    WHERE h.state = 'waiting' AND h.connection_id = %(connection)s AND h.next_at <= now.at
      AND EXISTS (SELECT FROM billing_connection c LEFT JOIN billing_connectionhealth s ON s.connection_id = c.id
                  WHERE c.id = h.connection_id AND c.state = 'on'
                    AND (s.applying_rests_until IS NULL OR s.applying_rests_until <= now.at))
    ORDER BY h.next_at, h.received_id LIMIT 1 FOR UPDATE OF h SKIP LOCKED
), taken AS (
    UPDATE billing_handling h SET attempts = h.attempts + 1, next_at = now.at + %(lease)s
    FROM due, now WHERE h.received_id = due.received_id
    RETURNING h.received_id, h.attempts, h.round_began_with
)
SELECT t.received_id, r.connection_id, t.attempts AS number, t.attempts - t.round_began_with AS tries, r.external_id,
       r.kind, r.occurred_at, b.content
FROM taken t JOIN billing_received r ON r.id = t.received_id
LEFT JOIN billing_receivedbody b ON b.received_id = r.id
"""


def claim(connection_id: int) -> Claimed | None:
    """Take the record of a connection that is due longest; None where none is, or the connection was paused or rests.

    It is due again after LEASE.
    """
    row = call(_CLAIM, {"connection": connection_id, "lease": LEASE})
    return None if row is None else Claimed(**vars(row))


def attempt(claimed: Claimed, row: Connection, connector: Reads, brought: set[str]) -> Verdict:
    """Grant what a record wishes for, wish by wish, and answer what follows. Nothing is written of the record itself.

    Killed in between it is done again and comes to the same. brought: gets what others may have waited for.
    """
    is_read, came = False, []
    try:
        record = Record(claimed.external_id, claimed.kind, _content(claimed), claimed.occurred_at)
        record = connector.complete(access_of(row, connector.settings, database_clock()), record)
        found = connector.read(record, rules_of(row.pk, connector.targets))
        is_read = True
        for wish in found:
            came.append(wishes.grant(row, wish))
            brought.update(wishes.brings(wish))
    except Exception as fault:  # whatever one record does, the next gets its turn
        if not isinstance(fault, (DomainError, ConnectionFault)):
            log.warning("Record %s of %s was not applied.", claimed.received_id, row.code, exc_info=True)
        return verdict_of(fault, claimed.tries, random.random(), is_read=is_read)
    if all(isinstance(wish, Nothing) for wish in found):
        why = " ".join(each.said for each in came) or "Nothing was read in it."
        return Verdict(Next.IGNORED, came, reason=why)
    return Verdict(Next.APPLIED, came)


def record(claimed: Claimed, verdict: Verdict) -> None:
    """Write down what became of a record.

    One that was applied or ignored counts whenever it is told; a failure decides nothing where another attempt was
    begun, or a person decided meanwhile. What was erased meanwhile is told of in no sentence.
    """
    rows = Handling.objects.filter(pk=claimed.received_id)
    if verdict.waits_for == SETTINGS:
        need_a_person(claimed.connection_id, APPLY if verdict.rests else GRANT, verdict.reason)
    if verdict.rest:
        rest_applying(claimed.connection_id, verdict.rest)
    told: dict[str, Any] = {
        "fault": verdict.fault,
        "reason": verdict.reason[:LONGEST_REASON],
        "waits_for": verdict.waits_for,
    }
    told["where"] = verdict.where[:LONGEST_WHERE]
    if verdict.next is Next.AGAIN:
        told["round_began_with"] = F("round_began_with") + (0 if verdict.counts else 1)
        next_at = database_clock() + verdict.wait
        rows.waiting().filter(attempts=claimed.number).update(next_at=next_at, **told)
        return
    if verdict.next is Next.GIVE_UP:
        rows = rows.waiting().filter(attempts=claimed.number)
    else:
        rows = rows.exclude(state=State.APPLIED)
    outcome = [each.kept() for each in verdict.outcome]
    if BodyRemoval.objects.filter(pk=claimed.received_id, why=BodyRemoval.Why.PERSON).exists():
        outcome, told = silenced(outcome), {"reason": ERASED, "fault": "", "where": "", "waits_for": ""}
    rows.update(state=verdict.next, next_at=None, finished_at=CLOCK, outcome=outcome, **told)


def _with_something_due() -> list[Connection]:
    due = Handling.objects.waiting().filter(connection=OuterRef("pk"), next_at__lte=database_clock())
    resting = ConnectionHealth.objects.filter(
        connection=OuterRef("pk"), applying_rests_until__gt=database_clock()
    )
    return list(Connection.objects.on().filter(Exists(due) & ~Exists(resting)))


def _work(row: Connection, connector: Reads, until: float) -> int:
    made, is_set_up = 0, False
    with alone_at(f"apply {row.code}") as is_alone:
        while is_alone and monotonic() < until and (claimed := claim(row.pk)):
            brought: set[str] = set()
            verdict = attempt(claimed, row, connector, brought)
            _recorded(claimed, verdict, brought)
            is_set_up = is_set_up or verdict.next in (Next.APPLIED, Next.IGNORED)
            made += 1
    if is_set_up:
        is_set_up_for(row.pk, APPLY)
        is_granted_again(row.pk)
    return made


@transaction.atomic
def _recorded(claimed: Claimed, verdict: Verdict, brought: set[str]) -> None:
    """Write down what became of a record, and let those be due that waited for what it brought: both or neither.

    All of them are locked in one order, as whoever has them applied again locks them, and before the connection's
    health, as whoever mends its settings locks both.
    """
    rows = Handling.objects.filter(connection=claimed.connection_id)
    waiting = rows.waiting().filter(waits_for__in=brought)
    both = waiting | rows.filter(pk=claimed.received_id)
    found = list(both.select_for_update().order_by("pk").values_list("pk", flat=True))
    record(claimed, verdict)
    if brought and found != [claimed.received_id]:
        waiting.update(next_at=CLOCK, waits_for="")


def _content(claimed: Claimed) -> Mapping[str, Any]:
    if claimed.content is None:
        raise Unreadable("What was told was removed.")
    return content_of(bytes(claimed.content))


def _among(rows: Sequence[UUID] | Q) -> HandlingQuerySet:
    return Handling.objects.filter(rows if isinstance(rows, Q) else Q(pk__in=rows))
