"""The turns of a re-rating: the dry run, the booking, and the taking back. Each works slice by slice."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from time import monotonic
from typing import Any

import orjson
from django.db import DatabaseError, DataError, OperationalError, connection, transaction
from django.db.models import F, Q
from psycopg.errors import DeadlockDetected, LockNotAvailable, NumericValueOutOfRange

from config.kernel.running import alone_at
from usage.models import Rerating, ReratingLeft, ReratingState
from usage.queries.moments import database_clock
from usage.queries.rerated_prices import Left, Repricer
from usage.queries.rerating import Used, next_places, next_to_take_back, used
from usage.rules.rerating import After, Change, Interval, Place, carried
from usage.services.tallying import Found, write

log = logging.getLogger(__name__)

A_SLICE = 200
"""Debits that are reckoned or booked in one transaction."""
SECONDS_A_STATEMENT = 120
TRIES_AT_MOST = 3
OVERTAKEN_AT_MOST = 20
HELD_UP = (LockNotAvailable, DeadlockDetected)
"""An account or its table is locked by somebody else; the next turn tries again."""
State, Turn = ReratingState, ReratingLeft.Turn


class Ended(Exception):
    """Somebody stopped it, or another worker was first: what this one has done of the slice counts for nothing."""


class Overtaken(Exception):
    """Rules or policies of an account moved on while its debits were priced."""


def work(rerating_id: int, seconds: float, now: datetime | None = None) -> bool:
    """Go on with a re-rating for about so many seconds; answers whether some is left.

    Safe to run twice, and together with itself: one worker is at it, a slice is booked with the progress, and no debit
    is replaced twice. now: null in production.
    """
    with alone_at(f"re-rating {rerating_id}") as is_alone:
        rerating = _begun(rerating_id) if is_alone else None
        return rerating is not None and _go_on(rerating, seconds, now)


def _go_on(rerating: Rerating, seconds: float, now: datetime | None) -> bool:
    ends = monotonic() + seconds
    turn = _TURNS[rerating.state]
    with _ends_in_a_reason(rerating):
        repricer = Repricer(rerating.pk, rerating.version, rerating.priced_at, now)
        while places := turn.places(rerating):
            try:
                _do(rerating, turn, repricer, used(places))
            except Ended:
                return False
            except OperationalError as fault:
                if not isinstance(fault.__cause__, HELD_UP):
                    raise
                log.info("re-rating %s waits: %s", rerating.pk, fault)
                Rerating.objects.filter(pk=rerating.pk).update(tries=0)
                return True
            if monotonic() >= ends:
                return True
        _end(rerating, turn.ends_as)
    return False


@dataclass(frozen=True, slots=True)
class _Turn:
    """One of the three turns. name: under which it tells what it left. is_dry: nothing is booked in it."""

    name: str
    is_dry: bool
    ends_as: str
    places: Callable[[Rerating], list[Place]]


def _asked(rerating: Rerating) -> list[Place]:
    interval = Interval(
        rerating.since,
        rerating.until,
        rerating.asked_at,
        rerating.table_id,
        rerating.product_id,
        rerating.customer_id,
        rerating.feature_id,
    )
    with _patient():
        return next_places(interval, After.from_json(rerating.cursor), A_SLICE)


def _booked(rerating: Rerating) -> list[Place]:
    with _patient():
        return next_to_take_back(rerating.pk, After.from_json(rerating.cursor), A_SLICE)


_TURNS: dict[str, _Turn] = {
    State.RECKONING: _Turn(Turn.RECKONING, True, State.READY, _asked),
    State.RUNNING: _Turn(Turn.RUNNING, False, State.DONE, _asked),
    State.REVERTING: _Turn(Turn.REVERTING, False, State.REVERTED, _booked),
}


def _begun(rerating_id: int) -> Rerating | None:
    """The re-rating, once more tried at its place; None where it is over, or was tried too often."""
    rows = Rerating.objects.under_way().filter(pk=rerating_id)
    rows.filter(state=State.ASKED).update(state=State.RECKONING)
    if not rows.update(tries=F("tries") + 1, worked_at=database_clock()):
        return None
    rerating = Rerating.objects.select_related("version").get(pk=rerating_id)
    if rerating.tries > TRIES_AT_MOST:
        _end(rerating, State.FAILED, fault=f"The worker was stopped {TRIES_AT_MOST} times at one place.")
        return None
    return rerating


def _do(rerating: Rerating, turn: _Turn, repricer: Repricer, debits: Sequence[Used]) -> None:
    """Do a slice; where a debit comes to too much, one by one, and that one is left."""
    try:
        _do_together(rerating, turn, repricer, debits)
    except DataError as fault:
        if not isinstance(fault.__cause__, NumericValueOutOfRange):
            raise
        if len(debits) == 1:
            change = Change("left", "out_of_range")
            with transaction.atomic():
                _moved_on(rerating, turn, debits, [change])
            return
        log.info("re-rating %s does a slice one by one: %s", rerating.pk, fault)
        for each in debits:
            _do(rerating, turn, repricer, [each])


def _do_together(rerating: Rerating, turn: _Turn, repricer: Repricer, debits: Sequence[Used]) -> None:
    repricer.learn(debits)
    for _ in range(OVERTAKEN_AT_MOST):
        changes, requests = _priced(repricer, debits)
        try:
            with transaction.atomic():
                changes |= _changed(rerating, turn, requests)
                _moved_on(rerating, turn, debits, [changes[place] for place in range(len(debits))])
        except Overtaken:
            repricer.overtaken(debits)
        else:
            return
    raise Ended


def _priced(repricer: Repricer, debits: Sequence[Used]) -> tuple[dict[int, Change], list[dict[str, Any]]]:
    """By its place, why a debit can't be priced; and what the database is told of the others."""
    left: dict[int, Change] = {}
    requests: list[dict[str, Any]] = []
    for place, each in enumerate(debits):
        try:
            requests.append(repricer.request(each) | {"place": place})
        except Left as reason:
            left[place] = Change("left", reason.reason)
    return left, requests


