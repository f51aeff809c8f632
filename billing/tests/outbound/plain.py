"""A connector to the test's own vendor, over the same HTTP as every other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F

from billing.connectors.contract import Connector
from billing.connectors.exchange import Call, Reply, exchange, settled
from billing.models import Connection, ConnectionHealth, Link, Outgoing
from billing.rules.connecting import (
    FIELDS,
    INVOICE_ITEM,
    TASK,
    Access,
    Message,
    Page,
    Record,
    Renewed,
    Sent,
    Setting,
)
from billing.rules.deliveries import Answer
from billing.rules.mapping import OUT, Target
from billing.services import connection_secrets, connections
from billing.services.connections import ConnectionWish
from billing.tests.outbound.vendor import Vendor
from usage.tests.made import DAY, clock
from wallets.models import Account

TOKEN_LASTS = timedelta(hours=1)


class Plain(Connector):
    """seconds: how long a call may take."""

    kind, title = "plain", "The test's own vendor"
    settings = (
        Setting("address", "Address"),
        Setting("token", "Token", is_secret=True),
        Setting("refresh", "Refresh token", is_secret=True),
    )
    targets = (
        Target("customer", "available", "Tokens available", "tokens_left", OUT),
        Target("customer", "overage", "Overage", "", OUT),
        Target("customer", "burn_a_day", "Burn a day", "burn", OUT),
        Target("customer", "trial", "Trial", "trial_state", OUT),
        Target("customer", "plan", "Plan", "plan", OUT),
        Target("customer", "last_used_at", "Last use", "last_use", OUT),
    )
    streams = ("things",)
    sends = frozenset({FIELDS, TASK, INVOICE_ITEM})
    batch = 4

    def __init__(self, seconds: float = 5.0) -> None:
        self.seconds = seconds

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        told = self._asked(access, "GET", f"/{stream}?from={cursor or 0}").read()
        records = [Record(each["id"], "thing", each) for each in told["things"]]
        return Page(records, str(told["next"]), is_last=not told["more"])

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        told = [{"key": each.key, "subject": each.subject, "content": each.content} for each in messages]
        reply = self._asked(access, "POST", "/messages", told)
        return [
            Sent(Answer(reply.status), each["id"])
            if "id" in each
            else Sent(Answer(reply.status, each["error"], is_final=True))
            for each in reply.read()
        ]

    def renew(self, access: Access, now: datetime) -> Renewed | None:
        call = self._call(access, "POST", "/token", {"refresh": access.secret("refresh")})
        told = settled(exchange(call, self.seconds)).read()
        return Renewed({"token": told["token"], "refresh": told["refresh"]}, now + TOKEN_LASTS)

    def _asked(self, access: Access, method: str, path: str, told: Any = None) -> Reply:
        return settled(exchange(self._call(access, method, path, told), self.seconds))

    def _call(self, access: Access, method: str, path: str, told: Any = None) -> Call:
        headers = {"authorization": f"Bearer {access.secret('token')}"}
        url = access.setting("address") + path
        return Call(method, url, headers, told=told, private_hosts=access.private_hosts)


class Interrupted(Plain):
    """Its connections are paused by somebody whenever they were called."""

    def _asked(self, access: Access, method: str, path: str, told: Any = None) -> Reply:
        reply = super()._asked(access, method, path, told)
        Connection.objects.filter(code=access.code).update(state=Connection.State.PAUSED)
        return reply


def a_connection(vendor: Vendor, expires_at: datetime | None = None) -> Connection:
    """A connection to the vendor that works."""
    row = connections.make(
        code=f"plain-{uuid4().hex[:12]}",
        kind="plain",
        known=Plain.settings,
        wish=ConnectionWish("Plain", {"address": vendor.url}),
    )
    for name, text in (("token", vendor.token), ("refresh", vendor.refresh)):
        connection_secrets.put_secret(connection_id=row.pk, name=name, text=text, expires_at=expires_at)
    return connections.set_state(connection_id=row.pk, state=Connection.State.ON)


def linked(row: Connection, account: Account) -> Link:
    """The account as a customer of theirs."""
    now = clock()
    return Link.objects.create(
        connection=row,
        kind="customer",
        external_id=f"cus-{account.reference}",
        about=account,
        created_at=now,
        changed_at=now,
    )


def states(row: Connection) -> dict[str, str]:
    """The state of each message of a connection, by key."""
    return dict(Outgoing.objects.filter(connection=row).values_list("key", "state"))


def due_now(row: Connection) -> None:
    """A day later: all that waits is due, in its order, and the connection rests no more."""
    Outgoing.objects.filter(connection=row, state="waiting").update(next_at=F("next_at") - DAY)
    row.cursors.update(due_at=clock())
    ConnectionHealth.objects.filter(connection=row).update(rests_until=None)
