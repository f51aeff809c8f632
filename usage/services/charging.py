"""The round trip of a debit: requests to the functions in `usage/sql`, their outcomes back."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import orjson
import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from prometheus_client import Counter
from psycopg.errors import DeadlockDetected, NumericValueOutOfRange, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from config.kernel import shaped
from config.kernel.database import too_large
from config.kernel.errors import DomainError, Unavailable
from config.kernel.steps import Step
from usage.services.combiner import Combiner, log_undone

log = logging.getLogger(__name__)

Shape = TypeVar("Shape")

ONE = "SELECT outcome, answer::text FROM usage_debit_one_v1($1::jsonb)"
MANY = "SELECT place, outcome, answer::text FROM usage_debit_batch_v1($1::jsonb)"
MOST_TOGETHER = 128
UNDONE = (psycopg.Error, DatabaseError, DomainError)
QUOTE = "SELECT outcome, answer::text FROM usage_quote_v1($1::jsonb)"
CHECKOUT = "SELECT outcome, answer::text FROM usage_checkout_v1($1::jsonb)"
HEARTBEAT = "SELECT outcome, answer::text FROM usage_heartbeat_v1($1::jsonb)"
HOLD = "SELECT outcome, answer::text FROM usage_hold_v1($1::jsonb)"
CAPTURE = "SELECT outcome, answer::text FROM usage_capture_v1($1::jsonb)"


OUTCOMES = Counter(
    "tokendesk_outcomes_total", "What the database answered to calls, by word.", ["call", "outcome"]
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome word and the JSON that comes with it."""

    word: str
    text: bytes

    def read(self, shape: type[Shape]) -> Shape:
        """The answer in one of the shapes of `usage.rules.outcomes`."""
        return shaped.decode(self.text, shape)

    @property
    def answer(self) -> dict[str, Any]:
        """The answer of any word; numbers are exact."""
        return json.loads(self.text, parse_float=Decimal) if self.text else {}


def charge(request: dict[str, Any]) -> Outcome:
    """Charge one request, combined with those that other threads of the process are waiting to have charged.

    Raises InvalidRequest where an amount would overflow, Unavailable.
    """
    if connection.in_atomic_block:
        return charge_alone(_written(request))
    return _combiner().submit(_written(request))


def charge_alone(request: bytes) -> Outcome:
    """Charge one request in a transaction of its own."""
    return _one("debit", ONE, request)


def charge_many(requests: Sequence[bytes]) -> list[Outcome]:
    """Charge several requests in one transaction, or none of them.

    Raises what the database says where a lock is not to be had within 0.2 seconds, or an amount overflows.
    """
    outcomes: list[Outcome | None] = [None] * len(requests)
    for place, word, answer in asked(MANY, b"[" + b",".join(requests) + b"]"):
        outcomes[int(place) - 1] = Outcome(word.decode(), answer)
    told = [outcome for outcome in outcomes if outcome is not None]
    if len(told) != len(requests):
        raise RuntimeError("A request has no outcome; which effect is whose can't be said.")
    count("debit", [outcome.word for outcome in told])
    return told


def charge_all(requests: Sequence[dict[str, Any]]) -> list[Outcome | Exception]:
    """Charge requests of one call, together where that is possible; a fault of one leaves its neighbours alone."""
    written = [_written(request) for request in requests]
    outcomes: list[Outcome | Exception] = []
    for start in range(0, len(written), MOST_TOGETHER):
        part = written[start : start + MOST_TOGETHER]
        try:
            outcomes.extend(charge_many(part))
        except UNDONE as fault:  # nothing was charged; each row meets its own fault
            log_undone(len(part), fault)
            outcomes.extend(_each_alone(requests[start : start + MOST_TOGETHER], part))
    return outcomes


def quote(request: dict[str, Any]) -> Outcome:
    """Price and judge one request; nothing is written."""
    return _one("quote", QUOTE, _written(request))


def checkout(request: dict[str, Any]) -> Outcome:
    """Take a seat, in a transaction of its own."""
    return _one("checkout", CHECKOUT, _written(request))


def heartbeat(request: dict[str, Any]) -> Outcome:
    """Keep a seat, in a transaction of its own."""
    return _one("heartbeat", HEARTBEAT, _written(request))


def hold(request: dict[str, Any]) -> Outcome:
    """Price and judge one request, and hold its tokens, in a transaction of its own."""
    return _one("hold", HOLD, _written(request))


