"""Exchanges, noted as they end: how the connection fares, how many there were, and runs that people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from billing.models import SyncRun
from billing.rules.connecting import ConnectionFault
from billing.rules.fault_groups import LONGEST_REASON, group_of_exchange
from billing.services import connection_health
from usage.queries.moments import database_clock

LOOKED_BACK = 50
"""How many runs of a connection are looked at for one that ended the same way."""


@dataclass(slots=True)
class Tale:
    """What a run comes to while it goes on. found, done, failed: records or messages. said: what people read of it."""

    job: str
    began_at: datetime
    found: int = 0
    done: int = 0
    failed: int = 0
    fault: str = ""
    said: str = ""

    def is_worth_telling(self) -> bool:
        return bool(self.done or self.failed or self.fault)


def note_exchange(connection_id: int, job: str, fault: ConnectionFault | None = None) -> None:
    """Note that an exchange went well, or why it failed as a whole."""
    if fault is None:
        connection_health.note_success(connection_id, job)
    else:
        connection_health.note_fault(connection_id, fault, job)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO billing_exchangetally AS t (connection_id, job, outcome, count) VALUES (%s, %s, %s, 1)
               ON CONFLICT (connection_id, job, outcome) DO UPDATE SET count = t.count + 1""",
            [connection_id, job, "ok" if fault is None else "failed"],
        )


@transaction.atomic
def tell(connection_id: int, tale: Tale) -> None:
    """Write a run down where it is worth telling of. One that failed as the last of its job did is counted there."""
    if not tale.is_worth_telling():
        return
    now, fault = database_clock(), group_of_exchange(tale.fault)
    recent = SyncRun.objects.filter(connection=connection_id).order_by("-pk")[:LOOKED_BACK]
    last = next((run for run in recent if run.job == tale.job), None)
    if fault and not tale.done and last is not None and last.fault == fault and not last.done:
        SyncRun.objects.filter(pk=last.pk).update(
            repeats=F("repeats") + 1,
            ended_at=now,
            found=tale.found,
            failed=tale.failed,
            said=tale.said[:LONGEST_REASON],
        )
        return
    SyncRun.objects.create(
        connection_id=connection_id,
        job=tale.job,
        began_at=tale.began_at,
        ended_at=now,
        found=tale.found,
        done=tale.done,
        failed=tale.failed,
        fault=fault,
        said=tale.said[:LONGEST_REASON],
    )
