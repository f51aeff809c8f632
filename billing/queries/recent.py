"""What happened lately, found by the time that a version 7 identity carries: no scan, and no index of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from config.kernel.database import rows_of
from config.kernel.identity import first_id_at

__all__ = ["first_id_at", "in_time", "patiently"]

PATIENCE_MS = 3000
ROOM = "32MB"
"""What one step of a question may take of PostgreSQL's memory: sums over all accounts fit into it."""

Answer = TypeVar("Answer")


def patiently(statement: str, asked: Mapping[str, Any]) -> list[Any] | None:
    """The rows of a question, or None where they take longer than a page should wait."""
    return in_time(lambda: rows_of(statement, asked))


def in_time(ask: Callable[[], Answer]) -> Answer | None:
    """What the questions answer, or None where one of them takes longer than a page should wait."""
    with suppress(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            # One page, one core: helpers of PostgreSQL's would each add up the same sums of all accounts.
            cursor.execute(
                f"SET LOCAL statement_timeout = {PATIENCE_MS}; SET LOCAL work_mem = '{ROOM}'; "
                "SET LOCAL max_parallel_workers_per_gather = 0"
            )
        return ask()
    return None
