"""When the books were proved last."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class LastAudit:
    """age_seconds: since it ended."""

    age_seconds: float
    is_clean: bool


def last_audit() -> LastAudit | None:
    """The audit that began last; None where none ever did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - finished_at)::float8, is_clean"
            " FROM kernel_auditrun ORDER BY started_at DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return None if row is None else LastAudit(*row)
