"""How attempts at messages went, written down with what follows. One statement for all messages of a call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from billing.rules.connecting import ConnectionFault, Refused, Sent, Unreachable
from billing.rules.deliveries import Answer, Next
from billing.rules.fault_groups import LONGEST_REASON, group_of_exchange
from billing.rules.sending import Follows, after_answer, after_fault
from billing.services.outgoing import Claimed
from usage.queries.moments import database_clock

NOBODY = "The account is no customer of theirs any more."
LONGEST_EXTERNAL_ID = 255
_STATES = {Next.DELIVERED: "sent", Next.AGAIN: "waiting", Next.GIVE_UP: "dead"}

_TOLD = """
UPDATE billing_outgoingtry t
SET finished_at = %(now)s, status = r.status, error = r.error, answer = r.answer, milliseconds = r.milliseconds
FROM unnest(%(ids)s::uuid[], %(numbers)s::int[], %(statuses)s::int[], %(errors)s::text[], %(answers)s::text[],
            %(times)s::int[]) AS r (id, number, status, error, answer, milliseconds)
WHERE t.outgoing_id = r.id AND t.number = r.number
"""
# What arrived counts whenever it is told of. What failed decides nothing any more where another attempt was begun, or
# where the message was ended meanwhile. Locked in the order of their making, as by those who end them.
_FOLLOWS = """
WITH mine AS MATERIALIZED (SELECT id FROM billing_outgoing WHERE id = ANY (%(ids)s) ORDER BY id FOR UPDATE)
UPDATE billing_outgoing o
SET state = r.state, fault = r.fault, reason = r.reason, is_under_way = false,
    external_id = CASE WHEN r.external_id = '' THEN o.external_id ELSE r.external_id END,
    next_at = CASE r.state WHEN 'waiting' THEN %(now)s + make_interval(secs => r.wait) END,
    finished_at = CASE r.state WHEN 'waiting' THEN NULL ELSE %(now)s END,
    goes_alone = o.goes_alone OR r.goes_alone,
    round_began_with = o.round_began_with + CASE WHEN r.counts THEN 0 ELSE 1 END
FROM mine, unnest(%(ids)s::uuid[], %(numbers)s::int[], %(states)s::text[], %(waits)s::float8[], %(faults)s::text[],
            %(reasons)s::text[], %(names)s::text[], %(alone)s::bool[], %(counted)s::bool[])
     AS r (id, number, state, wait, fault, reason, external_id, goes_alone, counts)
WHERE o.id = r.id AND mine.id = r.id
  AND (r.state = 'sent' AND o.state <> 'sent' OR o.state = 'waiting' AND o.attempts = r.number)
"""


@transaction.atomic
def record(claimed: Sequence[Claimed], sents: Sequence[Sent]) -> list[Follows]:
    """Write down how each message of a call went, and what follows."""
    now = database_clock()
    follows = [
        after_answer(sent.answer, each.tries, now, random.random())
        for each, sent in zip(claimed, sents, strict=True)
    ]
    _write(claimed, sents, follows, now)
    return follows


@transaction.atomic
def record_fault(claimed: Sequence[Claimed], fault: ConnectionFault, milliseconds: int = 0) -> list[Follows]:
    """Write down that a call failed for all of its messages, and what follows for each."""
    now = database_clock()
    follows = [
        after_fault(
            fault,
            each.tries,
            is_alone=len(claimed) == 1,
            others_got_through=each.others_got_through,
            now=now,
            chance=random.random(),
        )
        for each in claimed
    ]
    status = fault.status if isinstance(fault, (Refused, Unreachable)) else None
    excerpt = fault.excerpt if isinstance(fault, Refused) else ""
    answer = Answer(status, str(fault), excerpt, milliseconds)
    _write(claimed, [Sent(answer)] * len(claimed), follows, now)
    return follows


@transaction.atomic
def give_up(claimed: Sequence[Claimed], why: str = NOBODY) -> None:
    """Send no more of messages that there is nobody to tell of."""
    gone = Sent(Answer(error=why, is_final=True))
    _write(
        claimed, [gone] * len(claimed), [Follows(Next.GIVE_UP, error=why)] * len(claimed), database_clock()
    )


@transaction.atomic
def put_back(claimed: Sequence[Claimed], why: str, wait: timedelta) -> None:
    """Let messages wait that nothing was done with; the attempt counts for nothing."""
    follows = Follows(Next.AGAIN, wait, why, counts=False)
    _write(claimed, [Sent(Answer(error=why))] * len(claimed), [follows] * len(claimed), database_clock())


def _write(
    claimed: Sequence[Claimed], sents: Sequence[Sent], follows: Sequence[Follows], now: datetime
) -> None:
    answers = [sent.answer for sent in sents]
    told: dict[str, Any] = {
        "now": now,
        "ids": [each.outgoing_id for each in claimed],
        "numbers": [each.number for each in claimed],
        "statuses": [answer.status for answer in answers],
        "errors": [answer.error for answer in answers],
        "answers": [answer.excerpt for answer in answers],
        "times": [answer.milliseconds for answer in answers],
    }
    what: dict[str, Any] = {
        "states": [_STATES[each.next] for each in follows],
        "waits": [each.wait.total_seconds() for each in follows],
        "faults": [group_of_exchange(each.error) for each in follows],
        "reasons": [each.error[:LONGEST_REASON] for each in follows],
        "names": [sent.external_id[:LONGEST_EXTERNAL_ID] for sent in sents],
        "alone": [each.goes_alone for each in follows],
        "counted": [each.counts for each in follows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, told)
        cursor.execute(_FOLLOWS, {**told, **what})
