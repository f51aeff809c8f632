"""Who waits for whom where revenue is booked and months are closed."""

from __future__ import annotations

from django.db import connection

ONE_AT_A_TIME = 7133
"""The advisory lock by which one reckons at a time, and nobody while a month is being closed."""
WHILE_CLOSING = 7134
"""The advisory lock that whoever closes a month takes alone, and whoever books into one that is over shares."""


def take_the_books() -> None:
    """Let nobody else reckon until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [ONE_AT_A_TIME])


def close_alone() -> None:
    """Let nobody book into a month that is over until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WHILE_CLOSING])


def let_nobody_close() -> None:
    """Let no month be closed until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [WHILE_CLOSING])
