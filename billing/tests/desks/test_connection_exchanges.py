"""What is asked of outside systems from the desk: whether a connection works, and everything from the beginning."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from billing.connectors import registry
from billing.models import Connection, ConnectionHealth, Link, Received, Resync, SyncCursor, SyncRun
from billing.rules.connecting import Access, Checked, Later, Record, Refused
from billing.services import connection_tests, connections, resyncing
from billing.tests.connectors.desk_made import LIST, a_connection, a_run, page, told
from billing.tests.connectors.desk_sample import Outside, Sample
from billing.tests.desks.people import text_of
from usage.tests.made import an_account, clock

pytestmark = [pytest.mark.committed, pytest.mark.usefixtures("committed_database", "outside")]


@pytest.fixture
def support(committed_database: None) -> Client:
    """Somebody at the desk of support, under a name of his own."""
    user = User.objects.create_user(f"support-{uuid4().hex[:8]}", is_staff=True)
    user.groups.add(Group.objects.get(name="Support"))
    client = Client()
    client.force_login(user)
    return client


class Hangs(Sample):
    """Answers when it is let."""

    let = Event()

    def check(self, access: Access) -> Checked:
        self.let.wait(20)
        return Checked("late")


class TestTrying:
    def test_is_tested_and_the_answer_is_a_run(self, support: Client, outside: Outside) -> None:
        row = a_connection()
        ConnectionHealth.objects.filter(connection=row).update(
            silent=4, rests_until=clock() + timedelta(hours=1)
        )
        good = text_of(support.post(page(row, "test"), follow=True))
        outside.fault = Refused("It answered 403: no scope", 403)
        bad = text_of(support.post(page(row, "test"), follow=True))

        assert "We are the app Tokendesk at https://crm.example.com/api. Tested by support-" in good
        assert "The test failed: It answered 403: no scope" in bad
        runs = SyncRun.objects.filter(connection=row, job="test").order_by("pk")
        assert [(run.done, run.failed) for run in runs] == [(1, 0), (0, 1)]
        health = ConnectionHealth.objects.get(connection=row)
        assert (health.silent, health.rests_until) == (0, None)

    def test_waits_no_longer_than_it_says(self) -> None:
        row = a_connection()

        run = connection_tests.try_out(connection_id=row.pk, connector=Hangs(), by="ada", seconds=0.05)

        Hangs.let.set()
        assert run.fault == "No answer within 0.05 seconds."


class TestAnEventThatLeavesThingsOut:
    """What they would have to be asked for is asked for by a press, and nothing is written."""

    def test_is_completed_where_somebody_asks(self, support: Client, outside: Outside) -> None:
        row = a_connection()
        record = told(row, kind="event", id=7)
        said = {"record": str(record.pk)}
        before = text_of(support.post(page(row, "fields/preview"), said))
        asked = text_of(support.post(page(row, "fields/preview"), said | {"ask": "1"}))
        shown = text_of(support.post(page(row, "fields"), said | {"ask": "1"}))
        outside.fault = Refused("It answered 403: no scope", 403)
        refused = text_of(support.post(page(row, "fields/preview"), said | {"ask": "1"}))

        assert ("data-ask" in before, "Acme, asked for" in before) == (True, False)
        assert ("data-ask" in asked, "Acme, asked for" in asked, "Acme, asked for" in shown) == (
            False,
            True,
            True,
        )
        assert "Nothing is written" in asked
        assert "It answered 403: no scope" in refused
        record.refresh_from_db()
        assert (record.state, record.attempts) == ("waiting", 0)
        assert not Link.objects.filter(connection=row).exists()

    def test_may_be_pasted_and_is_kept_nowhere(self, support: Client) -> None:
        row = a_connection()
        said = {"event": '{"type": "event", "id": 7}'}
        before = text_of(support.post(page(row, "fields/preview"), said))
        asked = text_of(support.post(page(row, "fields/preview"), said | {"ask": "1"}))
        other = text_of(support.post(page(row, "fields"), {"event": "no JSON", "try": "1"}))

        assert ("data-ask" in before, "Acme, asked for" in asked) == (True, True)
        assert "It can't be applied: It is no JSON" in other
        assert "no JSON</textarea>" in other
        assert not Received.objects.filter(connection=row).exists()
        assert support.post(page(row, "fields/preview"), {"event": " "}).status_code == 404


def linked(row: Connection, theirs: str) -> None:
    """An account that is their customer."""
    now = clock()
    Link.objects.create(
        connection=row,
        kind="customer",
        external_id=theirs,
        about=an_account(),
        created_at=now,
        changed_at=now,
    )


def company(n: int, **more: Any) -> Record:
    return Record(f"company:{n}:1", "company", {"id": n, "properties": {"account_ref": f"a-{n}"} | more})


class TestAFullResync:
    def test_counts_first_and_stores_nothing(self, support: Client, outside: Outside) -> None:
        row = a_connection()
        known = told(row)
        linked(row, "2")
        old = Record(known.received.external_id, "company", {"id": 9})
        bad = Record("company:8:1", "company", {"id": 8})
        outside.pages = {
            "companies": [[company(1), company(2)], [old, bad]],
            "deals": [[Record("note:1", "note", {"id": 1}), Record("event:1", "event", {"id": 1})]],
        }
        support.post(page(row, "resync"), {"streams": ["companies", "deals"]})
        asked = Resync.objects.get(connection=row)
        assert "A worker begins" in text_of(support.get(page(row, f"resync/{asked.pk}")))
        assert asked.pk in resyncing.due()
        assert not resyncing.work(asked.pk, registry.CONNECTORS, 10)

        asked.refresh_from_db()
        assert asked.counts == {
            "companies": {"new": 1, "changed": 1, "known": 1, "unreadable": 1},
            "deals": {"nothing": 1, "new": 1},
        }
        assert asked.faults == {"There is no reference.": 1}
        assert Received.objects.filter(connection=row).count() == 1
        positions = SyncCursor.objects.filter(connection=row).values_list("position", flat=True)
        assert set(positions) == {"2026-11-26T09:00Z"}

        shown = text_of(
            support.post(page(row, f"resync/{asked.pk}"), {"reason": "Fields changed"}, follow=True)
        )
        assert "Full resync of companies, deals. Set back to the beginning by support-" in shown
        assert set(SyncCursor.objects.filter(connection=row).values_list("position", flat=True)) == {""}
        again = text_of(support.post(page(row, f"resync/{asked.pk}"), {"reason": "Twice"}))
        assert "each count serves once" in again

    def test_calls_streams_what_people_call_them(self, support: Client, outside: Outside) -> None:
        row = a_connection()
        a_run(row, "deals")
        outside.pages = {"deals": [[]]}
        support.post(page(row, "resync"), {"streams": ["deals"]})
        asked = Resync.objects.get(connection=row)
        resyncing.work(asked.pk, registry.CONNECTORS, 10)
        pages = ["change", "resync", f"resync/{asked.pk}"]

        shown = [text_of(support.get(each)) for each in (f"{LIST}add/", *(page(row, name) for name in pages))]

        assert all("won deals" in each for each in shown)
        assert "won deals is fetched again" in shown[-1]

    def test_goes_on_where_it_was_after_a_rest_and_ends_in_a_reason(
        self, support: Client, outside: Outside
    ) -> None:
        row = a_connection()
        outside.pages = {"companies": [[company(1)], [company(2)]]}
        support.post(page(row, "resync"), {"streams": ["companies"]})
        asked = Resync.objects.get(connection=row)
        assert resyncing.work(asked.pk, registry.CONNECTORS, 0)
        outside.fault = Later("They ask for a pause (429).", 30)
        assert not resyncing.work(asked.pk, registry.CONNECTORS, 10)
        asked.refresh_from_db()
        assert (asked.state, asked.cursor, asked.seen, asked.pk in resyncing.due()) == (
            "running",
            "1",
            1,
            False,
        )

        outside.fault = Refused("It answered 403.", 403)
        resyncing.work(asked.pk, registry.CONNECTORS, 10)
        asked.refresh_from_db()
        assert (asked.state, asked.fault) == ("failed", "It answered 403.")
        assert "It answered 403." in text_of(support.get(page(row, f"resync/{asked.pk}")))

    def test_calls_no_connection_that_is_off(self, support: Client, outside: Outside) -> None:
        row = a_connection()
        outside.pages = {"companies": [[company(1)]]}
        support.post(page(row, "resync"), {"streams": ["companies"]})
        connections.set_state(connection_id=row.pk, state="off")
        asked = Resync.objects.get(connection=row)

        assert not resyncing.work(asked.pk, registry.CONNECTORS, 10)

        asked.refresh_from_db()
        assert (asked.state, asked.fault, asked.pages) == ("failed", "The connection was switched off.", 0)
        shown = text_of(support.post(page(row, "resync"), {"streams": ["companies"]}))
        assert "The connection is off." in shown
        assert Resync.objects.filter(connection=row).count() == 1

    def test_waits_as_long_as_the_connection_rests(self, support: Client, outside: Outside) -> None:
        row, until = a_connection(), clock() + timedelta(hours=1)
        outside.pages = {"companies": [[company(1)]]}
        support.post(page(row, "resync"), {"streams": ["companies"]})
        ConnectionHealth.objects.filter(connection=row).update(rests_until=until)
        asked = Resync.objects.get(connection=row)

        assert not resyncing.work(asked.pk, registry.CONNECTORS, 10)

        asked.refresh_from_db()
        assert (asked.state, asked.next_at, asked.pages) == ("running", until, 0)
        ConnectionHealth.objects.filter(connection=row).update(rests_until=clock())
        resyncing.work(asked.pk, registry.CONNECTORS, 10)
        asked.refresh_from_db()
        assert (asked.state, asked.pages, asked.fault) == ("counted", 1, "")
