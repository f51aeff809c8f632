"""Days of an account's calendar. A new time zone counts from the next month on."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import connection


def day_of(account_id: UUID, moment: datetime) -> date:
    """The day that an instant lies in for the account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_day_v1(%s, %s)", [account_id, moment])
        found: date = cursor.fetchone()[0]
    return found


def midnight(account_id: UUID, day: date) -> datetime:
    """The instant at which a day begins for the account: after a gap its end, of two midnights the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_midnight_v1(%s, %s)", [account_id, day])
        found: datetime = cursor.fetchone()[0]
    return found
