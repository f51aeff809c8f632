"""Calling the SQL verbs."""

from types import SimpleNamespace
from typing import Any

from django.db import DataError, connection
from psycopg.errors import NumericValueOutOfRange

from config.kernel.errors import InvalidRequest


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
