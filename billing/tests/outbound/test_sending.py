"""Messages to a vendor that works, refuses, breaks, hangs and comes back: each takes effect once, none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import transaction
from django.db.models import Q

from billing.models import Connection, ConnectionHealth, ExchangeTally, Outgoing, OutgoingTry, SyncRun
from billing.rules.connecting import FIELDS, TASK, Sent
from billing.rules.deliveries import Answer
from billing.services import lanes, outgoing, outgoing_answers, syncing
from billing.tests.outbound.plain import Interrupted, Plain, a_connection, due_now, linked, states
from billing.tests.outbound.vendor import DONE_BUT_SILENT, DOWN, GARBAGE, HALF, HANG, Vendor, a_vendor
from usage.models import Debit
from usage.tests.made import UNLIMITED, Shop, an_account, together
from usage.tests.racing import blocked
from wallets.models import Account

pytestmark = pytest.mark.committed
CONNECTORS = {"plain": Plain(1.0)}


def send(seconds: float = 20) -> int:
    return syncing.send_due(CONNECTORS, seconds)


def a_customer(row: Connection) -> Account:
    account = an_account()
    linked(row, account)
    return account


def tasks(row: Connection, account: Account, *keys: str) -> None:
    for key in keys:
        outgoing.put(row.pk, TASK, key, account.reference, {"title": key})


class TestPut:
    def test_keeps_a_key_once_and_lets_the_newest_take_the_place_of_what_waits(
        self, plain: Connection
    ) -> None:
        acme = an_account()
        for key, content in (("a", {"n": 1}), ("b", {"n": 2}), ("a", {"n": 3})):
            outgoing.put(plain.pk, FIELDS, key, acme.reference, content, replaces=True)

        assert states(plain) == {"a": "replaced", "b": "waiting"}
        assert Outgoing.objects.get(connection=plain, key="a").content == {"n": 1}


class TestSend:
    def test_tells_each_once_under_its_key_and_keeps_what_it_is_called_there(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        acme = a_customer(plain)
        keys = [f"task-{n}" for n in range(9)]
        tasks(plain, acme, *keys)

        assert send() == 9

        assert vendor.done == Counter(keys)
        assert vendor.calls["/messages"] == 3
        told = Outgoing.objects.filter(connection=plain).values_list(
            "key", "state", "external_id", "attempts"
        )
        assert set(told) == {(key, "sent", f"theirs-{key}", 1) for key in keys}
        assert set(vendor.contents) == {f"cus-{acme.reference}"}
        (run,) = SyncRun.objects.filter(connection=plain)
        assert (run.job, run.found, run.done, run.failed) == ("send tasks", 9, 9, 0)
        assert ExchangeTally.objects.get(connection=plain, outcome="ok").count == 3

    def test_stops_after_the_call_at_which_it_is_paused(self, plain: Connection, vendor: Vendor) -> None:
        tasks(plain, a_customer(plain), *(f"task-{n}" for n in range(5)))

        assert syncing.send_due({"plain": Interrupted(1.0)}, 20) == 4

        assert sorted(states(plain).values()) == ["sent"] * 4 + ["waiting"]

    def test_tells_nobody_of_an_account_that_is_no_customer(self, plain: Connection, vendor: Vendor) -> None:
        tasks(plain, an_account(), "nobody")

        assert send() == 0

        assert states(plain) == {"nobody": "dead"}
        assert vendor.heard == []

    def test_gives_up_the_one_that_is_refused_and_groups_the_reason(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        vendor.bad = {"key-1234"}
        tasks(plain, a_customer(plain), "good", "key-1234")

        assert send() == 1

        dead = Outgoing.objects.get(connection=plain, state="dead")
        assert (dead.key, dead.fault) == ("key-1234", "No field called x in key-…")
        assert dead.reason == "No field called x in key-1234"
        assert dead.tries.get().error == dead.reason

    def test_sends_what_breaks_a_call_apart_from_the_others(self, plain: Connection, vendor: Vendor) -> None:
        vendor.poison = {"poison"}
        acme = a_customer(plain)
        tasks(plain, acme, "before")
        send()
        tasks(plain, acme, "poison", "one", "two")
        for _ in range(6):
            send()
            due_now(plain)

        assert vendor.done == Counter(["before", "one", "two"])
        assert states(plain)["poison"] == "waiting"
        for _ in range(8):
            send()
            due_now(plain)
        assert states(plain) == {"before": "sent", "one": "sent", "two": "sent", "poison": "dead"}

    def test_catches_up_after_every_kind_of_failure_and_doubles_nothing(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        keys = {f"task-{n}" for n in range(8)}
        tasks(plain, a_customer(plain), *keys)
        for fault in (DOWN, HANG, HALF, GARBAGE, 500, 502, (503, 40), (429, 40), DONE_BUT_SILENT, 401):
            vendor.will("/messages", fault)
            send()
            due_now(plain)
        send()

        assert states(plain) == dict.fromkeys(keys, "sent")
        assert vendor.done == Counter(keys)
        assert set(vendor.heard) == keys
        assert len(vendor.heard) > len(keys)
        tries = OutgoingTry.objects.filter(outgoing__connection=plain)
        assert not tries.filter(finished_at=None).exists()
        assert ConnectionHealth.objects.get(connection=plain).fault == ""

    def test_leaves_alone_whom_asks_for_it_and_counts_that_against_no_message(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        tasks(plain, a_customer(plain), "asked")
        vendor.will("/messages", (429, 600))

        assert (send(), send()) == (0, 0)

        assert vendor.calls["/messages"] == 1
        health = ConnectionHealth.objects.get(connection=plain)
        assert health.rests_until is not None
        assert health.last_failure_at is not None
        assert 590 < (health.rests_until - health.last_failure_at).total_seconds() < 601
        waiting = Outgoing.objects.get(connection=plain)
        assert (waiting.state, waiting.attempts - waiting.round_began_with) == ("waiting", 0)

    def test_lets_a_hanging_vendor_keep_nobody_and_no_debit(self, plain: Connection, vendor: Vendor) -> None:
        shop = Shop()
        acme = shop.an_account(policy=UNLIMITED)
        with a_vendor() as slow:
            slow.will("/messages", *[HANG] * 9)
            hanging = a_connection(slow)
            linked(hanging, acme)
            tasks(hanging, acme, "late")
            tasks(plain, a_customer(plain), *"abcdefghi")

            def debit() -> int:
                assert slow.arrived.wait(20)
                shop.debit(acme, "1")
                return 0

            patient = {"plain": Plain(4.0)}
            assert sorted(together([partial(syncing.send_due, patient, 3), debit])) == [0, 9]

            kept = Outgoing.objects.get(connection=hanging).tries.get()
            last = Outgoing.objects.filter(connection=plain).latest("finished_at")
        assert kept.finished_at is not None
        assert last.finished_at is not None
        assert max(last.finished_at, Debit.objects.get(account=acme).recorded_at) < kept.finished_at
        assert states(hanging) == {"late": "waiting"}


class TestInTurn:
    def test_sends_no_newer_one_while_an_older_is_under_way_and_no_older_after_it(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        acme = a_customer(plain)
        put = partial(outgoing.put, plain.pk, FIELDS, subject=acme.reference, replaces=True)
        put(key="old", content={"n": "1"})
        (old,) = outgoing.claim(plain.pk, FIELDS, 4)
        put(key="new", content={"n": "2"})

        assert outgoing.claim(plain.pk, FIELDS, 4) == []
        assert states(plain) == {"old": "waiting", "new": "waiting"}

        Outgoing.objects.filter(pk=old.outgoing_id).update(next_at=old.started_at)  # the lease has ended
        assert send() == 1
        assert states(plain) == {"old": "replaced", "new": "sent"}
        assert vendor.heard == ["new"]


class TestTogether:
    def test_workers_at_once_send_each_once(
        self, plain: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Even where each believes to be alone: the rows decide."""
        monkeypatch.setattr(lanes, "alone_at", _never_refused)
        keys = [f"task-{n}" for n in range(40)]
        tasks(plain, a_customer(plain), *keys)

        assert sum(together([send] * 3)) == 40

        assert Counter(vendor.heard) == Counter(keys)


