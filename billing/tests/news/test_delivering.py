"""Turns of sending: many endpoints at once, several workers, slow receivers, and workers that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection

from billing.models import Delivery, Endpoint, EndpointHealth
from billing.services import delivering, endpoints, lanes
from billing.tests.news.made import a_delivery, an_endpoint, carriers, deliveries_to
from billing.tests.news.receiver import HANG, Receiver, Said
from config.embedded.pytest_databases import TestServices
from config.kernel.running import alone_at
from config.tests import sources
from usage.tests.made import DAY, clock, together

pytestmark = [pytest.mark.committed, pytest.mark.usefixtures("at_work")]

WORKER = """
import django
django.setup()
from billing.connectors import mails, webhooks
from billing.services import delivering
delivering.deliver(delivering.Carriers(webhooks.send, mails.send), 20)
"""


def states_of(endpoint: Endpoint) -> dict[str, int]:
    return dict(Counter(each.state for each in deliveries_to(endpoint)))


def message_ids(receiver: Receiver, path: str = "/hooks") -> list[str]:
    return [each.headers["webhook-id"] for each in receiver.heard_at(path)]


class TestDeliver:
    def test_sends_all_that_is_due_and_ends(self, receiver: Receiver) -> None:
        first, second = an_endpoint(receiver.url("/first")), an_endpoint(receiver.url("/second"))
        sent = [a_delivery(each) for each in (first, second) for _ in range(10)]

        assert delivering.deliver(carriers(), 30) == 20

        assert (states_of(first), states_of(second)) == ({"delivered": 10}, {"delivered": 10})
        assert len(set(message_ids(receiver, "/first"))) == 10
        assert {each.attempts for each in Delivery.objects.filter(pk__in=[one.pk for one in sent])} == {1}

    def test_leaves_what_is_not_due_and_who_rests_or_is_off(self, receiver: Receiver) -> None:
        later, resting, off = (an_endpoint(receiver.url()) for _ in range(3))
        Delivery.objects.filter(pk=a_delivery(later).pk).update(next_at=clock() + DAY)
        a_delivery(resting)
        EndpointHealth.objects.create(endpoint=resting, rests_until=clock() + DAY)
        Delivery.objects.filter(pk=a_delivery(off).pk).update(next_at=clock())
        endpoints.switch_off(endpoint_id=off.pk, reason="Moving house")

        assert delivering.deliver(carriers(), 30) == 0
        assert receiver.heard == []

    def test_lets_slow_endpoints_hold_up_no_other(self, receiver: Receiver) -> None:
        receiver.will_say(Said(HANG), path="/slow")
        slow = [an_endpoint(receiver.url("/slow")) for _ in range(20)]
        quick = an_endpoint(receiver.url("/quick"))
        for _ in range(4):
            for each in slow:
                a_delivery(each)
        quickly = [a_delivery(quick) for _ in range(10)]

        delivering.deliver(carriers(seconds=5.5), 5)

        finished = [each.finished_at for each in Delivery.objects.filter(pk__in=[one.pk for one in quickly])]
        failed = [each.finished_at for one in slow for row in deliveries_to(one) for each in row.tries.all()]
        assert states_of(quick) == {"delivered": 10}
        assert [states_of(each) for each in slow] == [{"waiting": 4}] * 20
        assert max(finished) < sorted(failed)[len(slow) // 2]  # a busy receiver may turn a few away at once

    def test_gives_an_endpoint_that_never_answered_one_attempt_at_a_time(self, receiver: Receiver) -> None:
        receiver.will_say(Said(HANG), path="/slow")
        endpoint = an_endpoint(receiver.url("/slow"))
        for _ in range(4):
            a_delivery(endpoint)

        assert delivering.deliver(carriers(seconds=0.5), 0.3) == 1
        assert len(receiver.heard) == 1

    def test_goes_on_with_others_after_one_failed(self, receiver: Receiver) -> None:
        receiver.will_say(Said(500), path="/broken")
        broken, well = an_endpoint(receiver.url("/broken")), an_endpoint(receiver.url("/well"))
        for each in (broken, broken, well, well):
            a_delivery(each)

        assert delivering.deliver(carriers(), 30) == 4

        assert states_of(broken) == {"waiting": 2}
        assert states_of(well) == {"delivered": 2}

    def test_goes_away_while_somebody_else_hands_out(self, receiver: Receiver) -> None:
        endpoint = an_endpoint(receiver.url())
        a_delivery(endpoint)

        with alone_at(delivering.JOB):
            assert delivering.deliver(carriers(), 30) == 0

        assert states_of(endpoint) == {"waiting": 1}

    def test_lets_the_next_turn_begin_while_it_waits_for_the_slow(self, receiver: Receiver) -> None:
        receiver.will_say(Said(HANG), path="/slow")
        slow, quick = an_endpoint(receiver.url("/slow")), an_endpoint(receiver.url("/quick"))
        a_delivery(slow)

        def late_comer() -> int:
            assert receiver.arrived.wait(20)
            a_delivery(quick)
            made = 0
            while not made:
                made = delivering.deliver(carriers(), 30)
            receiver.closing.set()
            return made

        assert sorted(together([partial(delivering.deliver, carriers(20), 0.1), late_comer])) == [1, 1]
        assert states_of(quick) == {"delivered": 1}


class TestTogether:
    def test_workers_at_once_send_each_once(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Even where each believes to be alone: the rows decide."""
        monkeypatch.setattr(lanes, "alone_at", _never_refused)
        endpoint = an_endpoint(receiver.url())
        for _ in range(40):
            a_delivery(endpoint)

        made = together([partial(delivering.deliver, carriers(), 30)] * 3)

        assert sum(made) == 40
        assert states_of(endpoint) == {"delivered": 40}
        assert sorted(Counter(message_ids(receiver)).values()) == [1] * 40

    def test_what_a_killed_worker_was_at_is_sent_again_under_the_same_id(
        self, receiver: Receiver, services: TestServices
    ) -> None:
        receiver.will_say(Said(HANG), Said(200))
        endpoint = an_endpoint(receiver.url())
        sent = a_delivery(endpoint)
        environment = services.environment | {"WEBHOOK_PRIVATE_HOSTS": "127.0.0.1"}
        worker = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=sources.root())
        assert receiver.arrived.wait(60)
        worker.send_signal(signal.SIGKILL)
        worker.wait(20)

        assert delivering.deliver(carriers(), 30) == 0
        Delivery.objects.filter(pk=sent.pk).update(next_at=clock())  # the lease has ended
        made = _until_made(partial(delivering.deliver, carriers(), 30))

        assert made == 1
        assert states_of(endpoint) == {"delivered": 1}
        first, second = receiver.heard
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        tries = [
            (each.number, each.status, each.finished_at is None) for each in sent.tries.order_by("number")
        ]
        assert tries == [(1, None, True), (2, 200, False)]

    def test_nothing_is_sent_while_a_transaction_is_open(self, receiver: Receiver) -> None:
        seen: list[bool] = []

        def post(letter: Any) -> Any:
            seen.append(connection.in_atomic_block)
            return carriers().post(letter)

        a_delivery(an_endpoint(receiver.url()))
        delivering.deliver(delivering.Carriers(post, carriers().mail), 30)

        assert seen == [False]


@contextmanager
def _never_refused(_job: str) -> Iterator[bool]:
    yield True


def _until_made(deliver: Any, within_seconds: float = 20) -> int:
    """Deliver until something was: the lock of a killed worker goes when its server has noticed."""
    deadline = time.monotonic() + within_seconds
    made: int = deliver()
    while not made and time.monotonic() < deadline:
        made = deliver()
    return made
