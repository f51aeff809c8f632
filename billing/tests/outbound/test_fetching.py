"""Streams fetched from a vendor that works, breaks and comes back: what there is is here, each once."""

from __future__ import annotations

from functools import partial

import pytest

from billing.models import Connection, Handling, Received, SyncCursor, SyncRun
from billing.services import connections, syncing
from billing.tests.outbound.plain import Interrupted, Plain, due_now
from billing.tests.outbound.vendor import DOWN, GARBAGE, HALF, HANG, Vendor
from usage.tests.made import together

pytestmark = pytest.mark.committed
CONNECTORS = {"plain": Plain(1.0)}


def fetch(seconds: float = 20) -> int:
    return syncing.pull_due(CONNECTORS, seconds)


def fetched(row: Connection) -> list[str]:
    return sorted(Received.objects.filter(connection=row).values_list("external_id", flat=True))


def told(vendor: Vendor) -> list[str]:
    return sorted(each["id"] for each in vendor.things)


class TestPull:
    def test_keeps_each_record_with_its_body_and_lets_it_wait(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        vendor.has(7)

        assert fetch() == 7

        assert fetched(plain) == told(vendor)
        first = Received.objects.get(connection=plain, external_id="thing-0")
        assert bytes(first.body.content) == b'{"id": "thing-0", "price": "1.10"}'
        assert Handling.objects.waiting().filter(connection=plain).count() == 7
        assert SyncCursor.objects.get(connection=plain).position == "7"
        (run,) = SyncRun.objects.filter(connection=plain)
        assert (run.job, run.found, run.done, run.said) == ("things", 7, 7, "7 fetched, 7 of them new.")

    def test_goes_on_where_it_was_and_says_nothing_of_what_it_knew(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        vendor.has(4)
        fetch()
        vendor.has(2)
        due_now(plain)
        assert fetch() == 2
        SyncCursor.objects.filter(connection=plain).update(position="")
        due_now(plain)

        assert fetch() == 0

        assert fetched(plain) == told(vendor)
        assert SyncRun.objects.filter(connection=plain).count() == 2

    def test_catches_up_after_every_kind_of_failure_and_doubles_nothing(
        self, plain: Connection, vendor: Vendor
    ) -> None:
        vendor.has(8)
        for fault in (DOWN, HANG, HALF, GARBAGE, 500, (503, 40), (429, 40), 403, 401):
            vendor.will("/things", None, fault)
            fetch()
            vendor.has(4)
            due_now(plain)
        fetch()

        assert fetched(plain) == told(vendor)
        assert len(fetched(plain)) == 44
        assert SyncCursor.objects.get(connection=plain).position == "44"

    def test_counts_a_failure_that_repeats_in_its_first_run(self, plain: Connection, vendor: Vendor) -> None:
        vendor.will("/things", 500, 500, 500, 502)
        for _ in range(4):
            fetch()
            due_now(plain)

        runs = SyncRun.objects.filter(connection=plain).order_by("pk")
        assert [(run.fault, run.repeats) for run in runs] == [
            ("It answered 500.", 2),
            ("It answered 502.", 0),
        ]

    def test_stores_records_and_place_together_or_not_at_all(
        self, plain: Connection, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendor.has(2)

        def broken(*_given: object) -> int:
            raise RuntimeError("killed here")

        with monkeypatch.context() as patched:
            patched.setattr(syncing.receiving, "store", broken)
            with pytest.raises(RuntimeError):
                fetch()
        assert SyncCursor.objects.get(connection=plain).position == ""
        due_now(plain)

        assert fetch() == 2

    def test_leaves_a_place_that_became_anothers(self, plain: Connection, vendor: Vendor) -> None:
        vendor.has(5)

        class Resynced(Plain):
            def pull(self, *given: object, **_: object) -> object:  # type: ignore[override]
                page = super().pull(*given)  # type: ignore[arg-type]
                SyncCursor.objects.filter(connection=plain).update(position="", due_at="2100-01-01T00:00Z")
                return page

        assert syncing.pull_due({"plain": Resynced(1.0)}, 20) == 0
        assert fetched(plain) == []
        assert SyncCursor.objects.get(connection=plain).position == ""

    def test_stops_after_the_page_at_which_it_is_paused(self, plain: Connection, vendor: Vendor) -> None:
        vendor.has(7)

        assert syncing.pull_due({"plain": Interrupted(1.0)}, 20) == 3
        connections.set_state(connection_id=plain.pk, state="on")
        assert fetch() == 4

    def test_fetches_nothing_of_one_that_is_paused(self, plain: Connection, vendor: Vendor) -> None:
        Connection.objects.filter(pk=plain.pk).update(state="paused")

        assert fetch() == 0
        assert vendor.calls["/things"] == 0


class TestTogether:
    def test_workers_at_once_fetch_each_page_once(self, plain: Connection, vendor: Vendor) -> None:
        vendor.has(9)
        fetch()
        vendor.has(9)
        due_now(plain)
        before = vendor.calls["/things"]

        lane = syncing.Lane(plain.pk, 1, True)
        made = together([partial(syncing._fetch, CONNECTORS, lane, lambda: False)] * 3)

        assert sorted(made) == [0, 0, 9]
        assert vendor.calls["/things"] - before == 3
