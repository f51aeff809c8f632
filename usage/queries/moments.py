"""The database's clock, by which money time goes."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Func

CLOCK = Func(function="clock_timestamp", output_field=DateTimeField())
"""The instant at which the database runs the statement that this is part of; it needs no question of its own."""


def database_clock() -> datetime:
    """The instant at which the database runs this."""
    return next_effect()[0]


def next_effect() -> tuple[datetime, UUID]:
    """The instant at which the database runs this, and the identity of what happens at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), uuidv7()")
        moment, identity = cursor.fetchone()
    return moment, identity
