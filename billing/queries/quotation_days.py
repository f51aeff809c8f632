"""Days of a quotation as instants of the account's calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from billing.queries.calendar import day_of, midnight

GOOD_FOR_DAYS = 30
"""How long a quotation is valid unless somebody says otherwise."""


def beginning_of(account_id: UUID, day: date | None) -> datetime | None:
    """When a day begins."""
    return midnight(account_id, day) if day else None


def end_of(account_id: UUID, day: date) -> datetime:
    """When a day is over."""
    return midnight(account_id, day + timedelta(days=1))


def usual_last_day(account_id: UUID, moment: datetime) -> date:
    """The last day of a quotation that is written now."""
    return day_of(account_id, moment) + timedelta(days=GOOD_FOR_DAYS)


def usual_end(account_id: UUID, moment: datetime) -> datetime:
    """When a quotation that is written now can't be accepted any more."""
    return end_of(account_id, usual_last_day(account_id, moment))
