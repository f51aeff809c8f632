"""Rows of sums that are added to, whoever else adds at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, models


def raise_sums(
    model: type[models.Model],
    keys: Sequence[str],
    facts: Sequence[str],
    sums: Sequence[str],
    rows: Sequence[tuple[tuple[Any, ...], Mapping[str, Decimal]]],
) -> None:
    """Add sums to the rows of these keys, in the order of `keys`, `facts`; rows that are not there begin at zero."""
    table = model._meta.db_table
    columns = (*keys, *facts, *sums)
    marks = ", ".join(["%s"] * len(columns))
    raised = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {raised}"
    )
    given = [(*key, *(moved[name] for name in sums)) for key, moved in rows]
    if given:
        with connection.cursor() as cursor:
            cursor.executemany(statement, given)