class TestRecord:
    def test_locks_messages_in_the_order_of_their_making(self, plain: Connection) -> None:
        tasks(plain, a_customer(plain), "one", "two")
        first, second = outgoing.claim(plain.pk, TASK, 4)
        backwards = [second, first]
        sent = [Sent(Answer(200))] * 2

        with ThreadPoolExecutor(1) as threads, transaction.atomic():
            Outgoing.objects.select_for_update().get(pk=first.outgoing_id)
            recorded = blocked(threads, lambda: outgoing_answers.record(backwards, sent))
            Outgoing.objects.select_for_update(nowait=True).get(pk=second.outgoing_id)

        recorded.result()
        assert states(plain) == {"one": "sent", "two": "sent"}


class TestPeople:
    def test_send_again_or_ignore_what_was_given_up(self, plain: Connection, vendor: Vendor) -> None:
        vendor.bad = {"one", "two"}
        tasks(plain, a_customer(plain), "one", "two")
        send()
        vendor.bad = set()

        one = Q(connection=plain, key="one")
        assert outgoing.send_again(one, None) == 1
        assert outgoing.ignore(Q(connection=plain, state="dead"), None, "No such field") == 1
        (claimed,) = outgoing.claim(plain.pk, TASK, 4)
        assert (claimed.number, claimed.tries) == (2, 1)
        due_now(plain)
        send()

        assert states(plain) == {"one": "sent", "two": "ignored"}
        again = Outgoing.objects.get(one)
        assert (again.attempts, again.round_began_with, again.fault, again.reason) == (3, 1, "", "")


@contextmanager
def _never_refused(_job: str) -> Iterator[bool]:
    yield True
