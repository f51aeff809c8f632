"""Days of an account's calendar. A new time zone counts from the next month on."""

from __future__ import annotations

from collections.abc import Sequence
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
    return midnights(account_id, [day])[0]


def midnights(account_id: UUID, days: Sequence[date]) -> list[datetime]:
    """The instants at which these days begin, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_MIDNIGHTS, [account_id, list(days)])
        return [row[0] for row in cursor.fetchall()]


def days_later(account_id: UUID, moment: datetime, days: int) -> datetime:
    """The same time of day so many days later, or before; after a gap its end, of one that exists twice the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_days_of_v1(%s, %s, %s)", [account_id, moment, days])
        found: datetime = cursor.fetchone()[0]
    return found


_MIDNIGHTS = """
SELECT wallets_midnight_v1(%s, d.day) FROM unnest(%s::date[]) WITH ORDINALITY AS d (day, place) ORDER BY d.place
"""
