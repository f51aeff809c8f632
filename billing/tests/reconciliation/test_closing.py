"""A month is closed when it agrees; closing reconciles what was not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from billing.connectors.stripe import Stripe
from billing.errors import AbsenceNotNeeded, GapClosed, MonthNotClosable, UnknownCorrection
from billing.models import (
    AccountingPeriod,
    ComparedDay,
    Connection,
    Gap,
    InboxItem,
    ReconciledDay,
    ReconciledSum,
)
from billing.rules.reconciling import Found, Theirs
from billing.services import absences, gaps, periods, reconciling
from billing.tests.books_of_revenue import earn
from billing.tests.desks.people import a_member
from config.kernel.errors import InvalidRequest
from usage.models import Reversal
from usage.queries.moments import database_clock
from wallets.models import Entry

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = date(2001, 1, 1), date(2001, 2, 1)


@pytest.fixture
def finance() -> User:
    return a_member("Finance")


def a_gap(day: date = JANUARY, customer: Any = None, ours: int = 3, kind: str = "missing_here") -> Gap:
    found = Found(kind, f"erp {kind} {day}", day, customer, Decimal(ours), None, "USD", "Invoice 7 in erp.")
    gaps.keep([found], kinds=[kind], first=day, last=day, system="erp")
    return Gap.objects.get(subject=found.subject)


class TestClosing:
    def test_reconciles_the_month_first(self, finance: User) -> None:
        earn()

        periods.close(month=JANUARY, user=finance, reason="Checked.", connectors={})

        assert ReconciledDay.objects.filter(day__gte=JANUARY, day__lt=FEBRUARY).count() == 31
        sums = ReconciledSum.objects.filter(day__lt=FEBRUARY, unit="AIT")
        assert [(each.day_id.day, each.debits, each.entries) for each in sums] == [(6, 300, 300)]

    def test_is_refused_while_a_gap_is_open_and_names_it(self, finance: User) -> None:
        earn()
        gap = a_gap()

        with pytest.raises(MonthNotClosable) as refusal:
            periods.close(month=JANUARY, user=finance, reason="Checked.", connectors={})

        assert "1 gap is open in January 2001" in refusal.value.detail
        assert "Invoice 7 in erp" in refusal.value.detail
        assert not AccountingPeriod.objects.exists()

        gaps.accept(gap_id=gap.pk, reason="It is of another seller.", user=finance)
        periods.close(month=JANUARY, user=finance, reason="Checked.", connectors={})

    def test_looks_for_gaps_while_nobody_keeps_any(
        self, finance: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earn()
        monkeypatch.setattr(reconciling, "complete", lambda **_asked: True)

        periods.close(month=JANUARY, user=finance, reason="Checked.", connectors={})

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            assert (gaps.LOCK,) in cursor.fetchall()

    def test_does_not_mind_gaps_of_other_months(self, finance: User) -> None:
        earn()
        a_gap(FEBRUARY)

        periods.close(month=JANUARY, user=finance, reason="Checked.", connectors={})

        with pytest.raises(MonthNotClosable):
            periods.close(month=FEBRUARY, user=finance, reason="Checked.", connectors={})


class TestSums:
    def test_are_what_each_of_the_books_says(self) -> None:
        names = earn()

        reconciling.reconcile(first=FEBRUARY, last=date(2001, 2, 28))

        found = ReconciledSum.objects.filter(day__gte=FEBRUARY, unit="AIT")
        drawn = sum(
            each.amount for each in Entry.objects.filter(kind="draw", recorded_at__gte="2001-02-01T00:00Z")
        )
        assert sum(each.debits for each in found) == sum(each.entries for each in found) == drawn == 150
        back = Reversal.objects.filter(account=names["earner"]).values_list("tokens", flat=True)
        assert [each.given_back for each in found if each.given_back] == list(back)
        assert all(each.given_back == each.restored for each in found)


class TestGaps:
    def test_are_corrected_by_an_entry_that_is_there(self, finance: User) -> None:
        names = earn()
        gap = a_gap(customer=names["earner"])
        entry = Reversal.objects.get(account=names["earner"])
        asked = {"gap_id": gap.pk, "correction": "reversal", "reason": "Given back.", "user": finance}
        with pytest.raises(UnknownCorrection):
            gaps.correct(**asked, correction_id=gap.pk)

        gaps.correct(**asked, correction_id=entry.pk)

        gap.refresh_from_db()
        assert (gap.how, gap.correction_id, gap.closed_by) == ("corrected", entry.pk, "finance")
        with pytest.raises(GapClosed):
            gaps.accept(gap_id=gap.pk, reason="Once more.", user=finance)

    def test_of_another_system_are_found_and_go_by_themselves(self) -> None:
        invoice = Theirs("invoice", "2001-7", "acme", Decimal("1009.50"), "USD", JANUARY)
        asked = {"system": "erp", "first": JANUARY, "last": JANUARY, "ours": []}

        assert reconciling.reconcile_with(**asked, theirs=[invoice]) == 1
        gap = Gap.objects.get()
        assert (gap.kind, gap.subject, gap.ours, gap.theirs) == (
            "missing_here",
            "erp invoice 2001-7",
            None,
            Decimal("1009.50"),
        )
        row = InboxItem.objects.unresolved().get()
        assert row.title.endswith(": 1,009.50 USD")
        assert row.detail.endswith(" Nothing against 1,009.50 USD.")
        reconciling.reconcile(first=JANUARY, last=JANUARY)
        assert Gap.objects.open().count() == 1  # the house's own books say nothing of it

        assert reconciling.reconcile_with(**asked, theirs=[]) == 0
        assert Gap.objects.open().count() == 0
        assert InboxItem.objects.unresolved().count() == 0

    def test_sent_again_are_open_again_where_they_are_still_found(self) -> None:
        gap = a_gap()

        gaps.resent(gap_id=gap.pk, said="Sent to the ERP again.")
        a_gap()

        gap.refresh_from_db()
        assert gap.is_open
        assert list(gap.notes.values_list("verb", flat=True)) == ["found", "resent", "again"]


class TestOutsideSystems:
    ASKING = {"stripe": Stripe()}

    @pytest.fixture
    def till(self) -> Connection:
        earn()
        made_at = datetime(2000, 12, 24, tzinfo=UTC)
        return Connection.objects.create(code="till", kind="stripe", name="Till", created_at=made_at)

    def answer(self, till: Connection, at: datetime) -> None:
        days = [JANUARY + timedelta(days=day) for day in range(31)]
        ComparedDay.objects.bulk_create(ComparedDay(connection=till, day=day, compared_at=at) for day in days)

    def close(self, finance: User) -> AccountingPeriod:
        return periods.close(month=JANUARY, user=finance, reason="Checked.", connectors=self.ASKING)

    def test_are_waited_for_until_all_days_are_answered_since_the_month_was_over(
        self, till: Connection, finance: User
    ) -> None:
        self.answer(till, datetime(2001, 1, 31, 23, 59, tzinfo=UTC))
        with pytest.raises(MonthNotClosable, match="Till has not answered yet"):
            self.close(finance)

        last = date(2001, 1, 31)
        first_answered = datetime(2001, 2, 1, 1, tzinfo=UTC)
        ComparedDay.objects.exclude(day=last).update(compared_at=first_answered)
        with pytest.raises(MonthNotClosable, match="Till has not answered yet"):
            self.close(finance)
        assert not AccountingPeriod.objects.exists()

        ComparedDay.objects.filter(day=last).update(compared_at=database_clock())
        kept = self.close(finance).answers.get()
        assert (kept.connection, kept.answered_at) == (till, first_answered)

    def test_are_gone_without_for_a_reason_that_is_kept(self, till: Connection, finance: User) -> None:
        asked = {"connection": till, "month": JANUARY, "kinds": ["stripe"], "user": finance}
        with pytest.raises(InvalidRequest):
            absences.accept(**asked, reason=" ")
        absences.accept(**asked, reason="Their API is gone.")
        with pytest.raises(AbsenceNotNeeded):
            absences.accept(**asked, reason="Again.")

        kept = self.close(finance).answers.get()

        assert kept.answered_at is None
        assert (kept.absence.reason, kept.absence.accepted_by) == ("Their API is gone.", finance)

    def test_are_not_waited_for_that_are_off_younger_or_can_not_be_asked(
        self, till: Connection, finance: User
    ) -> None:
        Connection.objects.filter(pk=till.pk).update(state="off")
        Connection.objects.create(code="young", kind="stripe", created_at=database_clock())
        Connection.objects.create(code="shop", kind="generic", created_at=till.created_at)

        assert not self.close(finance).answers.exists()

    def test_are_waited_for_while_they_are_paused(self, till: Connection, finance: User) -> None:
        Connection.objects.filter(pk=till.pk).update(state="paused")

        with pytest.raises(MonthNotClosable):
            self.close(finance)
