"""Jobs happen once a period, whoever rings and whoever dies."""

from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.db import connection

from config.embedded.pytest_databases import TestServices
from config.kernel.models import Run
from config.kernel.running import ONE_AT_A_TIME, once_a_period


class Work:
    """Work that counts how often it was done."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.times = 0
        self.fault = fault

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        if self.fault:
            raise self.fault
        return {"done": self.times}


@pytest.mark.django_db
class TestOnceAPeriod:
    def test_does_the_work_of_each_period_once(self) -> None:
        work = Work()

        done = [once_a_period(job="tidy", period=each, work=work) for each in ("one", "one", "two")]

        assert done == [True, False, True]
        assert [run.detail for run in Run.objects.of("tidy").order_by("pk")] == [{"done": 1}, {"done": 2}]

    def test_does_it_again_where_it_failed(self) -> None:
        with pytest.raises(ValueError, match="broken"):
            once_a_period(job="tidy", period="one", work=Work(ValueError("broken")))
        failed = Run.objects.get(job="tidy")
        assert (failed.detail, failed.finished_at) == ({"error": "ValueError: broken"}, None)

        assert once_a_period(job="tidy", period="one", work=Work())

        run = Run.objects.get(job="tidy")
        assert run.detail == {"done": 1}
        assert run.finished_at is not None

    def test_keeps_jobs_apart(self) -> None:
        work = Work()

        once_a_period(job="tidy", period="one", work=work)
        once_a_period(job="polish", period="one", work=work)

        assert work.times == 2


@pytest.mark.committed
class TestTogether:
    def test_a_second_bell_goes_away_while_the_first_is_at_work(self) -> None:
        begun, may_end = Event(), Event()
        answers: list[bool] = []

        def slow() -> dict[str, Any]:
            begun.set()
            assert may_end.wait(20)
            return {}

        def ring() -> None:
            try:
                answers.append(once_a_period(job="slow", period="one", work=slow))
            finally:
                connection.close()

        first = Thread(target=ring)
        first.start()
        assert begun.wait(20)
        second = once_a_period(job="slow", period="one", work=Work())
        may_end.set()
        first.join()

        assert (answers, second) == ([True], False)

    def test_a_second_bell_goes_away_though_each_transaction_of_the_first_has_another_session(self) -> None:
        """As behind a pooler that lends a session for a transaction."""
        second: list[bool] = []

        def pooled() -> dict[str, Any]:
            connection.close()
            ring = Thread(
                target=lambda: second.append(once_a_period(job="pooled", period="one", work=Work()))
            )
            ring.start()
            ring.join()
            return {}

        assert once_a_period(job="pooled", period="one", work=pooled)

        assert second == [False]
        assert _eventually_done(Work(), job="pooled", period="two")

    def test_stays_alone_for_longer_than_a_transaction_may_last_or_idle(
        self, services: TestServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        short = {"options": "-c idle_in_transaction_session_timeout=20 -c transaction_timeout=20"}
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", short)
        alone: list[float] = []

        def long() -> dict[str, Any]:
            while (idle := _seconds_idle()) is not None and idle < 0.2:
                pass
            alone.append(idle or 0.0)
            return {}

        once_a_period(job="long", period="one", work=long)

        assert alone[0] >= 0.2

    def test_work_whose_worker_was_killed_is_done_by_the_next_bell(self, services: TestServices) -> None:
        work = Work()
        Run.objects.create(job="fragile", period="one", started_at=datetime.now(UTC))
        with psycopg.connect(services.app_url) as dying:
            dying.execute("SELECT pg_advisory_xact_lock(%s, hashtext('fragile'))", [ONE_AT_A_TIME])
            assert not once_a_period(job="fragile", period="one", work=work)

        assert _eventually_done(work, job="fragile", period="one")
        assert work.times == 1
        assert not once_a_period(job="fragile", period="one", work=work)


def _seconds_idle() -> float | None:
    """For how long whoever holds the job's lock has done nothing; None where nobody holds it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - state_change)::float FROM pg_stat_activity JOIN pg_locks"
            " USING (pid) WHERE locktype = 'advisory' AND classid = %s AND objid = hashtext('long')::oid::bigint"
            " AND datname = current_database()",
            [ONE_AT_A_TIME],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _eventually_done(work: Work, *, job: str, period: str) -> bool:
    """The server lets a lock go a moment after the connection that held it."""
    return any(once_a_period(job=job, period=period, work=work) for _ in range(1000))
