"""How connections fare: written after each exchange, and what keeps a failing one from being asked all the time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from billing.models import ConnectionHealth, Handling, Outgoing
from billing.rules.connecting import ConnectionFault, Later, NotSetUp
from billing.rules.deliveries import LONGEST_REST, rest_of_the_silent
from billing.rules.fault_groups import LONGEST_REASON
from billing.rules.handling import SETTINGS
from usage.queries.moments import database_clock

APPLY = "apply"
GRANT = "grant"
"""The jobs that read records and that do what they wish for, beside those of the runs."""
REST = LONGEST_REST
_NOTHING_NEEDED: dict[str, Any] = {
    "needed_since": None,
    "needed_for": "",
    "needed_why": "",
    "applying_rests_until": None,
}

SILENCES = 16
"""After so many failures in a row the rest is as long as ever."""

_WELL = """
UPDATE billing_connectionhealth SET silent = 0, last_success_at = clock_timestamp(), fault = ''
WHERE connection_id = %(connection)s
"""
# A rest that was asked for before may last longer, and then it holds.
_FAILED = """
UPDATE billing_connectionhealth SET
    silent = silent + 1,
    rests_until = greatest(rests_until, clock_timestamp() + make_interval(secs =>
        (%(rests)s::float8[])[least(silent + 1, cardinality(%(rests)s::float8[]))])),
    last_failure_at = clock_timestamp(),
    fault = %(fault)s
WHERE connection_id = %(connection)s
"""


def note_success(connection_id: int, job: str = "") -> None:
    """An exchange went well. job: what it was; what only that job missed is there again, and without one all is.

    A rest that another exchange was asked for holds to its end.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WELL, {"connection": connection_id})
    is_set_up_for(connection_id, job)


def note_fault(connection_id: int, fault: ConnectionFault, job: str = "") -> None:
    """An exchange failed as a whole; it rests as long as they ask for, or longer with every failure in a row.

    A rest is made longer and never shorter.
    """
    if isinstance(fault, NotSetUp):
        need_a_person(connection_id, job, str(fault))
    rests = [fault.seconds] if isinstance(fault, Later) else _rests_of_the_silent()
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"fault": str(fault), "rests": rests, "connection": connection_id})


def need_a_person(connection_id: int, job: str, why: str) -> None:
    """Note what a person has to set right before a job can go on.

    Where no record can be read, applying rests; it is tried again after REST, for what is missing may be given
    elsewhere than here. Exchanges rest by themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_connectionhealth SET
                   needed_since = coalesce(needed_since, clock_timestamp()), needed_for = %(job)s, needed_why = %(why)s,
                   applying_rests_until = CASE WHEN %(job)s = %(apply)s
                       THEN clock_timestamp() + make_interval(secs => %(rest)s) ELSE applying_rests_until END
               WHERE connection_id = %(connection)s""",
            {
                "job": job,
                "why": why,
                "apply": APPLY,
                "rest": REST.total_seconds(),
                "connection": connection_id,
            },
        )


def rest_applying(connection_id: int, rest: timedelta) -> None:
    """Let no record be applied for so long, for they can't be asked what it leaves out; a longer rest holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_connectionhealth
               SET applying_rests_until = greatest(applying_rests_until, clock_timestamp() + make_interval(secs => %s))
               WHERE connection_id = %s""",
            [rest.total_seconds(), connection_id],
        )


def is_set_up_for(connection_id: int, job: str) -> None:
    """Note that nothing is missing any more for this job; for any, where none is named."""
    rows = ConnectionHealth.objects.filter(connection=connection_id, needed_since__isnull=False)
    (rows.filter(needed_for=job) if job else rows).update(**_NOTHING_NEEDED)


def is_granted_again(connection_id: int) -> None:
    """Note that no record waits any more for a person to set right what it wishes for."""
    if ConnectionHealth.objects.filter(connection=connection_id, needed_for=GRANT).exists():
        waiting = Handling.objects.waiting().filter(connection=connection_id, waits_for=SETTINGS)
        if not waiting.exists():
            is_set_up_for(connection_id, GRANT)


@transaction.atomic
def mended(connection_id: int) -> None:
    """A person changed settings, secrets or fields: nothing rests any more, and what waited for that is due at once.

    Records and messages are locked before the connection's health, as whoever has them tried again locks them.
    """
    now = database_clock()
    health = ConnectionHealth.objects.filter(connection=connection_id)
    waiting = Handling.objects.waiting().filter(connection=connection_id, waits_for=SETTINGS)
    found = list(waiting.select_for_update().order_by("pk").values_list("pk", flat=True))
    Handling.objects.filter(pk__in=found).update(next_at=now, waits_for="")
    why = health.values_list("needed_why", flat=True).first()
    if why:
        held = Outgoing.objects.waiting().filter(
            connection=connection_id, is_under_way=False, reason=why[:LONGEST_REASON]
        )
        due = list(held.select_for_update().order_by("pk").values_list("pk", flat=True))
        Outgoing.objects.filter(pk__in=due).update(next_at=now)
    health.update(rests_until=None, silent=0, **_NOTHING_NEEDED)


def _rests_of_the_silent() -> list[float | None]:
    """How long it rests after the first failure in a row, the second, and so on, in seconds."""
    rests = [rest_of_the_silent(count) for count in range(1, SILENCES + 1)]
    return [None if each is None else each.total_seconds() for each in rests]