def capture(request: dict[str, Any]) -> Outcome:
    """Charge one request to its hold, in a transaction of its own."""
    return _one("capture", CAPTURE, _written(request))


def count(call: str, words: Sequence[str]) -> None:
    """Count what the database answered, for `/metrics`."""
    for word in words:
        OUTCOMES.labels(call, word).inc()


def _one(call: str, statement: str, request: bytes) -> Outcome:
    word, answer = asked(statement, request)[0]
    outcome = Outcome(word.decode(), answer)
    count(call, [outcome.word])
    return outcome


def _each_alone(
    requests: Sequence[dict[str, Any]], written: Sequence[bytes]
) -> Iterator[Outcome | Exception]:
    """Charge one after the other; an account that did not answer once is not waited for again."""
    silent: dict[object, Exception] = {}
    for request, bytes_of_it in zip(requests, written, strict=True):
        account = request["account"]
        done = silent.get(account) or _alone(bytes_of_it)
        if isinstance(done, Unavailable):
            silent[account] = done
        yield done


def _alone(request: bytes) -> Outcome | Exception:
    try:
        return charge_alone(request)
    except DomainError as fault:
        return fault
    except Exception as fault:  # told to the caller as this row's answer
        log.error("A row of a batch could not be charged.", exc_info=fault)
        return fault


def _written(request: dict[str, Any]) -> bytes:
    return orjson.dumps(request, default=str)


def asked(statement: str, request: bytes) -> list[list[bytes]]:
    """One round trip on this thread's connection, once more where the connection was cut or a deadlock undid it."""
    with Step(_step_of(statement)):
        return _asked(statement, request)


@lru_cache
def _step_of(statement: str) -> str:
    """The name of the function that is called: `debit_batch` of `usage_debit_batch_v1`."""
    named = re.search(r"usage_(\w+)_v\d+\(", statement)
    return named[1] if named else "other"


def _asked(statement: str, request: bytes) -> list[list[bytes]]:
    try:
        return _round_trip(statement, request)
    except NumericValueOutOfRange as fault:
        raise too_large() from fault
    except (psycopg.OperationalError, OperationalError, InterfaceError, psycopg.InterfaceError) as fault:
        if connection.in_atomic_block or not (_is_cut() or isinstance(fault, DeadlockDetected)):
            raise _unavailable() from fault
    try:
        connection.close_if_unusable_or_obsolete() if not _is_cut() else connection.close()
        return _round_trip(statement, request)
    except NumericValueOutOfRange as fault:
        raise too_large() from fault
    except (psycopg.Error, DatabaseError, InterfaceError) as fault:
        connection.close()
        raise _unavailable() from fault


def _round_trip(statement: str, request: bytes) -> list[list[bytes]]:
    """Rows of texts, empty where there is none.

    By libpq's own blocking call: it costs a third of the processor time of a cursor's.
    """
    connection.ensure_connection()
    if connection.in_atomic_block:
        with psycopg.RawCursor(connection.connection) as cursor:
            rows = cursor.execute(statement, [request.decode()]).fetchall()
        return [[str("" if value is None else value).encode() for value in row] for row in rows]
    line = connection.connection.pgconn
    result = line.exec_params(statement.encode(), [request])
    if line.status != ConnStatus.OK or _is_unsaid(result):
        connection.connection.close()
        raise psycopg.OperationalError("The connection was cut.")
    if result.status != ExecStatus.TUPLES_OK:
        raise error_from_result(result)
    return [
        [result.get_value(row, column) or b"" for column in range(result.nfields)]
        for row in range(result.ntuples)
    ]


def _is_unsaid(result: PGresult) -> bool:
    """Whether the fault is libpq's own: the server said nothing, and the line may still pass for a sound one."""
    return result.status != ExecStatus.TUPLES_OK and not result.error_field(DiagnosticField.SQLSTATE)


def _is_cut() -> bool:
    return connection.connection is None or connection.connection.closed


def _unavailable() -> Unavailable:
    return Unavailable(
        "The database did not answer; whether the call had an effect is unknown. Send the same key again."
    )


_shared: Combiner[bytes, Outcome] | None = None
_making = Lock()


def _combiner() -> Combiner[bytes, Outcome]:
    global _shared
    if _shared is None:
        with _making:
            _shared = _shared or Combiner(charge_alone, charge_many)
    return _shared


def _begin_anew() -> None:
    global _shared, _making
    _shared, _making = None, Lock()


os.register_at_fork(after_in_child=_begin_anew)