def _changed(rerating: Rerating, turn: _Turn, requests: Sequence[dict[str, Any]]) -> dict[int, Change]:
    """What the database answers, by the place of each. Raises Overtaken, Ended."""
    if not requests:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT place, outcome, answer::text FROM usage_rerate_v1(%s, %s::jsonb, %s::jsonb, %s)",
            [
                rerating.pk,
                orjson.dumps(requests, default=str).decode(),
                json.dumps(rerating.carried),
                turn.is_dry,
            ],
        )
        rows = cursor.fetchall()
    words = {word for _, word, _ in rows}
    if "ended" in words:
        raise Ended
    if "stale" in words:
        raise Overtaken
    return {place: _told(word, answer) for place, word, answer in rows}


def _told(word: str, answer: str) -> Change:
    told = json.loads(answer)
    if word == "left":
        return Change(word, told)
    return Change(word, "", tuple(map(Decimal, told["charges"])), tuple(told["moves"] or ()))


def _moved_on(rerating: Rerating, turn: _Turn, debits: Sequence[Used], changes: Sequence[Change]) -> None:
    """Write down what a slice came to and where the next begins, unless it stands elsewhere by now. Raises Ended."""
    found = Found()
    for debit, change in zip(debits, changes, strict=True):
        found.add(debit, change)
    write(rerating.pk, turn.name, found)
    last = debits[-1].place
    cursor, done = last.as_json(), rerating.debits_done + len(debits)
    moved = _moves(rerating, debits, changes) if turn.is_dry else []
    same = Q(state=rerating.state, debits_done=rerating.debits_done)
    news: dict[str, Any] = {"cursor": cursor, "debits_done": done, "carried": moved, "tries": 0}
    if turn.is_dry:
        news["reckoned"] = done
    if not Rerating.objects.filter(same, pk=rerating.pk).update(**news, worked_at=database_clock()):
        raise Ended
    rerating.cursor, rerating.debits_done, rerating.carried = cursor, done, moved


def _moves(rerating: Rerating, debits: Sequence[Used], changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What the dry run has moved in the months of the slice's last account."""
    last = debits[-1].place.account
    before = [move for move in rerating.carried if move["account"] == str(last)]
    pairs = zip(debits, changes, strict=True)
    return carried(
        before, [move for debit, each in pairs if debit.place.account == last for move in each.moves]
    )


def _end(rerating: Rerating, state: str, **told: Any) -> None:
    rows = Rerating.objects.filter(pk=rerating.pk, state=rerating.state)
    finished_at = None if state == State.READY else database_clock()
    rows.update(state=state, finished_at=finished_at, cursor=None, carried=[], **told)


@contextmanager
def _patient() -> Iterator[None]:
    """A transaction whose statements may take their time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true)",
            [f"{SECONDS_A_STATEMENT}s"],
        )
        yield


@contextmanager
def _ends_in_a_reason(rerating: Rerating) -> Iterator[None]:
    """Write down why a re-rating can't go on; what is booked of it stays and can be taken back."""
    try:
        yield
    except OperationalError:
        raise
    except (DatabaseError, ArithmeticError, ValueError, LookupError) as fault:
        log.exception("re-rating %s failed", rerating.pk)
        _end(rerating, State.FAILED, fault=f"{type(fault).__name__}: {fault}"[:1000])
