"""Revenue at the desk of finance."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from billing.models import AccountingPeriod, Invoice, JournalAccount, RevenueMonth, UnpaidMonth
from billing.queries import revenue
from billing.rules.months import end_of
from billing.services import recognising
from billing.tests.books_of_revenue import earn
from billing.tests.desks.people import at_the_desk_of, said, text_of
from usage.tests.made import clock
from wallets.models import Account

pytestmark = pytest.mark.django_db
MONTH = "/admin/billing/revenuemonth/2001-01"


@pytest.fixture
def finance() -> Client:
    earn()
    recognising.reckon()
    return at_the_desk_of("Finance")


class TestMonth:
    def test_shows_what_was_earned_and_what_is_owed(self, finance: Client) -> None:
        assert "30.00" in text_of(finance.get(f"{MONTH}/"))
        listed = text_of(finance.get("/admin/billing/revenuemonth/?currency=USD"))
        assert "January 2001" in listed
        assert "Close January 2001" in listed

    def test_says_of_free_tokens_whether_they_cost_nothing_or_nobody_knows(self, finance: Client) -> None:
        known = {"month": date(2001, 1, 1), "currency": ""}
        UnpaidMonth.objects.create(kind="promo", tokens=4, **known)
        UnpaidMonth.objects.create(kind="included", tokens=5, uncosted=5, **known)
        UnpaidMonth.objects.create(kind="overage", tokens=6, uncosted=6, **known)

        page = text_of(finance.get(f"{MONTH}/"))

        rows = re.findall(r"<tr><td>(\w+)</td><td>no product</td>(.*?)</tr>", page)
        told = {kind: re.sub(r"\s*<[^>]*>\s*", " ", cells).split() for kind, cells in rows}
        assert told == {
            "promo": ["4", "none", "0"],
            "included": ["5", "unknown", "5"],
            "overage": ["6", "unknown", "all"],
        }

    def test_that_has_nothing_in_the_chosen_currency_stands_at_nothing(self, finance: Client) -> None:
        RevenueMonth.objects.create(month=date(2000, 12, 1), currency="EUR", paid=5)

        listed = text_of(finance.get("/admin/billing/revenuemonth/?currency=USD"))

        assert "December 2000" in listed
        assert "January 2001" in listed

    def test_tells_before_it_is_closed_which_invoices_are_not_final(self, finance: Client) -> None:
        drafts = "of January 2001 is not final"
        assert drafts not in text_of(finance.get(f"{MONTH}/close/"))
        account = Account.objects.first()
        common = {"customer": account, "currency": "USD", "made_at": clock()}
        Invoice.objects.create(period=date(2001, 2, 1), **common)
        Invoice.objects.create(period=date(2001, 1, 1), **common)

        shown = text_of(finance.get(f"{MONTH}/close/"))

        assert f"1 draft {drafts}" in shown
        listed = finance.get("/admin/billing/invoice/?state__exact=draft&period=2001-01").context["cl"]
        assert [each.period for each in listed.result_list] == [date(2001, 1, 1)]
        assert "state__exact=draft&amp;period=2001-01" in shown

    def test_tells_before_it_is_closed_that_it_is_not_over(self, finance: Client) -> None:
        running = clock().date().replace(day=1)
        shown = text_of(finance.get(f"/admin/billing/revenuemonth/{running:%Y-%m}/close/"))

        assert f"{running:%B %Y} can be closed from" in shown
        assert f"{end_of(running):%-d %B %Y} 00:15 UTC" in shown
        assert "can be closed from" not in text_of(finance.get(f"{MONTH}/close/"))

    def test_before_anything_was_booked_is_not_closed(self) -> None:
        finance, close = at_the_desk_of("Finance"), "/admin/billing/revenuemonth/1999-01/close/"

        assert "Nothing was booked by the end of January 1999" in text_of(finance.get(close))
        assert "Nothing was booked by the end" in text_of(finance.post(close, {"reason": "Over."}))
        assert not AccountingPeriod.objects.exists()

    def test_is_closed_with_a_reason_and_opened_again(self, finance: Client) -> None:
        assert "This field is required" in text_of(finance.post(f"{MONTH}/close/", {}))

        answer = finance.post(f"{MONTH}/close/", {"reason": "Checked by mina."})
        assert "The books of January 2001 are closed." in said(answer)
        period = AccountingPeriod.objects.get()
        assert (period.closed_by.username, period.reason, period.is_closed) == (
            "finance",
            "Checked by mina.",
            True,
        )

        finance.post(f"{MONTH}/reopen/", {"reason": "A sale was missing."})
        period.refresh_from_db()
        assert (period.is_closed, period.reopening_reason) == (False, "A sale was missing.")

    def test_is_only_offered_to_be_closed_when_it_is_its_turn(self, finance: Client) -> None:
        running = f"{clock():%Y-%m}"
        button, month = "Cancel", "/admin/billing/revenuemonth"
        assert button in text_of(finance.get(f"{MONTH}/close/"))

        early = text_of(finance.get(f"{month}/{running}/close/"))
        finance.post(f"{MONTH}/close/", {"reason": "Checked by mina."})
        closed = text_of(finance.get(f"{MONTH}/close/"))

        assert button not in early
        assert f"{clock():%B %Y} can be closed from" in early
        assert button not in closed
        assert "The books of January 2001 are closed." in closed

    def test_that_runs_says_from_when_on_it_can_be_closed(
        self, finance: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        this_month = clock().date().replace(day=1)
        RevenueMonth.objects.create(month=this_month, currency="XTS", paid=5)
        monkeypatch.setattr(revenue, "next_to_close", lambda: this_month)

        for page in ("", f"{this_month:%Y-%m}/"):
            told = text_of(finance.get(f"/admin/billing/revenuemonth/{page}"))
            assert f"{this_month:%B %Y} can be closed from" in told
            assert "/close/" not in told

    def test_that_is_not_the_next_is_refused_in_words(self, finance: Client) -> None:
        answer = finance.post("/admin/billing/revenuemonth/2001-03/close/", {"reason": "Early."})

        assert "the next is January 2001" in text_of(answer)
        assert not AccountingPeriod.objects.exists()


class TestJournal:
    def test_is_sent_balanced_by_the_names_of_the_general_ledger(self, finance: Client) -> None:
        account = JournalAccount.objects.get(role="revenue")
        finance.post(
            f"/admin/billing/journalaccount/{account.pk}/change/",
            {"code": "8400", "name": "Erlöse", "change_reason": "SKR03"},
        )

        answer = finance.get(f"{MONTH}/journal/USD.csv")

        rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
        debits, credits = (sum(Decimal(row[side] or 0) for row in rows) for side in ("debit", "credit"))
        assert debits == credits > 0
        assert ("8400", "Erlöse") in {(row["account_code"], row["account_name"]) for row in rows}
        assert "8400" in text_of(finance.get(f"{MONTH}/journal/USD/"))

    def test_of_a_month_or_currency_without_any_is_not_found(self, finance: Client) -> None:
        assert finance.get(f"{MONTH}/journal/JPY.csv").status_code == 404

    @pytest.mark.parametrize(
        ("address", "sentence"),
        [
            ("2001-13/", "A month is written as 2026-11."),
            ("2001-13/focus.csv", "A month is written as 2026-11."),
            ("2999-01/ledger.csv", "January 2999 has not begun."),
            ("2000-12/", "Nothing was paid, earned or closed in December 2000."),
            ("2000-12/grants/USD/", "Nothing was paid or earned in “USD” until the end of December 2000."),
            ("2001-01/grants/usd/", "Nothing was paid or earned in “usd” until the end of January 2001."),
            ("2001-01/journal/JPY/", "January 2001 has no journal in “JPY”."),
            ("2001-01/reopen/", "Only the month that was closed last can be opened again."),
        ],
    )
    def test_that_is_not_there_is_not_found_with_a_sentence(
        self, finance: Client, address: str, sentence: str
    ) -> None:
        answer = finance.get(f"/admin/billing/revenuemonth/{address}")

        assert answer.status_code == 404
        assert sentence in text_of(answer)


class TestGrants:
    def test_are_listed_by_month_page_by_page(self, finance: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(revenue, "ROWS_SHOWN", 1)
        first = text_of(finance.get(f"{MONTH}/grants/USD/"))

        assert first.count("<tr>") == 2
        assert "?after=" in first
