"""Rows read as they are taken, as one state of the database has them, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

ROWS_AT_ONCE = 1000


@contextmanager
def one_state() -> Iterator[None]:
    """What is read within is one state of the database, for half an hour at most.

    In a transaction that is open already it is as far as that one sees a state.
    """
    is_own = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if is_own:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(
                "SET LOCAL statement_timeout = '30min'; SET LOCAL transaction_timeout = 0;"
                " SET LOCAL idle_in_transaction_session_timeout = '10min'; SET LOCAL jit = off"
            )
        yield


def streamed(rows: QuerySet[Any, Any]) -> Iterator[Any]:
    """The rows, a thousand at a time from a cursor of the server's.

    `QuerySet.iterator` would have them all at once: cursors that outlive a transaction are off, for PgBouncer's sake.
    """
    read: Any = rows._iterable_class(rows, chunked_fetch=True, chunk_size=ROWS_AT_ONCE)
    with one_state():
        yield from read
