"""How connections fare: written after each exchange, and what keeps a failing one from being asked all the time."""

from __future__ import annotations

from django.db import connection

from billing.rules.connecting import ConnectionFault, Later
from billing.rules.deliveries import rest_of_the_silent

_NOTE = """
UPDATE billing_connectionhealth SET
    silent = CASE WHEN %(fault)s = '' THEN 0 ELSE silent + 1 END,
    rests_until = clock_timestamp() + make_interval(secs => %(rest)s),
    last_success_at = CASE WHEN %(fault)s = '' THEN clock_timestamp() ELSE last_success_at END,
    last_failure_at = CASE WHEN %(fault)s = '' THEN last_failure_at ELSE clock_timestamp() END,
    fault = %(fault)s
WHERE connection_id = %(connection)s
RETURNING silent
"""


def note_success(connection_id: int) -> None:
    """An exchange went well."""
    _note(connection_id, "", None)


def note_fault(connection_id: int, fault: ConnectionFault) -> None:
    """An exchange failed as a whole; it rests as long as they ask for, or longer with every failure in a row."""
    if isinstance(fault, Later):
        _note(connection_id, str(fault), fault.seconds)
        return
    silent = _note(connection_id, str(fault), None)
    rest = rest_of_the_silent(silent)
    if rest is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE billing_connectionhealth SET rests_until = clock_timestamp() + make_interval(secs => %s)
                   WHERE connection_id = %s""",
                [rest.total_seconds(), connection_id],
            )


def _note(connection_id: int, fault: str, rest: float | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"fault": fault, "rest": rest, "connection": connection_id})
        found = cursor.fetchone()
    return int(found[0]) if found else 0
