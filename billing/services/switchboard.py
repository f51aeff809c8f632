"""One lock for who is told of what: endpoints and recipients change while nobody hands news to them."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

SWITCHBOARD = 7120
"""The class of the advisory lock."""


def take() -> datetime:
    """Hold the switchboard until the transaction ends. Answers the database's clock, read under the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [SWITCHBOARD])
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
