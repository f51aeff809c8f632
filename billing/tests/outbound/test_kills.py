"""A worker killed between sending and recording; and what nobody holds while the outside is slow."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection

from billing.models import Connection, ConnectionHealth, ConnectionSecret, Outgoing
from billing.queries.connections import standings
from billing.rules.connecting import TASK, Access, Message, Page, Sent
from billing.services import connection_secrets, outgoing, syncing
from billing.tests.outbound.plain import Plain, due_now, linked
from billing.tests.outbound.vendor import DONE_BUT_SILENT, Vendor
from config.embedded.pytest_databases import TestServices
from config.tests import sources
from usage.tests.made import an_account, clock

pytestmark = pytest.mark.committed

WORKER = """
import django
django.setup()
from billing.services import syncing
from billing.tests.outbound.plain import Plain
syncing.send_due({"plain": Plain(20.0)}, 20)
"""


def test_what_a_killed_worker_sent_is_sent_again_under_its_key_and_done_once(
    plain: Connection, vendor: Vendor, services: TestServices
) -> None:
    acme = an_account()
    linked(plain, acme)
    outgoing.put(plain.pk, TASK, "once", acme.reference, {"title": "Call"})
    vendor.will("/messages", DONE_BUT_SILENT)
    environment = services.environment | {"WEBHOOK_PRIVATE_HOSTS": "127.0.0.1"}
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=sources.root())
    assert vendor.arrived.wait(60)
    deadline = time.monotonic() + 20
    while not vendor.done["once"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait(20)

    assert syncing.send_due({"plain": Plain()}, 20) == 0  # it is leased
    due_now(plain)
    deadline = time.monotonic() + 20
    while not syncing.send_due({"plain": Plain()}, 20):  # the lock of the killed goes when its server notices
        assert time.monotonic() < deadline

    assert vendor.heard == ["once", "once"]
    assert vendor.done == {"once": 1}
    sent = Outgoing.objects.get(connection=plain)
    assert (sent.state, sent.external_id, sent.attempts) == ("sent", "theirs-once", 2)
    assert [each.finished_at is None for each in sent.tries.order_by("number")] == [True, False]


RENEWER = """
import sys
import django
django.setup()
from billing.services import syncing
from billing.tests.outbound.plain import Plain

class Dying(Plain):
    def renew(self, access, now):
        renewed = super().renew(access, now)
        print("answered", flush=True)
        sys.stdin.read()
        return renewed

syncing.pull_due({"plain": Dying(20.0)}, 20)
"""


def test_a_token_that_was_lost_with_its_worker_is_said_to_be_and_a_new_one_mends_it(
    plain: Connection, vendor: Vendor, services: TestServices
) -> None:
    vendor.has(3)
    ConnectionSecret.objects.filter(connection=plain).update(expires_at=clock() - timedelta(minutes=1))
    environment = services.environment | {"WEBHOOK_PRIVATE_HOSTS": "127.0.0.1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    worker = subprocess.Popen([sys.executable, "-c", RENEWER], env=environment, cwd=sources.root(), **pipes)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"answered\n"
    worker.send_signal(signal.SIGKILL)
    worker.communicate(timeout=20)
    health = ConnectionHealth.objects.filter(connection=plain)
    assert vendor.renewals == 1
    assert health.get().renewal_began_at is not None
    began = f"{health.get().renewal_began_at:%H:%M:%S}"

    health.update(renewing_until=clock())  # its lease is over
    fetched(plain, 0)

    found = health.get()
    assert found.needed_why.startswith("Its token was being renewed at ")
    assert f"{began} UTC, their answer was lost" in found.needed_why
    assert "get a new refresh token" in found.needed_why
    (standing,) = standings([plain], clock())
    assert (standing.condition, standing.needs_a_person) == ("not set up", True)

    for name, text in (("token", vendor.token), ("refresh", vendor.refresh)):
        connection_secrets.put_secret(connection_id=plain.pk, name=name, text=text)
    plain.cursors.update(due_at=clock())
    assert syncing.pull_due({"plain": Plain()}, 20) == 3
    found = health.get()
    assert (found.needed_since, found.needed_why, found.renewal_began_at) == (None, "", None)


def fetched(row: Connection, new: int) -> None:
    """Fetch once the lock and the leases of the killed are gone, and once more after the rest."""
    deadline = time.monotonic() + 20
    health = ConnectionHealth.objects.filter(connection=row)
    while not health.get().fault:
        due_now(row)
        assert syncing.pull_due({"plain": Plain()}, 20) == new
        assert time.monotonic() < deadline


def test_nothing_of_the_database_is_held_while_the_outside_is_asked(
    plain: Connection, vendor: Vendor
) -> None:
    held: list[bool] = []

    class Watched(Plain):
        def pull(self, access: Access, stream: str, cursor: str) -> Page:
            held.append(connection.connection is not None)
            return super().pull(access, stream, cursor)

        def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
            held.append(connection.connection is not None)
            return super().send(access, messages)

    vendor.has(1)
    acme = an_account()
    linked(plain, acme)
    outgoing.put(plain.pk, TASK, "watched", acme.reference, {"title": "Call"})

    assert syncing.pull_due({"plain": Watched()}, 20) == 1
    assert syncing.send_due({"plain": Watched()}, 20) == 1

    assert held == [False, False]
