"""A worker killed between sending and recording; and what nobody holds while the outside is slow."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from django.db import connection

from billing.models import Connection, Outgoing
from billing.rules.connecting import TASK, Access, Message, Page, Sent
from billing.services import outgoing, syncing
from billing.tests.outbound.plain import Plain, due_now, linked
from billing.tests.outbound.vendor import DONE_BUT_SILENT, Vendor
from config.embedded.pytest_databases import TestServices
from config.tests import sources
from usage.tests.made import an_account

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
    while not vendor.done["once"]:
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
