"""The home page's figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.queries import home, revenue
from billing.queries.jobs import troubled
from billing.queries.reach import reach
from billing.queries.recent import first_id_at, patiently
from billing.services import recognising
from config.kernel.models import AuditRun, Run
from usage.models import Debit
from usage.services import keys, terms
from usage.services.authors import Author
from usage.tests.made import DAY, HOUR, Shop, a_grant, clock, up_to

pytestmark = pytest.mark.django_db


class TestOutstanding:
    def test_sums_what_grants_still_hold_and_what_was_paid_for_it(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=up_to("50"))
        a_grant(account, "100", kind="purchase", unit_cost=Decimal("0.02"))
        a_grant(account, "30")
        shop.debit(account, "110")
        other = shop.an_account(policy=up_to("50"))
        shop.debit(other, "7")

        recognising.reckon()

        (found,) = home.outstanding(clock())

        assert (found.unit, found.tokens, found.bought) == ("AIT", 20, 20)
        assert found.paid == Decimal("0.4")
        assert (found.overage, found.accounts) == (7, 2)

    def test_are_worth_what_the_page_of_revenue_says(self) -> None:
        shop = Shop()
        for tokens in ("3", "7", "9", "11"):
            account = shop.an_account()
            a_grant(account, tokens, kind="purchase", unit_cost=Decimal("0.333"))
            shop.debit(account, "1")
        recognising.reckon()

        (found,) = home.outstanding(clock())

        (month,) = revenue.months()
        (figures,) = month.currencies
        assert found.paid == figures.owed == Decimal("8.67")


class TestBeginnings:
    def test_are_done_once_a_program_was_connected_whatever_became_of_its_key(self) -> None:
        shop = Shop()
        a_grant(shop.an_account())
        keys.revoke(prefix=shop.key.prefix)

        assert home.beginnings().are_done


class TestAttention:
    def test_names_who_owes_and_whose_paid_tokens_expire(self) -> None:
        now = clock()
        shop = Shop()
        owing = shop.an_account(policy=up_to("50"))
        shop.debit(owing, "7")
        losing = shop.an_account()
        a_grant(losing, "100", kind="purchase", expires_at=now + 3 * DAY)
        a_grant(losing, "100", kind="purchase", expires_at=now + 90 * DAY)
        a_grant(losing, "100", kind="trial", expires_at=now + 3 * DAY)

        found = home.attention(now)

        assert [(wallet.account, wallet.overage) for wallet in found.owed] == [(owing, 7)]
        assert [(grant.account, grant.kind, grant.remaining) for grant in found.expiring] == [
            (losing, "purchase", 100)
        ]

    def test_shows_the_last_audit_and_says_when_it_is_old(self) -> None:
        now = clock()
        AuditRun.objects.create(started_at=now - 40 * HOUR, finished_at=now - 40 * HOUR, is_clean=True)

        found = home.attention(now)

        assert found.audit is not None
        assert found.audit_is_old

    def test_lists_jobs_that_failed_or_never_ended(self) -> None:
        now = clock()
        Run.objects.create(job="stuck", period="1", started_at=now - 2 * HOUR)
        Run.objects.create(
            job="failed", period="1", started_at=now - HOUR, finished_at=now, detail={"error": "no"}
        )
        Run.objects.create(job="fine", period="1", started_at=now - HOUR, finished_at=now)
        Run.objects.create(job="busy", period="1", started_at=now)

        assert [run.job for run in troubled(now)] == ["failed", "stuck"]


class TestReach:
    def test_counts_accounts_by_the_table_they_pay_by(self) -> None:
        shop = Shop()
        other = shop.a_table()
        terms.set_default(table_id=other.pk)
        shop.an_account()
        terms.enrol(reference="plain", asked=terms.Enrolment(), author=Author("tests"))
        closed = shop.an_account()
        type(closed).objects.filter(pk=closed.pk).update(state="closed")

        found = reach(clock())

        assert (found.default_table_id, found.of(shop.table.pk), found.of(other.pk)) == (other.pk, 1, 1)

    def test_tells_accounts_without_any_table(self) -> None:
        terms.enrol(reference="plain", asked=terms.Enrolment(), author=Author("tests"))

        assert reach(clock()).without_table == 1


class TestFirstId:
    def test_is_below_every_row_written_after_it(self) -> None:
        before = clock()
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "10")
        debit = Debit.objects.get(pk=shop.debit(account, "1").id)

        assert first_id_at(before - timedelta(milliseconds=1)) <= debit.pk < first_id_at(clock() + DAY)
        assert str(first_id_at(datetime(2026, 1, 1, tzinfo=UTC)))[14] == "7"


class TestPatience:
    def test_gives_up_on_what_takes_longer_than_a_page_should_wait(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.queries.recent.PATIENCE_MS", 20)

        assert patiently("SELECT pg_sleep(%(long)s)", {"long": 2}) is None
        assert patiently("SELECT %(one)s::int", {"one": 1}) == [(1,)]
