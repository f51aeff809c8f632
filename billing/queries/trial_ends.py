"""When the end of a trial is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.queries.calendar import days_later


def remind_at(account_id: UUID, expires_at: datetime, days: int, now: datetime) -> datetime | None:
    """When the seller is reminded of an expiry; none where nobody asked, or where that is past."""
    due = days_later(account_id, expires_at, -days) if days else None
    return due if due is not None and due > now else None
