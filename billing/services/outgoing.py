"""What is to be told to outside systems: kept once a key, taken with a lease, recorded. Nothing is sent from here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q

from billing.models import ConnectionHealth, Outgoing
from billing.rules.connecting import CUSTOMER, Message
from billing.rules.fault_groups import LONGEST_REASON
from billing.rules.sending import IN_TURN
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock

LEASE = timedelta(minutes=3)
"""How long messages are left to whoever took them. After a kill they are the next one's."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that was taken: one attempt of it is to be made now. number: of the attempt, from 1.

    tries: since it was first sent, or sent again by a person. message: its subject is the account's name at theirs, and
    empty where it is of no account that is linked. others_got_through: since its first try something else went well.
    """

    outgoing_id: UUID
    number: int
    tries: int
    message: Message
    started_at: datetime
    others_got_through: bool


_PUT = """
WITH made AS (
    INSERT INTO billing_outgoing (connection_id, kind, key, subject, content, state, attempts, round_began_with,
                                  created_at, next_at, fault, reason, external_id, decided_by, is_under_way, goes_alone)
    VALUES (%(connection)s, %(kind)s, %(key)s, %(subject)s, %(content)s, 'waiting', 0, 0,
            clock_timestamp(), clock_timestamp(), '', '', '', '', false, false)
    ON CONFLICT (connection_id, key) DO NOTHING RETURNING id
), older AS (
    UPDATE billing_outgoing o SET state = 'replaced', next_at = NULL, finished_at = clock_timestamp()
    FROM made WHERE %(replaces)s AND o.connection_id = %(connection)s AND o.kind = %(kind)s
      AND o.subject = %(subject)s AND o.state = 'waiting' AND NOT o.is_under_way
)
SELECT id FROM made
"""


def put(
    connection_id: int, kind: str, key: str, subject: str, content: Mapping[str, Any], replaces: bool = False
) -> bool:
    """Let something be told, once a key; a key that is known changes nothing. Answers whether it is new.

    subject: our reference of what it is of. replaces: what waits of the same kind and subject is told no more, but
    for what is under way.
    """
    given: dict[str, Any] = {
        "connection": connection_id,
        "kind": kind,
        "key": key,
        "subject": subject,
        "replaces": replaces,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT, given | {"content": json.dumps(content)})
        return cursor.fetchone() is not None


# What a newer one overtook while it was under way, or was to be sent again, is not sent after it.
_RETIRE = """
WITH due AS MATERIALIZED (
    SELECT o.id, o.subject FROM billing_outgoing o
    WHERE o.connection_id = %(connection)s AND o.kind = %(kind)s AND o.state = 'waiting'
      AND o.next_at <= clock_timestamp()
    ORDER BY o.next_at, o.id LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED
)
UPDATE billing_outgoing o
SET state = 'replaced', next_at = NULL, finished_at = clock_timestamp(), is_under_way = false
FROM due WHERE o.id = due.id AND EXISTS (
    SELECT FROM billing_outgoing n WHERE n.connection_id = %(connection)s AND n.kind = %(kind)s
      AND n.subject = due.subject AND n.id > due.id)
"""
_CLAIM = """
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at), due AS MATERIALIZED (
    SELECT o.id, o.next_at, o.goes_alone FROM billing_outgoing o, now
    WHERE o.connection_id = %(connection)s AND o.kind = %(kind)s AND o.state = 'waiting' AND o.next_at <= now.at
      AND EXISTS (SELECT FROM billing_connection c WHERE c.id = o.connection_id AND c.state = 'on')
      AND NOT (%(in_turn)s AND (EXISTS (
          SELECT FROM billing_outgoing n WHERE n.connection_id = o.connection_id AND n.kind = o.kind
            AND n.subject = o.subject AND n.id > o.id)
        OR EXISTS (
          SELECT FROM billing_outgoing u WHERE u.connection_id = o.connection_id AND u.kind = o.kind
            AND u.subject = o.subject AND u.is_under_way AND u.id <> o.id)))
    ORDER BY o.next_at, o.id LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED
), first AS (SELECT id, goes_alone FROM due ORDER BY next_at, id LIMIT 1), taken AS (
    UPDATE billing_outgoing o SET attempts = o.attempts + 1, next_at = now.at + %(lease)s, is_under_way = true
    FROM due, first, now
    WHERE o.id = due.id AND (due.id = first.id OR NOT (first.goes_alone OR due.goes_alone))
    RETURNING o.id, o.attempts, o.round_began_with, o.kind, o.key, o.subject, o.content, now.at
), begun AS (
    INSERT INTO billing_outgoingtry (outgoing_id, number, started_at, error, answer)
    SELECT id, attempts, at, '', '' FROM taken
)
SELECT t.id, t.attempts, t.attempts - t.round_began_with, t.kind, t.key, t.content::text, coalesce(l.external_id, ''),
       t.at, coalesce(h.last_success_at > (
           SELECT min(b.started_at) FROM billing_outgoingtry b
           WHERE b.outgoing_id = t.id AND b.number > t.round_began_with AND b.number < t.attempts), false)
