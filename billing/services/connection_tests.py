"""Testing a connection: one call that changes nothing, with a deadline, noted as a run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong

from django.db import connection

from billing.connectors.contract import Connector
from billing.errors import UnknownConnection
from billing.models import Connection, ConnectionHealth, SyncRun
from billing.rules.connecting import Access, ConnectionFault, Unreachable
from billing.services import connection_health
from billing.services.accesses import Answer, RenewedElsewhere, exchanged
from usage.queries.moments import database_clock

JOB = "test"
PATIENCE = 8.0
"""How long a person waits for the answer, in seconds."""


def try_out(*, connection_id: int, connector: Connector, by: str, seconds: float = PATIENCE) -> SyncRun:
    """Ask whether the connection works, whatever its state. Answers the run; its `fault` is empty where it does.

    A test that went well ends its rest; one that failed changes nothing else. Not called inside a transaction.
    Raises UnknownConnection.
    """
    row = Connection.objects.filter(pk=connection_id).first()
    if row is None:
        raise UnknownConnection("There is no such connection.")
    began_at = database_clock()
    fault = said = ""
    try:
        said = asked_within(seconds, row, connector, connector.check).said
    except ConnectionFault as found:
        fault = str(found) or type(found).__name__
    except RenewedElsewhere:
        fault = "Its token is being renewed: test it again in a minute."
    if not fault:
        connection_health.note_success(row.pk)
        ConnectionHealth.objects.filter(connection=row).update(rests_until=None)
    return SyncRun.objects.create(
        connection=row,
        job=JOB,
        began_at=began_at,
        ended_at=database_clock(),
        done=int(not fault),
        failed=int(bool(fault)),
        fault=fault[:200],
        said=f"{fault or said} Tested by {by}.",
    )


def asked_within(
    seconds: float, row: Connection, connector: Connector, call: Callable[[Access], Answer]
) -> Answer:
    """What a call answers that a person waits for; who is late is left to end by himself. Not in a transaction.

    Raises ConnectionFault, RenewedElsewhere.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="test of a connection")
    try:
        return pool.submit(_asked, row, connector, call).result(seconds)
    except TookTooLong:
        raise Unreachable(f"No answer within {seconds:g} seconds.") from None
    finally:
        pool.shutdown(wait=False)


def _asked(row: Connection, connector: Connector, call: Callable[[Access], Answer]) -> Answer:
    """The same, in a thread that keeps no connection to the database behind."""
    try:
        return exchanged(row, connector, call)
    finally:
        connection.close()
