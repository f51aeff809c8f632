"""Calling the SQL verbs, asking in SQL, and what it means where the database does not answer."""

import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import DataError, InterfaceError, OperationalError, connection
from psycopg.errors import NumericValueOutOfRange

from config.kernel.errors import InvalidRequest

UNANSWERED = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
AWAY = ("08", "57P", "53")
"""How SQLSTATE begins where the database as a whole is away, ends, begins or is full. A cut connection has none."""


def too_large() -> InvalidRequest:
    """The refusal of an amount that would not fit its column."""
    return InvalidRequest("The result would have more than 18 digits before the point.")


def call(statement: str, parameters: dict[str, Any]) -> Any:
    """The first row of a statement that calls one SQL verb, its columns by name; None where there is none.

    Raises InvalidRequest where an amount would overflow.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement, parameters)
        except DataError as fault:
            if isinstance(fault.__cause__, NumericValueOutOfRange):
                raise too_large() from fault
            raise
        row = cursor.fetchone()
        if row is None:
            return None
        names = [column.name for column in cursor.description or ()]
    return SimpleNamespace(**dict(zip(names, row, strict=True)))


def rows_of(statement: str, parameters: Mapping[str, Any]) -> list[Any]:
    """All rows that a statement answers, each a tuple of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        return list(cursor.fetchall())


def is_unanswered(fault: BaseException | None) -> bool:
    """Whether the database gave no answer: away, cut off, or stopped after a time-out. To be tried again."""
    return isinstance(fault, UNANSWERED)


def is_away(fault: BaseException | None) -> bool:
    """Whether the database can't be reached, or goes down or comes up; a time-out is another matter."""
    state = getattr(fault.__cause__, "sqlstate", None) or getattr(fault, "sqlstate", None) if fault else None
    return is_unanswered(fault) and (state is None or state.startswith(AWAY))


def tell_unanswered(log: logging.Logger, fault: BaseException | None) -> None:
    """Write one line where the database is away, for every caller has the same; else with the traceback."""
    line = " ".join(str(fault).split())
    log.error("The database did not answer: %s", line, exc_info=None if is_away(fault) else fault)
