"""Questions to the database in SQL of a test's own."""

from __future__ import annotations

from typing import Any

from django.db import connection


def asked(question: str, **given: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(question, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
