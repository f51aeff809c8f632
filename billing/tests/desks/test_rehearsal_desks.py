"""Rehearsals at their desk: asked for, watched, cancelled, read, compared and exported."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client

from billing.queries.rehearsals import beside
from billing.tests.desks.people import at_the_desk_of, said
from billing.tests.desks.rehearsals import LISTED, of_ten_days, page_of
from usage.models import Rehearsal
from usage.services import rehearsing
from usage.tests.made import DAY, Shop, clock
from usage.tests.rehearsed import a_draft, times
from wallets.models import Account

pytestmark = pytest.mark.django_db


class TestAsking:
    def test_takes_the_last_days_and_who_asked(self, packaging: Client, shop: Shop) -> None:
        draft = a_draft(shop, times("2"))

        response = packaging.post(f"{LISTED}of/{draft.pk}/", {"days": "7", "note": "dearer"})

        asked = Rehearsal.objects.get(table=shop.table)
        assert response.headers["Location"] == page_of(asked)
        assert asked.until - asked.since == timedelta(days=7)
        assert (asked.version, asked.note, asked.state) == (draft, "dearer", "queued")
        assert asked.asked_by.get_username() == "packaging"

    def test_takes_a_period_of_ones_own(self, packaging: Client, shop: Shop) -> None:
        sent = {"days": "other", "since": "2026-03-01T00:00", "until": "2026-03-08T12:00"}
        packaging.post(f"{LISTED}of/{a_draft(shop, times('2')).pk}/", sent)

        asked = Rehearsal.objects.get(table=shop.table)
        assert f"{asked.since:%d %H:%M} {asked.until:%d %H:%M}" == "01 00:00 08 12:00"

    def test_takes_the_period_of_the_last_one_to_compare_with(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        draft = a_draft(shop, times("2"))
        last = of_ten_days(draft)

        packaging.post(f"{LISTED}of/{draft.pk}/", {"days": "same"})

        asked = Rehearsal.objects.filter(table=shop.table).first()
        assert asked is not None
        assert asked.pk != last.pk
        assert (asked.since, asked.until) == (last.since, last.until)

    @pytest.mark.parametrize(
        "sent",
        [
            {"days": "other"},
            {"days": "5"},
            {"days": "other", "since": "2026-03-08T00:00", "until": "2026-03-01T00:00"},
            {"days": "same"},
        ],
        ids=str,
    )
    def test_asks_again_where_there_is_no_period(
        self, packaging: Client, shop: Shop, sent: dict[str, str]
    ) -> None:
        response = packaging.post(f"{LISTED}of/{a_draft(shop, times('2')).pk}/", sent)

        assert response.status_code == 200
        assert response.context["form"].errors
        assert not Rehearsal.objects.filter(table=shop.table).exists()

    def test_is_for_packaging_alone(self, shop: Shop) -> None:
        response = at_the_desk_of("Sales").post(f"{LISTED}of/{a_draft(shop, times('2')).pk}/", {"days": "7"})

        assert response.status_code == 403
        assert not Rehearsal.objects.filter(table=shop.table).exists()


class TestWatching:
    def test_tells_how_far_it_is(self, packaging: Client, shop: Shop, acme: Account) -> None:
        asked = rehearsing.ask(version=a_draft(shop, times("2")), since=clock() - 10 * DAY, until=clock())
        Rehearsal.objects.filter(pk=asked.pk).update(state="running", lines_total=200, lines_done=50)

        told = packaging.get(page_of(asked, "progress/"))

        assert told.json() == {"under_way": True, "percent": 25, "done": 50, "total": 200}
        assert b"50 of 200 lines" in packaging.get(page_of(asked)).content

    def test_cancels(self, packaging: Client, shop: Shop) -> None:
        asked = rehearsing.ask(version=a_draft(shop, times("2")), since=clock() - 10 * DAY, until=clock())

        first = packaging.post(page_of(asked, "cancel/"))
        again = packaging.post(page_of(asked, "cancel/"))

        assert Rehearsal.objects.get(pk=asked.pk).state == "cancelled"
        assert said(first) == "The rehearsal is cancelled."
        assert "over already" in said(again)

    def test_says_why_it_failed(self, packaging: Client, shop: Shop) -> None:
        asked = rehearsing.ask(version=a_draft(shop, times("2")), since=clock() - 10 * DAY, until=clock())
        a_draft(shop, times("3"))
        rehearsing.work(asked.pk, 60)

        assert b"The draft was edited before it was rehearsed" in packaging.get(page_of(asked)).content


class TestReading:
    def test_shows_what_changes_for_whom(self, packaging: Client, shop: Shop, acme: Account) -> None:
        done = of_ten_days(a_draft(shop, times("2", shop.chat)))

        response = packaging.get(page_of(done))

        found = response.context["impact"]
        assert (found.total.sums.before, found.total.sums.after) == (14, 24)
        assert [(each.feature.code, each.before_width, each.after_width) for each in found.features] == [
            (shop.chat, 50, 100),
            (shop.image, 20, 20),
        ]
        assert [each.account for each in found.hit] == [acme]
        assert not response.context["is_stale"]

    def test_says_that_the_draft_was_edited_since(self, packaging: Client, shop: Shop, acme: Account) -> None:
        done = of_ten_days(a_draft(shop, times("2")))
        a_draft(shop, times("3"))

        response = packaging.get(page_of(done))

        assert response.context["is_stale"]
        assert b"The draft was edited since" in response.content

    def test_shows_one_account_with_its_next_month(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        done = of_ten_days(a_draft(shop, times("2")))

        response = packaging.get(page_of(done, f"accounts/{acme.pk}/"))

        assert [each.sums.after for each in response.context["features"]] == [20, 8]
        ahead = response.context["ahead"]
        assert ahead.now > 0
        assert abs(ahead.then - 2 * ahead.now) <= Decimal("0.000001")
        assert packaging.get(page_of(done, f"accounts/{shop.an_account().pk}/")).status_code == 404

    def test_takes_next_month_from_the_rehearsal_where_there_is_too_much_to_price(
        self, packaging: Client, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.queries.rehearsals.LINES_PRICED_AT_ONCE", 1)
        done = of_ten_days(a_draft(shop, times("2")))

        ahead = packaging.get(page_of(done, f"accounts/{acme.pk}/")).context["ahead"]

        assert ahead.is_scaled
        assert (ahead.lines, ahead.then) == (2, 2 * ahead.now)
        assert 14 * Decimal("2.8") <= ahead.now <= 14 * Decimal("3.1")

    def test_holds_two_against_each_other(self, packaging: Client, shop: Shop, acme: Account) -> None:
        one, other = (of_ten_days(a_draft(shop, times(factor))) for factor in ("2", "3"))

        response = packaging.get(page_of(one, f"change/?against={other.pk}"))

        assert response.context["other"] == other
        sums = {each.feature.code: (each.one.after, each.other.after) for each in beside(one, other)}
        assert sums == {shop.chat: (20, 30), shop.image: (8, 12)}
        assert response.context["other_impact"].total.sums.after == 42

    def test_compares_with_nothing_of_another_table(
        self, packaging: Client, shop: Shop, acme: Account
    ) -> None:
        done, strange = of_ten_days(a_draft(shop, times("2"))), of_ten_days(a_draft(Shop(), times("2")))

        response = packaging.get(page_of(done, f"change/?against={strange.pk}"))

        assert response.context["other"] is None

    def test_is_removed(self, packaging: Client, shop: Shop, acme: Account) -> None:
        done = of_ten_days(a_draft(shop, times("2")))

        packaging.post(page_of(done, "discard/"))

        assert not Rehearsal.objects.filter(pk=done.pk).exists()


class TestExport:
    def test_gives_every_row_exactly(self, packaging: Client, shop: Shop, acme: Account) -> None:
        done = of_ten_days(a_draft(shop, times("0.3333333")))

        response = packaging.get(page_of(done, "export/"))

        rows = list(csv.DictReader(StringIO(response.getvalue().decode())))
        chat = next(row for row in rows if row["feature"] == shop.chat)
        assert (chat["account"], chat["lines"]) == (acme.reference, "1")
        assert (chat["tokens_before"], chat["tokens_after"]) == ("10.000000", "3.333333")
        assert len(rows) == 2
