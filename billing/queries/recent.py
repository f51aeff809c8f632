"""What happened lately, found by the time that a version 7 identity carries: no scan, and no index of its own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction

PATIENCE_MS = 3000


def first_id_at(moment: datetime) -> UUID:
    """The least identity that a row written at `moment` may have."""
    milliseconds = max(int(moment.timestamp() * 1000), 0)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x8 << 60)


def patiently(statement: str, asked: Mapping[str, Any]) -> list[Any] | None:
    """The rows of a question, or None where they take longer than a page should wait."""
    with suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
        cursor.execute(statement, dict(asked))
        rows: list[Any] = cursor.fetchall()
        return rows
    return None
