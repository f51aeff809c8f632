"""Publishing with real threads on connections of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from pricing.errors import DraftChanged, NotADraft, OverlapsInTime, TableBusy
from pricing.models import Epoch, Version
from pricing.queries.versions import moment_of_the_database, rows_of
from pricing.services import drafting, publishing
from pricing.services.importing import Order, import_rates
from pricing.tests.prices import a_code, a_draft, a_table, published, row

pytestmark = pytest.mark.committed


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls together, each on a connection of its own; an exception is an answer."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except Exception as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def waits_for_a_lock(holder: psycopg.Connection[Any]) -> bool:
    asked = holder.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 7101"
    )
    (waiting,) = asked.fetchone() or (0,)
    return bool(waiting)


def hold(owner: psycopg.Connection[Any], table_id: int) -> Any:
    """Hold publishing off as a debit does, until the transaction ends; then the table's epoch, in a later statement."""
    owner.execute("SELECT pricing_hold_v1(%s)", [table_id])
    return owner.execute("SELECT epoch FROM pricing_epoch_v1(%s)", [table_id]).fetchone()


class TestPublish:
    def test_lets_one_of_many_publish_a_draft(self) -> None:
        draft = a_draft(a_table(), [row("chat")])

        answers = at_once(*[lambda: publishing.publish(version=draft)] * 8)

        assert sum(isinstance(answer, Version) for answer in answers) == 1
        assert sum(isinstance(answer, NotADraft) for answer in answers) == 7
        assert Epoch.objects.get(table=draft.table).epoch == 1

    def test_puts_publications_of_one_table_one_after_another(self) -> None:
        table = a_table()
        published(table, row("chat", 1))
        live = published(table, row("chat", 2))
        draft = a_draft(table, [row("chat", 3)])

        answers = at_once(
            lambda: publishing.publish(version=draft),
            lambda: publishing.undo(version=live),
        )

        done = [answer for answer in answers if isinstance(answer, Version)]
        versions = list(Version.objects.filter(table=table).published().order_by("effective_from"))
        assert draft in done
        assert Epoch.objects.get(table=table).epoch == len(versions) == 2 + len(done)
        for earlier, later in zip(versions, versions[1:], strict=False):
            assert earlier.effective_until == later.effective_from
        assert versions[-1].effective_until is None

    def test_refuses_the_second_of_two_from_the_same_instant(self) -> None:
        table = a_table()
        start = moment_of_the_database() + timedelta(days=1)
        published(table, row("chat", 1))
        live = published(table, row("chat", 2))
        draft = a_draft(table, [row("chat", 3)])
        publishing.publish(version=draft, effective_from=start)
        second = a_draft(table, [row("chat", 4)])

        (answer,) = at_once(lambda: publishing.publish(version=second, effective_from=start))

        assert isinstance(answer, OverlapsInTime)
        assert Version.objects.get(pk=second.pk).is_draft
        assert Version.objects.get(pk=live.pk).effective_until == start

    def test_waits_for_a_debit_under_way_and_stamps_its_instant_after_it(
        self, owner: psycopg.Connection[Any]
    ) -> None:
        table = a_table()
        published(table, row("chat", 1))
        draft = a_draft(table, [row("chat", 2)])
        answers: list[Version] = []

        def publish() -> None:
            answers.append(publishing.publish(version=draft))
            connection.close()

        publisher = threading.Thread(target=publish)
        with owner.transaction():
            held = hold(owner, table.pk)
            publisher.start()
            deadline = time.monotonic() + 10
            while not waits_for_a_lock(owner) and time.monotonic() < deadline:
                publisher.join(0.01)
            assert not answers
            seen = owner.execute(
                "SELECT epoch, clock_timestamp() FROM pricing_epoch_v1(%s)", [table.pk]
            ).fetchone()
        publisher.join()

        assert held == (1,)
        assert seen is not None
        epoch, moment = seen
        assert epoch == 1
        assert isinstance(moment, datetime)
        assert answers[0].effective_from is not None
        assert answers[0].effective_from > moment

    def test_gives_up_where_a_debit_does_not_end(self, owner: psycopg.Connection[Any]) -> None:
        draft = a_draft(a_table(), [row("chat", 1)])

        with owner.transaction():
            hold(owner, draft.table_id)
            with transaction.atomic():
                connection.cursor().execute("SET LOCAL lock_timeout = '50ms'")
                with pytest.raises(TableBusy):
                    publishing.publish(version=draft)

        assert Version.objects.get(pk=draft.pk).is_draft

    def test_holds_off_debits_until_it_is_committed(self, owner: psycopg.Connection[Any]) -> None:
        table = a_table()
        draft = a_draft(table, [row("chat", 1)])
        epochs: list[Any] = []

        def debit() -> None:
            with owner.transaction():
                epochs.append(hold(owner, table.pk))

        debiting = threading.Thread(target=debit)
        with transaction.atomic():
            publishing.publish(version=draft)
            debiting.start()
            debiting.join(0.3)
            assert not epochs
        debiting.join()

        assert epochs == [(1,)]

    @pytest.mark.parametrize("round_number", range(5))
    def test_refuses_an_edit_that_raced_it_or_is_refused_by_it(self, round_number: int) -> None:
        draft = a_draft(a_table(), [row("chat", 1)])

        answers = at_once(
            lambda: publishing.publish(version=draft, revision=draft.revision),
            lambda: drafting.replace_rates(draft=draft, rows=[row("chat", 7)], revision=draft.revision),
        )

        assert sum(isinstance(answer, NotADraft | DraftChanged) for answer in answers) == 1
        version = Version.objects.get(pk=draft.pk)
        assert rows_of(version) == [row("chat", 7 if version.is_draft else 1)]

    def test_lets_no_row_slip_in_behind_the_checks(self, services: Any) -> None:
        draft = a_draft(a_table(), [row("chat", 1)])
        published_first = threading.Event()
        with psycopg.connect(services.app_url) as editor:
            editor.execute("UPDATE pricing_rate SET tokens = 5 WHERE version_id = %s", [draft.pk])
            answers: list[Version] = []

            def publish() -> None:
                answers.append(publishing.publish(version=draft))
                connection.close()
                published_first.set()

            publisher = threading.Thread(target=publish)
            publisher.start()
            assert not published_first.wait(0.3)
            editor.commit()
            publisher.join()
            with pytest.raises(psycopg.errors.CheckViolation):
                editor.execute("UPDATE pricing_rate SET tokens = 6 WHERE version_id = %s", [draft.pk])

        assert rows_of(answers[0]) == [row("chat", 5)]


class TestOpenDraft:
    def test_makes_one_draft_however_many_ask(self) -> None:
        table = a_table()

        answers = at_once(*[lambda: drafting.open_draft(table=table)] * 6)

        assert sum(isinstance(answer, Version) for answer in answers) == 1
        assert table.versions.count() == 1
        assert not any(isinstance(answer, DatabaseError) for answer in answers)


class TestImportRates:
    def test_publishes_one_version_of_the_same_file_sent_many_times(self) -> None:
        table = a_table(a_code("imported"))
        order = Order(table.code, "feature,tokens\naudio.*,1\n", "AIT", publish=True)

        answers = at_once(*[lambda: import_rates(order)] * 5)

        assert sorted(answer.outcome for answer in answers) == ["in_force"] * 4 + ["published"]
        assert table.versions.count() == 1
