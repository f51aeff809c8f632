"""What `/metrics` tells of connections, and the jobs that speak to them."""

from __future__ import annotations

from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from billing import tasks
from billing.models import Connection, Outgoing
from billing.rules.connecting import TASK
from billing.services import outgoing, syncing
from billing.tests.outbound.plain import Plain, due_now, linked
from billing.tests.outbound.vendor import Vendor
from config.jobs import KINDS
from config.schedule import ROUTES
from usage.tests.made import HOUR, an_account, clock

pytestmark = pytest.mark.committed


def measured(row: Connection) -> dict[str, float]:
    text = Client().get("/metrics").content.decode()
    return {
        " ".join(
            [
                sample.name.removeprefix("tokendesk_connection_"),
                *(value for name, value in sorted(sample.labels.items()) if name != "connection"),
            ]
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("connection") == row.code
    }


def test_tell_what_waits_for_how_long_what_was_given_up_and_how_exchanges_ended(
    plain: Connection, vendor: Vendor
) -> None:
    vendor.has(2)
    vendor.bad = {"bad"}
    vendor.will("/messages", 500)
    acme = an_account()
    linked(plain, acme)
    for key in ("good", "bad"):
        outgoing.put(plain.pk, TASK, key, acme.reference, {})
    assert "last_success_seconds" not in measured(plain)
    syncing.pull_due({"plain": Plain()}, 20)
    for _ in range(2):
        syncing.send_due({"plain": Plain()}, 20)
        due_now(plain)
    outgoing.put(plain.pk, TASK, "later", acme.reference, {})
    Outgoing.objects.filter(connection=plain, key="later").update(created_at=clock() - HOUR)
    plain.cursors.update(due_at=clock() - timedelta(minutes=5))

    found = measured(plain)

    assert (found["waiting in"], found["waiting out"]) == (2, 1)
    assert (found["given_up in"], found["given_up out"]) == (0, 1)
    assert 3600 <= found["oldest_waiting_seconds out"] < 3660
    assert 0 < found["oldest_waiting_seconds in"] < 60
    assert 300 <= found["overdue_seconds"] < 360
    assert 0 <= found["last_success_seconds"] < 60
    exchanges = {name: count for name, count in found.items() if name.startswith("exchanges_total")}
    assert exchanges == {
        "exchanges_total things ok": 1,
        "exchanges_total send tasks ok": 1,
        "exchanges_total send tasks failed": 1,
    }


def test_jobs_of_connections_leave_threads_to_news(
    committed_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[Any] = []
    monkeypatch.setattr(syncing, "send_due", lambda *given: turns.append(given))

    tasks.send_to_connections(told_later=True)
    monkeypatch.setattr(tasks, "TURNS", BoundedSemaphore(1))
    with tasks.TURNS:
        tasks.send_to_connections()
    tasks.note_figures(told_later=True)
    tasks.fetch_from_connections(told_later=True)

    assert len(turns) == 1
    assert KINDS["courier"]["concurrency"] >= tasks.TURNS_AT_ONCE + 3
    assert {each["queue"] for each in ROUTES.values()} == set(KINDS["courier"]["queues"])
