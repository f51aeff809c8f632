"""An account's rate table at its desk: from now, from a later instant, and taken back before that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from billing.queries.reach import reach
from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.desks.test_account_desks import page_of, said
from pricing.models import RateTable
from usage.models import Segment, Terms, TermsWithdrawal
from usage.queries import standings
from usage.queries.terms import table_at
from usage.rules.enrolment import Enrolment
from usage.services import segments, terms
from usage.services.authors import Author
from usage.tests.made import AUTHOR, DAY, Shop, a_segment, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2035, 1, 1, tzinfo=UTC)
BLINK = timedelta(microseconds=1)


@pytest.fixture
def gold(shop: Shop) -> RateTable:
    table = shop.a_table(tokens="3", since=clock() - 100 * DAY)
    RateTable.objects.filter(pk=table.pk).update(name="Gold")
    return RateTable.objects.get(pk=table.pk)


@pytest.fixture
def partners(gold: RateTable) -> Segment:
    segment = a_segment()
    segments.move_segment(segment=segment, table=gold, author=AUTHOR)
    return segment


def sent(rate_table: str, at: str = "2035-01-01T00:00", **more: str) -> dict[str, str]:
    asked = {"rate_table": rate_table, "when": "at", "effective_from": at, "reason": "Renewal"}
    return {**asked, **more}


def scheduled(account: Account, table: RateTable, begins: datetime = NEW_YEAR) -> Terms:
    asked = Enrolment(rate_table=table.code, rate_table_from=begins)
    terms.enrol(reference=account.reference, asked=asked, author=Author("mina", "Renewal."))
    return Terms.objects.get(account=account, effective_from=begins)


def tab(client: Client, account: Account, name: str = "terms") -> str:
    return text_of(client.get(f"{page_of(account)}change/?tab={name}"))


class TestSchedule:
    def test_takes_a_table_from_an_instant_in_utc(
        self, packaging: Client, acme: Account, gold: RateTable, shop: Shop
    ) -> None:
        response = packaging.post(f"{page_of(acme)}terms/", sent(gold.code))

        row = Terms.objects.get(account=acme, effective_from=NEW_YEAR)
        assert (row.table, row.set_by, row.reason) == (gold, "packaging", "Renewal")
        assert said(response) == "The new rate table holds for usage from 1 Jan 2035 00:00 UTC on."
        assert [table_at(acme.pk, each) for each in (NEW_YEAR - BLINK, NEW_YEAR)] == [shop.table, gold]

    def test_takes_a_segment_and_the_default_table_too(
        self, packaging: Client, acme: Account, partners: Segment
    ) -> None:
        packaging.post(f"{page_of(acme)}terms/", sent(f"segment {partners.code}"))
        packaging.post(f"{page_of(acme)}terms/", sent("", "2035-02-01T00:00"))

        rows = Terms.objects.filter(account=acme).scheduled(clock()).values_list("segment", "table")
        assert list(rows) == [(partners.pk, None), (None, None)]

    def test_ignores_the_time_where_now_is_chosen(
        self, packaging: Client, acme: Account, gold: RateTable
    ) -> None:
        response = packaging.post(f"{page_of(acme)}terms/", sent(gold.code, "never", when="now"))

        assert said(response) == "The new rate table holds for usage from now on."
        assert table_at(acme.pk, clock()) == gold

    @pytest.mark.parametrize(
        ("more", "fault"),
        [
            ({"effective_from": ""}, "Say when it begins."),
            ({"effective_from": "soon"}, "Enter a valid date/time."),
            ({"effective_from": "2020-01-01T00:00"}, "holds from now or later"),
            ({"reason": ""}, "This field is required."),
        ],
    )
    def test_refuses_beside_the_form(
        self, packaging: Client, acme: Account, gold: RateTable, more: dict[str, str], fault: str
    ) -> None:
        response = packaging.post(f"{page_of(acme)}terms/", sent(gold.code, **more))

        assert fault in text_of(response)
        assert Terms.objects.filter(account=acme).count() == 1

    def test_says_so_where_nothing_would_change(self, packaging: Client, acme: Account, shop: Shop) -> None:
        response = packaging.post(f"{page_of(acme)}terms/", sent(shop.table.code))

        assert said(response) == "Nothing is changed: it pays by that rate table then anyway."
        assert Terms.objects.filter(account=acme).count() == 1

    def test_is_shown_with_who_and_why_and_is_not_counted_yet(
        self, packaging: Client, acme: Account, gold: RateTable, shop: Shop
    ) -> None:
        scheduled(acme, gold)

        page, form = tab(packaging, acme), text_of(packaging.get(f"{page_of(acme)}terms/"))

        assert "UTC it pays by Gold: “Renewal.”, mina." in page
        assert "Scheduled already" in form
        assert [reach(each).of(gold.pk) for each in (clock(), NEW_YEAR - BLINK, NEW_YEAR)] == [0, 0, 1]

    def test_of_a_segment_is_shown_on_its_page(
        self, packaging: Client, acme: Account, partners: Segment
    ) -> None:
        asked = Enrolment(segment=partners.code, rate_table_from=NEW_YEAR)
        terms.enrol(reference=acme.reference, asked=asked, author=AUTHOR)

        page = text_of(packaging.get(f"/admin/usage/segment/{partners.pk}/change/"))

        assert f"/admin/wallets/account/{acme.pk}/change/" in page
        assert "ahead" in page
        assert "0 accounts" in page

    def test_of_another_process_is_shown_at_once(
        self, packaging: Client, acme: Account, gold: RateTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("usage.queries.standings._is_lasting", lambda: True)
        standings.standings().account(acme.reference)
        terms.enrol(reference=acme.reference, asked=Enrolment(rate_table=gold.code), author=AUTHOR)

        page = tab(packaging, acme, "balance")
        standings._begin_anew()

        assert "<span>Gold</span>" in page


class TestWithdraw:
    def test_takes_it_back_and_keeps_both_in_the_history(
        self, packaging: Client, acme: Account, gold: RateTable
    ) -> None:
        address = f"{page_of(acme)}terms/{scheduled(acme, gold).pk}/withdraw/"

        before = text_of(packaging.get(address))
        response = packaging.post(address, {"reason": "They left."})
        history = tab(packaging, acme, "history")

        assert "It was to pay by Gold from" in before
        assert said(response) == "It will not pay by Gold. That stays on record."
        kept = TermsWithdrawal.objects.get(account=acme)
        assert (kept.withdrawn_by, kept.reason) == ("packaging", "They left.")
        assert "Rate table: Gold, scheduled for usage from 1 Jan 2035 00:00 UTC" in history
        assert "Rate table withdrawn: Gold, scheduled for usage from 1 Jan 2035 00:00 UTC" in history
        assert "They left." in tab(packaging, acme)
        assert "it pays by Gold" not in tab(packaging, acme)

    def test_says_what_goes_on_and_until_when(
        self, packaging: Client, acme: Account, gold: RateTable, shop: Shop
    ) -> None:
        first = scheduled(acme, gold)
        scheduled(acme, shop.a_table(), NEW_YEAR + DAY)

        page = text_of(packaging.get(f"{page_of(acme)}terms/{first.pk}/withdraw/"))

        assert f"with your name, and {shop.table} goes on until" in page
        assert "2 Jan 2035 00:00" in page

    def test_needs_a_reason(self, packaging: Client, acme: Account, gold: RateTable) -> None:
        packaging.post(f"{page_of(acme)}terms/{scheduled(acme, gold).pk}/withdraw/", {"reason": ""})

        assert not TermsWithdrawal.objects.exists()

    def test_says_that_it_has_begun(self, packaging: Client, acme: Account) -> None:
        always = Terms.objects.get(account=acme)

        response = packaging.post(f"{page_of(acme)}terms/{always.pk}/withdraw/", {"reason": "Why not."})

        assert "what has begun is not withdrawn" in text_of(response)
        assert not TermsWithdrawal.objects.exists()

    def test_finds_only_terms_of_the_account(
        self, packaging: Client, acme: Account, gold: RateTable, shop: Shop
    ) -> None:
        row = scheduled(shop.an_account(), gold)

        assert packaging.get(f"{page_of(acme)}terms/{row.pk}/withdraw/").status_code == 404

    def test_is_not_for_those_who_may_only_look(self, acme: Account, gold: RateTable) -> None:
        row = scheduled(acme, gold)
        support = at_the_desk_of("Support")

        assert support.post(f"{page_of(acme)}terms/{row.pk}/withdraw/", {"reason": "-"}).status_code == 403
        assert "Withdraw" not in tab(support, acme)
