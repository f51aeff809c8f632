"""When trials end, and when that is told."""

from __future__ import annotations

from datetime import datetime, timedelta


def remind_at(expires_at: datetime, days: int, now: datetime) -> datetime | None:
    """When the seller is reminded of an expiry; none where nobody asked, or where that is past."""
    due = expires_at - timedelta(days=days)
    return due if days and due > now else None
