"""Reconciliation, gaps and the inbox at their desks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing import tasks
from billing.models import AccountingPeriod, ComparedRecord, Connection, Gap, InboxItem, Reconciliation
from billing.rules.reconciling import Found
from billing.services import gaps, reconciling
from billing.tests.books_of_revenue import earn
from billing.tests.desks.people import a_member, at_the_desk_of, said, text_of
from usage.models import Reversal
from usage.tests.made import Shop, a_grant

pytestmark = pytest.mark.django_db
JANUARY = date(2001, 1, 1)
DESK = "/admin/billing/reconciliation"
CLOSE = "/admin/billing/revenuemonth/2001-01/close/"


@pytest.fixture
def finance() -> Client:
    return at_the_desk_of("Finance")


@pytest.fixture
def gap() -> Gap:
    names = earn()
    found = Found(
        "differs", "erp invoice 7", JANUARY, names["earner"], Decimal(30), Decimal(28), "USD", "Invoice 7."
    )
    gaps.keep([found], kinds=["differs"], first=JANUARY, last=JANUARY, system="erp")
    return Gap.objects.get()


class TestReconciliation:
    def test_shows_the_equation_and_the_days_of_a_month(self, finance: Client) -> None:
        earn()
        reconciling.reconcile(first=JANUARY, last=date(2001, 1, 7))

        page = text_of(finance.get(f"{DESK}/?month=2001-01"))

        assert "to the last token" in page
        assert "24 days not compared" in page
        assert "Sat 6" in page
        assert page.count("300") >= 2
        for address, sentence in (
            ("?month=May", "A month is written as 2026-11."),
            ("?month=2999-12", "December 2999 has not begun."),
            ("ask/?month=2999-12", "December 2999 has not begun."),
            ("days/2999-12-31/", "31 December 2999 has not begun."),
            ("days/soon/", "A day is written as 2026-11-27."),
        ):
            answer = finance.get(f"{DESK}/{address}")
            assert (answer.status_code, sentence in text_of(answer)) == (404, True)

    def test_writes_the_equation_so_that_it_can_be_added_up(self, finance: Client) -> None:
        a_grant(Shop().an_account(), "7469.25")

        page = text_of(finance.get(f"{DESK}/"))

        assert "<b>7,469.25</b><small>granted</small>" in page
        assert "<b>7,469.25</b><small>balances, AIT</small>" in page

    def test_is_asked_for_and_done_by_a_worker(self, finance: Client) -> None:
        answer = finance.post(f"{DESK}/ask/?month=2001-01", {"first": "2001-01-01", "last": "2001-01-20"})
        run = Reconciliation.objects.get()

        assert "compares the books of 1 Jan – 20 Jan 2001" in said(answer)
        assert (run.state, run.asked_by) == ("waiting", "finance")
        assert finance.get(f"{DESK}/{run.pk}/progress/").json()["percent"] == 0
        assert "A worker begins within a few seconds" in text_of(finance.get(f"{DESK}/?month=2001-01"))

        tasks.reconcile_what_is_asked()

        told = finance.get(f"{DESK}/{run.pk}/progress/").json()
        assert (told["under_way"], told["percent"]) == (False, 100)

    def test_refuses_days_to_come_and_a_span_that_ends_before_it_begins(self, finance: Client) -> None:
        later = finance.post(f"{DESK}/ask/", {"first": "2999-01-01", "last": "2999-01-02"})
        backwards = finance.post(f"{DESK}/ask/", {"first": "2001-01-02", "last": "2001-01-01"})

        assert "still to come" in text_of(later)
        assert "not before the first" in text_of(backwards)
        assert not Reconciliation.objects.exists()


class TestGaps:
    def test_lead_from_the_day_to_what_both_books_say(self, finance: Client, gap: Gap) -> None:
        assert "erp invoice 7" in text_of(finance.get(f"/admin/billing/gap/{gap.pk}/change/"))
        assert f"/admin/billing/gap/{gap.pk}/change/" in text_of(finance.get(f"{DESK}/days/2001-01-01/"))
        assert "1 open gap" in text_of(finance.get(f"{DESK}/?month=2001-01"))

    def test_block_the_closing_until_one_is_accepted(self, finance: Client, gap: Gap) -> None:
        refused = text_of(finance.post(CLOSE, {"reason": "Checked."}))
        assert "1 gap is open in January 2001" in refused
        assert f"{DESK}/?month=2001-01" in refused

        assert "This field is required" in text_of(finance.post(f"/admin/billing/gap/{gap.pk}/accept/", {}))
        finance.post(f"/admin/billing/gap/{gap.pk}/accept/", {"reason": "Rounded there."})
        finance.post(CLOSE, {"reason": "Checked."})

        gap.refresh_from_db()
        assert (gap.how, gap.reason, gap.closed_by) == ("accepted", "Rounded there.", "finance")
        assert AccountingPeriod.objects.get().month == JANUARY

    def test_are_closed_by_an_entry_of_the_account(self, finance: Client, gap: Gap) -> None:
        address = f"/admin/billing/gap/{gap.pk}/correct/"
        asked = {"correction": "reversal", "reason": "Given back."}

        assert "no such entry" in text_of(finance.post(address, {**asked, "correction_id": str(gap.pk)}))
        entry = Reversal.objects.get(account=gap.customer_id)
        finance.post(address, {**asked, "correction_id": str(entry.pk)})

        gap.refresh_from_db()
        assert (gap.how, gap.correction_id) == ("corrected", entry.pk)


class TestOutsideSystems:
    @pytest.fixture
    def till(self) -> Connection:
        earn()
        made_at = datetime(2000, 12, 24, tzinfo=UTC)
        return Connection.objects.create(code="till", kind="stripe", name="Till", created_at=made_at)

    def test_stand_beside_ours_and_are_gone_without_for_a_reason(
        self, finance: Client, till: Connection
    ) -> None:
        for name, here, there in (("cs_1", 10, 10), ("cs_2", None, 1020)):
            ComparedRecord.objects.create(
                connection=till,
                kind="sale",
                name=name,
                month=JANUARY,
                day=JANUARY,
                here=here,
                there=there,
                currency="USD",
                agrees=here == there,
                compared_at=till.created_at,
            )

        page = text_of(finance.get(f"{DESK}/?month=2001-01"))
        assert "1,030.00" in page
        assert "10.00" in page
        assert "1 differs" in page
        assert "31 days not answered since the month was over" in page
        assert "Till has not answered yet" in text_of(finance.post(CLOSE, {"reason": "Checked."}))

        finance.post(f"{DESK}/without/2001-01/{till.pk}/", {"reason": "Their API is gone."})
        assert "goes without, by finance: Their API is gone." in text_of(
            finance.get(f"{DESK}/?month=2001-01")
        )
        finance.post(CLOSE, {"reason": "Checked."})
        assert AccountingPeriod.objects.get().answers.get().connection == till

    def test_have_a_sale_fetched_again_from_the_page_of_its_gap(
        self, finance: Client, till: Connection
    ) -> None:
        found = Found("missing_here", "till sale cs_2", JANUARY, None, None, Decimal(20), "USD", "Sale cs_2.")
        gaps.keep([found], kinds=["missing_here"], first=JANUARY, last=JANUARY, system="till")
        gap = Gap.objects.get()
        address = f"/admin/billing/gap/{gap.pk}"

        assert "Fetch again" in text_of(finance.get(f"{address}/change/"))
        assert "This field is required" in text_of(finance.post(f"{address}/resend/", {}))
        finance.post(f"{address}/resend/", {"reason": "The webhook was off."})

        assert (gap.resends.get().asked_by, gap.resends.get().reason) == ("finance", "The webhook was off.")
        assert "a worker is at it" in text_of(finance.get(f"{address}/change/"))
        assert at_the_desk_of("Auditor").post(f"{address}/resend/", {"reason": "No."}).status_code == 403


class TestInbox:
    def test_shows_on_the_first_page_and_in_its_list(self, finance: Client, gap: Gap) -> None:
        assert "1 row of the inbox needs somebody" in text_of(finance.get("/admin/"))
        assert "Otherwise elsewhere" in text_of(finance.get("/admin/billing/inboxitem/"))

        item = InboxItem.objects.get()
        page = text_of(finance.get(f"/admin/billing/inboxitem/{item.pk}/change/"))
        assert f'href="/admin/billing/gap/{gap.pk}/change/"' in page
        assert "when its cause ends, and by nothing else" in page

    def test_is_worked_on_from_the_list(self, finance: Client, gap: Gap) -> None:
        item, me = InboxItem.objects.get(), User.objects.get(username="finance")

        def act(name: str) -> str:
            chosen = {"action": name, "_selected_action": [str(item.pk)]}
            return said(finance.post("/admin/billing/inboxitem/", chosen))

        act("take")
        act("acknowledge")
        item.refresh_from_db()
        assert (item.owner, item.state) == (me, "acknowledged")
        assert 'value="resolve"' not in text_of(finance.get("/admin/billing/inboxitem/"))

        act("snooze")
        row = f"{item.pk}/change/"
        assert row not in text_of(finance.get("/admin/billing/inboxitem/"))
        assert row in text_of(finance.get("/admin/billing/inboxitem/?view=snoozed"))
        item.refresh_from_db()
        assert [note.verb for note in item.notes.all()] == ["raised", "taken", "acknowledged", "snoozed"]

    def test_is_worked_on_from_a_rows_page(self, finance: Client, gap: Gap) -> None:
        item = InboxItem.objects.get()
        address = f"/admin/billing/inboxitem/{item.pk}"

        finance.post(f"{address}/snooze/", {"until": "2999-01-01T10:00"})
        item.refresh_from_db()
        assert f"{item.snoozed_until:%Y-%m-%d %H}" == "2999-01-01 10"
        assert "still to come" in text_of(finance.post(f"{address}/snooze/", {"until": "2001-01-01T10:00"}))
        assert at_the_desk_of("Auditor").post(f"{address}/take/", {}).status_code == 403

    def test_is_given_to_a_colleague(self, finance: Client, gap: Gap) -> None:
        item, colleague, visitor = InboxItem.objects.get(), a_member("Support"), a_member("Auditor")
        address = f"/admin/billing/inboxitem/{item.pk}"
        shown = text_of(finance.get(f"{address}/give/"))
        assert f'value="{colleague.pk}"' in shown
        assert f'value="{visitor.pk}"' not in shown

        finance.post(f"{address}/give/", {"to": colleague.pk, "said": "It is yours to mend."})

        page = text_of(finance.get(f"{address}/change/"))
        assert "with support" in page
        assert "for support: It is yours to mend." in page
