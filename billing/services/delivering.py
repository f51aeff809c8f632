"""Sending what is due: taken, sent with no transaction open, recorded. Whoever calls brings the connectors along."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction

from billing.queries.outbox import endpoints_due
from billing.rules.deliveries import Answer, Mail, Post
from billing.services import endpoints, lanes, outbox, writing
from billing.services.lanes import Lane, Over, Threads
from billing.services.outbox import Claimed
from config.kernel.steps import SEND, Step

log = logging.getLogger(__name__)

JOB = "deliver news"
THREADS = Threads(proven=16, unproven=32)
AT_ONE_ENDPOINT = 4
"""How many attempts a proven endpoint gets at a time; another one gets one."""


@dataclass(frozen=True, slots=True)
class Carriers:
    """The ways out. Neither raises; each answers within seconds."""

    post: Callable[[Post], Answer]
    mail: Callable[[Mail], Answer]


def deliver(carriers: Carriers, seconds: float) -> int:
    """Send what is due for about so many seconds, or until nothing is. Answers how many attempts were made.

    Endpoints that did not answer lately, or never yet, have threads of their own.
    """
    return lanes.work(JOB, _lanes, partial(_carry, carriers), THREADS, seconds)


def _lanes() -> list[Lane]:
    """Of each endpoint one; all e-mail is one more."""
    return [Lane(pk or 0, due, is_proven) for pk, due, is_proven in endpoints_due(AT_ONE_ENDPOINT)]


def _carry(carriers: Carriers, lane: Lane, is_over: Over) -> int:
    """Deliver in one lane until nothing is due there, one fails, or the time is over."""
    made, answer = 0, Answer()
    while not answer.error and not is_over() and (claimed := outbox.claim(lane.receiver_id or None)):
        answer = attempt(claimed, carriers, lets_go=not lane.is_proven)
        made += 1
    return made


def attempt(claimed: Claimed, carriers: Carriers, *, lets_go: bool = False) -> Answer:
    """Make one attempt at a delivery that was taken, and record it. Answers how it went.

    lets_go: hold no connection to the database while it is sent.
    """
    letter = writing.letter_of(claimed)
    if lets_go:
        connection.close()
    if isinstance(letter, Answer):
        answer = letter
    else:
        with Step(SEND):
            answer = carriers.post(letter) if isinstance(letter, Post) else carriers.mail(letter)
    with transaction.atomic():
        if answer.is_gone and claimed.endpoint_id is not None:
            endpoints.switch_off(endpoint_id=claimed.endpoint_id, reason=GONE_SAYS)
        outbox.record(claimed, answer, random.random())
    log.info(
        "Attempt %d at %s: %s", claimed.number, claimed.kind, answer.error or "arrived", extra=_facts(claimed)
    )
    return answer


def _facts(claimed: Claimed) -> dict[str, object]:
    facts = {
        "delivery": str(claimed.delivery_id),
        "news": str(claimed.news_id),
        "endpoint": claimed.endpoint_id,
    }
    return {"facts": facts}


GONE_SAYS = "It answered 410 Gone: it wants no more news."
