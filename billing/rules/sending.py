"""What follows from an attempt at a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.rules.connecting import FIELDS, INVOICE_ITEM, TASK, ConnectionFault, Refused, Unreachable
from billing.rules.deliveries import LONGEST_REST, Answer, Next, plan

OF_A_CUSTOMER = frozenset({FIELDS, TASK, INVOICE_ITEM})
"""Kinds of messages that are told of a customer alone; without a link there is nobody to tell them of."""
IN_TURN = frozenset({FIELDS})
"""Kinds of which a newer message takes the place of an older one: of one subject never two are under way."""
WORDS = {FIELDS: "figures", "send fields": "send figures"}
"""What people read of kinds of messages, and of the jobs that send them, where their names say it otherwise."""
ALONE_AFTER = 3
"""So many failures at a vendor that answers, and a message is sent in no call with others: one may hinder all."""


def words_of(name: str) -> str:
    """What people read of a kind of messages, or of a job."""
    return WORDS.get(name, name)


@dataclass(frozen=True, slots=True)
class Follows:
    """What becomes of a message. goes_alone: from now on. counts: this attempt is one of those that are few."""

    next: Next
    wait: timedelta = timedelta(0)
    error: str = ""
    goes_alone: bool = False
    counts: bool = True
    rest: timedelta | None = None


def after_answer(answer: Answer, tries: int, now: datetime, chance: float) -> Follows:
    """What follows from the answer to one message. Parameters as of `rules.deliveries.plan`."""
    follows = plan(answer, tries, now, chance)
    return Follows(follows.next, follows.wait, follows.reason or answer.error, rest=follows.rest)


def after_fault(
    fault: ConnectionFault,
    tries: int,
    *,
    is_alone: bool,
    others_got_through: bool,
    now: datetime,
    chance: float,
) -> Follows:
    """What follows for one of the messages of a call that failed as a whole.

    What hinders all of them counts against none: they wait. others_got_through: something else of the connection
    went well since this message was first tried.
    """
    said = str(fault)
    if isinstance(fault, Refused):
        if is_alone:
            return Follows(Next.GIVE_UP, error=said)
        return Follows(Next.AGAIN, error=said, goes_alone=True, counts=False)
    if not isinstance(fault, Unreachable):
        return Follows(Next.AGAIN, LONGEST_REST * chance / 10, said, counts=False)
    if others_got_through and (is_alone or tries < ALONE_AFTER):
        return after_answer(Answer(fault.status, said), tries, now, chance)
    wait = min(plan(Answer(error=said), min(tries, ALONE_AFTER), now, chance).wait, LONGEST_REST)
    is_alive = others_got_through or fault.status is not None
    return Follows(Next.AGAIN, wait, said, goes_alone=is_alive and tries >= ALONE_AFTER)
