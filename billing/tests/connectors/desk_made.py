"""Connections of the sample kind with what came in and goes out, in a line each."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256
from random import randrange
from typing import Any
from uuid import UUID

from billing.models import (
    Connection,
    ConnectionHealth,
    Handling,
    Outgoing,
    OutgoingTry,
    Received,
    ReceivedBody,
    SyncCursor,
    SyncRun,
)
from billing.services import connection_secrets, connections
from billing.services.connections import ConnectionWish
from billing.tests.connectors.desk_sample import Sample
from config.kernel.identity import first_id_at
from usage.tests.made import clock, named

KEY = "pat-na1-very-secret"
LIST = "/admin/billing/connection/"


def a_connection(name: str = "HubSpot of Sales", *, state: str = "on", key: str = KEY) -> Connection:
    """One that works: it has its key, and has spoken to them."""
    row = connections.make(
        code=named("crm"), kind="sample", known=Sample.settings, wish=ConnectionWish(name, {})
    )
    if key:
        connection_secrets.put_secret(connection_id=row.pk, name="api_key", text=key)
    connections.set_state(connection_id=row.pk, state=state)
    for stream in Sample.streams:
        SyncCursor.objects.create(
            connection=row, stream=stream, position="2026-11-26T09:00Z", due_at=clock() + timedelta(minutes=1)
        )
    ConnectionHealth.objects.filter(connection=row).update(last_success_at=clock())
    row.refresh_from_db()
    return row


def told(
    row: Connection, kind: str = "company", *, body: bytes = b"", at: datetime | None = None, **content: Any
) -> Handling:
    """A record that came in, now unless a past moment is named, and waits to be applied."""
    said = body or json.dumps(content).encode()
    moment = at or clock()
    received = Received.objects.create(
        pk=UUID(int=first_id_at(moment).int | randrange(1 << 62)),
        connection=row,
        external_id=named("record"),
        kind=kind,
        way="call",
        digest=sha256(said).digest(),
        received_at=moment,
    )
    ReceivedBody.objects.create(received=received, content=said)
    return Handling.objects.create(received=received, connection=row, next_at=clock())


def failed(handling: Handling, fault: str, reason: str = "", where: str = "") -> Handling:
    """The same, given up."""
    Handling.objects.filter(pk=handling.pk).update(
        state="dead",
        fault=fault,
        reason=reason or fault,
        where=where,
        attempts=1,
        next_at=None,
        finished_at=clock(),
    )
    handling.refresh_from_db()
    return handling


def applied(handling: Handling, said: str, account: str = "acme") -> Handling:
    """The same, with what it came to. account: there has to be one where an audit follows."""
    outcome = [{"about": "account", "ref": account, "said": said}]
    Handling.objects.filter(pk=handling.pk).update(
        state="applied", outcome=outcome, attempts=1, next_at=None, finished_at=clock()
    )
    handling.refresh_from_db()
    return handling


def a_message(
    row: Connection, subject: str, *, fault: str = "", answer: str = "", status: int = 400, **content: Any
) -> Outgoing:
    """Figures of an account: sent, or given up where a fault is named."""
    now = clock()
    message = Outgoing.objects.create(
        connection=row,
        kind="fields",
        key=named("key"),
        subject=subject,
        content=content,
        state="dead" if fault else "sent",
        attempts=1,
        created_at=now,
        finished_at=now,
        fault=fault,
        reason=fault,
    )
    OutgoingTry.objects.create(
        outgoing=message,
        number=1,
        started_at=now,
        finished_at=now,
        status=status if fault else 200,
        error=fault,
        answer=answer,
        milliseconds=184,
    )
    return message


def a_run(row: Connection, job: str, said: str = "", **counts: Any) -> SyncRun:
    now = clock()
    return SyncRun.objects.create(connection=row, job=job, began_at=now, ended_at=now, said=said, **counts)


def page(row: Connection, what: str = "change") -> str:
    """The address of one of its pages."""
    return f"{LIST}{row.pk}/{what}/"