FROM taken t LEFT JOIN billing_connectionhealth h ON h.connection_id = %(connection)s
LEFT JOIN wallets_account a ON a.reference = t.subject
LEFT JOIN billing_link l ON l.connection_id = %(connection)s AND l.kind = %(customer)s AND l.about_id = a.id
    AND l.state = 'linked'
ORDER BY t.id
"""


def claim(connection_id: int, kind: str, most: int) -> list[Claimed]:
    """Take up to so many messages of one kind that are due longest, and begin an attempt of each.

    Empty where the connection was paused. Whoever else asks meanwhile gets others. What was taken is due again after
    LEASE.
    """
    given: dict[str, Any] = {"connection": connection_id, "kind": kind, "most": most, "lease": LEASE}
    given |= {"customer": CUSTOMER, "in_turn": kind in IN_TURN}
    with connection.cursor() as cursor:
        if kind in IN_TURN:
            cursor.execute(_RETIRE, given)
        cursor.execute(_CLAIM, given)
        return [
            Claimed(id_, number, tries, Message(kind_, key, customer, json.loads(content)), at, others)
            for id_, number, tries, kind_, key, content, customer, at, others in cursor.fetchall()
        ]


@transaction.atomic
def send_again(rows: Sequence[UUID] | Q, user: User | None) -> int:
    """Let messages that were given up or ignored wait once more, due now, with all attempts before them again.

    rows: their identities, or what they have in common. Those that wait are due now and keep their attempts; those
    under way stay as they are, and so do those whose content was removed. A connection that rests is called at once.
    Answers how many.
    """
    found = _chosen(rows, ("waiting", "dead", "ignored"))
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_outgoing
               SET state = 'waiting', next_at = clock_timestamp(), finished_at = NULL, fault = '', reason = '',
                   decided_by = %(by)s,
                   round_began_with = CASE state WHEN 'waiting' THEN round_began_with ELSE attempts END
               WHERE id = ANY (%(ids)s) AND NOT is_under_way AND state IN ('waiting', 'dead', 'ignored')
                 AND emptied_at IS NULL
               RETURNING connection_id""",
            {"ids": found, "by": _name(user)},
        )
        waiting = [connection_id for (connection_id,) in cursor.fetchall()]
    ConnectionHealth.objects.filter(connection__in=set(waiting)).update(rests_until=None, silent=0)
    return len(waiting)


@transaction.atomic
def send_once_more(rows: Sequence[UUID], user: User) -> int:
    """Send messages again that arrived once, or wait, or were given up: under the same key, due now. Answers how many.

    Whoever does it knows that the other system has not got them any more: one that has does it once, by the key.
    """
    found = _chosen(rows, ("waiting", "dead", "ignored", "sent"))
    Outgoing.objects.filter(pk__in=found, state=Outgoing.State.SENT).update(
        state=Outgoing.State.IGNORED, reason="It is sent again."
    )
    return send_again(found, user)


@transaction.atomic
def ignore(rows: Sequence[UUID] | Q, user: User | None, reason: str) -> int:
    """Let messages that wait or were given up never be sent, and keep who said so and why. Answers how many.

    rows: as in `send_again`. Raises InvalidRequest without a reason.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why they are not to be sent.")
    return Outgoing.objects.filter(pk__in=_chosen(rows, ("waiting", "dead"))).update(
        state=Outgoing.State.IGNORED,
        next_at=None,
        finished_at=database_clock(),
        is_under_way=False,
        decided_by=_name(user),
        reason=reason.strip()[:LONGEST_REASON],
    )


def _chosen(rows: Sequence[UUID] | Q, states: Sequence[str]) -> list[UUID]:
    """The messages meant, locked in the order of their making."""
    wanted = rows if isinstance(rows, Q) else Q(pk__in=rows)
    found = Outgoing.objects.select_for_update().filter(wanted, state__in=states).order_by("pk")
    return list(found.values_list("pk", flat=True))


def _name(user: User | None) -> str:
    return user.get_username() if user is not None else ""
