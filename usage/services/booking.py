"""The round trip of events' debits: together where that is possible, and apart where one would hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
import psycopg
from django.db import DatabaseError, connection

from config.kernel import trail
from config.kernel.errors import DomainError, InvalidRequest, Unavailable
from usage.rules.events import DueEvent
from usage.services.charging import asked, count

log = logging.getLogger(__name__)

RATE = "SELECT place, outcome FROM usage_rate_v1($1::jsonb)"
BOOKED = frozenset({"charged", "covered", "overage", "known"})
LATER = frozenset({"stale", "behind", "unavailable", "withdrawn"})
UNDONE = (psycopg.Error, DatabaseError, DomainError)


@dataclass(frozen=True, slots=True)
class Booking:
    """An event with what the SQL function is told of it, and what it answered.

    word: one of BOOKED, one of LATER (it stays where it is in the queue), or why it is stuck.
    """

    event: DueEvent
    request: dict[str, Any]
    word: str = ""


def book(bookings: Sequence[Booking]) -> list[Booking]:
    """Book events in one transaction; where that fails, each account by itself, and then each event.

    An account that can't be locked is left for later, whole, so that its order is kept.
    """
    if not bookings:
        return []
    try:
        return _together(bookings)
    except UNDONE as fault:
        if connection.in_atomic_block:
            raise
        first = fault
    if len(bookings) == 1:
        return [_alone(bookings[0], first)]
    accounts = [list(each) for _, each in groupby(sorted(bookings, key=_account), key=_account)]
    if len(accounts) > 1:
        return [done for each in accounts for done in book(each)]
    if isinstance(first, Unavailable):
        return [_with(each, "unavailable") for each in bookings]
    return _one_by_one(bookings)


def _account(booking: Booking) -> str:
    return booking.event.account


def _with(booking: Booking, word: str) -> Booking:
    return Booking(booking.event, booking.request, word)


def _together(bookings: Sequence[Booking]) -> list[Booking]:
    written = orjson.dumps([each.request for each in bookings], default=str)
    done = [_with(bookings[int(place) - 1], word.decode()) for place, word in asked(RATE, written)]
    count("event", [each.word for each in done])
    for each in done:
        if each.word in BOOKED:
            trail.note(event=each.event.id)
    return done


def _one_by_one(bookings: Sequence[Booking]) -> list[Booking]:
    """The events of one account, in their order; from one that is left for later on, all are."""
    done: list[Booking] = []
    for each in bookings:
        is_held_up = bool(done) and done[-1].word in LATER
        done.append(_with(each, "behind") if is_held_up else book([each])[0])
    return done


def _alone(booking: Booking, fault: Exception) -> Booking:
    """What became of an event that could not be booked alone."""
    if isinstance(fault, Unavailable):
        return _with(booking, "unavailable")
    if isinstance(fault, InvalidRequest):
        return _with(booking, "out_of_range")
    log.error("A usage event could not be booked.", exc_info=fault)
    return _with(booking, "fault")
