"""Sweeps: what time has done is booked once, whoever asks and however often."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import psycopg
import pytest
from django.db import connection

from config.embedded.pytest_databases import TestServices
from config.kernel.models import Run
from wallets.models import Grant
from wallets.services import sweeping
from wallets.services.sweeping import Swept
from wallets.tasks import start_grants
from wallets.tests.made import DAY, HOUR, a_grant, an_account, clock, ledger_of

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
class TestExpireDue:
    def test_books_out_what_has_expired_and_nothing_else(self) -> None:
        account, other, now = an_account(), an_account(), clock()
        over = a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)
        a_grant(account, "20", expires_at=now + DAY)
        a_grant(other, "30")

        swept = sweeping.expire_due(now)

        assert swept == Swept(accounts=1, booked=1)
        assert ledger_of(account)[-1] == ("expire", Decimal(10))
        assert ledger_of(other) == [("grant", Decimal(30))]
        over.refresh_from_db()
        assert (over.remaining, over.expired, over.is_open) == (0, 10, False)

    def test_leaves_the_instant_of_expiry_to_the_usage_before_it(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "10", now=now - 2 * DAY, expires_at=now)

        assert sweeping.expire_due(now - timedelta(microseconds=1)) == Swept()
        assert sweeping.expire_due(now) == Swept(accounts=1, booked=1)

    def test_finds_nothing_the_second_time(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)
        sweeping.expire_due(now)
        moved = ledger_of(account)

        assert sweeping.expire_due(now + MINUTE) == Swept()
        assert ledger_of(account) == moved

    def test_leaves_a_run_only_where_there_was_something_to_do(self) -> None:
        now = clock()
        sweeping.expire_due(now)
        assert not Run.objects.filter(job="expire grants").exists()

        a_grant(an_account(), "10", now=now - 2 * DAY, expires_at=now - DAY)
        sweeping.expire_due(now)

        run = Run.objects.get(job="expire grants")
        assert run.detail == {"accounts": 1, "booked": 1, "failed": 0}
        assert run.finished_at is not None
        assert int(run.period[-3:-1]) % 30 == 0

    def test_is_done_once_a_slot(self) -> None:
        now = clock().replace(second=2, microsecond=0) - HOUR
        first, second = an_account(), an_account()
        a_grant(first, "10", now=now - 2 * DAY, expires_at=now - DAY)
        sweeping.expire_due(now)
        a_grant(second, "10", now=now - 2 * DAY, expires_at=now - DAY)

        in_the_same_slot = sweeping.expire_due(now + timedelta(seconds=20))
        in_the_next_one = sweeping.expire_due(now + timedelta(seconds=40))

        assert (in_the_same_slot, in_the_next_one) == (Swept(), Swept(accounts=1, booked=1))

    def test_pages_through_many_accounts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("wallets.queries.due.PAGE", 2)
        now = clock()
        accounts = [an_account() for _ in range(5)]
        for account in accounts:
            a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)

        assert sweeping.expire_due(now) == Swept(accounts=5, booked=5)


@pytest.mark.django_db
class TestStartDue:
    def test_brings_grants_into_force_that_have_started(self) -> None:
        account, now = an_account(), clock()
        due = a_grant(account, "10", now=now - 2 * DAY, effective_at=now - DAY)
        ahead = a_grant(account, "20", now=now - DAY - HOUR, effective_at=now + DAY)

        swept = sweeping.start_due(now)

        assert swept == Swept(accounts=1, booked=1)
        pending = dict(Grant.objects.filter(account=account).values_list("pk", "is_pending"))
        assert pending == {due.pk: False, ahead.pk: True}

    def test_finds_nothing_the_second_time(self) -> None:
        now = clock()
        a_grant(an_account(), "10", now=now - 2 * DAY, effective_at=now - DAY)
        sweeping.start_due(now)

        assert sweeping.start_due(now + MINUTE) == Swept()


@pytest.mark.django_db
class TestTasks:
    def test_find_what_is_due_in_the_tables_and_take_later_arguments(self) -> None:
        account, now = an_account(), clock()
        due = a_grant(account, "10", now=now - 2 * DAY, effective_at=now - HOUR)

        start_grants(told_later=True)

        due.refresh_from_db()
        assert not due.is_pending


@pytest.mark.committed
class TestTogether:
    def test_eight_sweeps_at_once_book_each_grant_once(self) -> None:
        now = clock()
        accounts = [an_account() for _ in range(6)]
        for account in accounts:
            a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)
        barrier = Barrier(8)

        def sweep() -> None:
            barrier.wait()
            try:
                sweeping.expire_due()
            finally:
                connection.close()

        threads = [Thread(target=sweep) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sweeping.expire_due(clock() + MINUTE)

        for account in accounts:
            assert ledger_of(account) == [("grant", Decimal(10)), ("expire", Decimal(10))]

    def test_an_account_that_is_locked_elsewhere_keeps_no_other_waiting(self, services: TestServices) -> None:
        now = clock() + 2 * MINUTE
        stuck, free = an_account(), an_account()
        for account in (stuck, free):
            a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)

        with psycopg.connect(services.app_url) as elsewhere:
            elsewhere.execute("SELECT FROM wallets_account WHERE id = %s FOR NO KEY UPDATE", [stuck.pk])
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
            swept = sweeping.expire_due(now)
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
        again = sweeping.expire_due(now + MINUTE)

        assert (swept.accounts, swept.failed) == (1, 1)
        assert ledger_of(free)[-1] == ("expire", Decimal(10))
        assert again == Swept(accounts=1, booked=1)
        told = Run.objects.filter(job="expire grants").order_by("-pk").values_list("detail", flat=True)[1]
        assert told["error"] == "1 accounts could not be swept"
