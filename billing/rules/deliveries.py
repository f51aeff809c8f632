"""What is sent, what comes back, and when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

GONE = 410
MAY_NAME_A_TIME = frozenset({429, 503})
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600, 7200, 14400, 28800, 28800))
"""The pauses between attempts: ten attempts within a day."""
JITTER = 0.2
LONGEST_WAIT = timedelta(days=1)

REST_AFTER_SILENCES = 2
SHORTEST_REST, LONGEST_REST = timedelta(seconds=15), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook as it goes out. private_hosts: named by the operator, may lie in a network of one's own."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    private_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail as it goes out. message_id: without brackets, the same at every attempt.

    html: the same for readers that show it; empty is text alone.
    """

    to: str
    subject: str
    text: str
    message_id: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt went. error: why it did not arrive, empty where it did.

    status: of HTTP, None where nothing was answered. retry_after: the header as it came.
    is_final: trying again would not help.
    """

    status: int | None = None
    error: str = ""
    excerpt: str = ""
    milliseconds: int = 0
    retry_after: str = ""
    is_final: bool = False

    @property
    def is_silence(self) -> bool:
        return bool(self.error) and self.status is None

    @property
    def is_gone(self) -> bool:
        return self.status == GONE


class Next(StrEnum):
    """What becomes of a delivery."""

    DELIVERED = "delivered"
    AGAIN = "waiting"
    GIVE_UP = "dead"


@dataclass(frozen=True, slots=True)
class Plan:
    """wait: until the next attempt. rest: how long the receiver itself asked to be left alone. reason: of giving up."""

    next: Next
    wait: timedelta = timedelta(0)
    rest: timedelta | None = None
    reason: str = ""


def plan(answer: Answer, tries: int, now: datetime, chance: float) -> Plan:
    """What follows from the answer to the `tries`-th attempt since it was first sent, or sent again by a person.

    chance: at least 0 and below 1; spreads the attempts of many deliveries.
    """
    if not answer.error:
        return Plan(Next.DELIVERED)
    rest = asked_rest(answer, now)
    if answer.is_gone or answer.is_final:
        return Plan(Next.GIVE_UP, reason=answer.error)
    if tries > len(WAITS):
        return Plan(Next.GIVE_UP, rest=rest, reason=f"{tries} attempts failed, the last: {answer.error}")
    wait = WAITS[tries - 1] * (1 - JITTER + 2 * JITTER * chance)
    return Plan(Next.AGAIN, max(wait, rest) if rest else wait, rest)


def asked_rest(answer: Answer, now: datetime) -> timedelta | None:
    """How long the receiver asked to wait, a day at most; None where it did not, or not in a form that is known."""
    if answer.status not in MAY_NAME_A_TIME:
        return None
    return rest_named(answer.retry_after, now) or None


def rest_named(header: str, now: datetime | None) -> timedelta | None:
    """How long a `Retry-After` asks to wait, a day at most, 0 for what is over; None where it says nothing known.

    now: without it a date says nothing.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    elif not text or now is None:
        return None
    else:
        try:
            named = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        wait = (named if named.tzinfo else named.replace(tzinfo=UTC)) - now
    return max(min(wait, LONGEST_WAIT), timedelta(0))


def rest_of_the_silent(silences: int) -> timedelta | None:
    """How long an endpoint is left alone that did not answer so many times in a row, so that others get their turn."""
    if silences < REST_AFTER_SILENCES:
        return None
    doublings: int = min(silences - REST_AFTER_SILENCES, 20)
    return min(SHORTEST_REST * (1 << doublings), LONGEST_REST)
