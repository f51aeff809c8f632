"""How a rehearsal gets to its end: slices, cancelling, faults, edits meanwhile, workers that die."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from pricing.models import Version
from pricing.services import drafting
from usage.errors import RehearsalOver, RehearsalUnderWay
from usage.models import Rehearsal, RehearsalLine
from usage.services import rehearsing
from usage.tests.made import DAY, HOUR, Shop, clock
from usage.tests.rehearsed import (
    MONTH,
    SPRING,
    a_draft,
    a_shop_before_spring,
    found,
    rehearsed,
    stands,
    tiered,
    times,
    with_tokens_to_spend,
)
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop_before_spring()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return with_tokens_to_spend(shop)


class TestSlices:
    def test_count_each_once_however_often_a_worker_begins(
        self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rehearsing, "LINES_A_SLICE", 2)
        for n in range(6):
            shop.debit(acme, "60", now=SPRING + n * HOUR)
        asked = rehearsing.ask(version=a_draft(shop, tiered), **MONTH)

        turns = 1
        while rehearsing.work(asked.pk, 0):
            turns += 1

        assert turns == 6
        assert found(asked) == {(acme.reference, shop.chat): (360, 200 + 260)}


class TestCancel:
    def test_drops_what_was_found(self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rehearsing, "LINES_A_SLICE", 2)
        for n in range(4):
            shop.debit(acme, "1", now=SPRING + n * HOUR)
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)
        assert rehearsing.work(asked.pk, 0) is True

        rehearsing.cancel(rehearsal=asked)

        assert rehearsing.work(asked.pk, 60) is False
        assert (stands(asked), found(asked)) == ("cancelled", {})

    def test_refuses_what_is_over(self, shop: Shop) -> None:
        done = rehearsed(shop.table.versions.get())

        with pytest.raises(RehearsalOver):
            rehearsing.cancel(rehearsal=done)

        assert stands(done) == "done"


class TestDiscard:
    def test_removes_it_with_its_lines(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "1", now=SPRING + DAY)

        done = rehearsed(shop.table.versions.get())

        rehearsing.discard(rehearsal=done)

        assert not Rehearsal.objects.filter(table=shop.table).exists()
        assert not RehearsalLine.objects.filter(account=acme).exists()

    def test_refuses_what_is_under_way(self, shop: Shop) -> None:
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)

        with pytest.raises(RehearsalUnderWay):
            rehearsing.discard(rehearsal=asked)

        assert stands(asked) == "queued"


class TestDraft:
    def test_that_was_edited_before_its_turn_is_not_rehearsed(self, shop: Shop) -> None:
        asked = rehearsing.ask(version=a_draft(shop, times("2")), **MONTH)
        a_draft(shop, times("3"))

        rehearsing.work(asked.pk, 60)

        asked.refresh_from_db()
        assert (asked.state, asked.fault) == (
            "failed",
            "The draft was edited before it was rehearsed; rehearse it again.",
        )

    def test_that_was_thrown_away_leaves_its_rehearsals(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "1", now=SPRING + DAY)
        draft = a_draft(shop, times("2"))
        done, waiting = rehearsed(draft), rehearsing.ask(version=draft, **MONTH)
        drafting.discard(draft=draft)
        another = a_draft(shop, times("3"))

        rehearsing.work(waiting.pk, 60)

        assert another.number == draft.number
        assert stands(waiting) == "failed"
        done.refresh_from_db()
        assert (done.version, done.number, found(done)) == (None, 2, {(acme.reference, shop.chat): (1, 2)})


class TestDue:
    def test_are_new_ones_and_those_of_which_nothing_was_heard(self, shop: Shop) -> None:
        version: Version = shop.table.versions.get()
        new, busy, silent, over = (rehearsing.ask(version=version, **MONTH) for _ in range(4))
        heard = {busy: timedelta(seconds=50), silent: timedelta(seconds=61), over: timedelta(hours=1)}
        for rehearsal, ago in heard.items():
            Rehearsal.objects.filter(pk=rehearsal.pk).update(state="running", worked_at=clock() - ago)
        rehearsing.cancel(rehearsal=over)

        told = rehearsing.due()

        assert told == [new.pk, silent.pk]
        assert rehearsing.due() == []

    def test_are_given_up_where_workers_end_three_times_at_one_place(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "1", now=SPRING + DAY)
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)
        Rehearsal.objects.filter(pk=asked.pk).update(state="running", tries=3)

        assert rehearsing.work(asked.pk, 60) is False

        asked.refresh_from_db()
        assert (asked.state, asked.fault) == ("failed", "The worker was stopped 3 times at one place.")


class TestFaults:
    def test_of_time_end_it_with_a_reason(
        self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.debit(acme, "1", now=SPRING + DAY)
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)

        def slow(_rehearsal: Rehearsal, _rows: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 10; SELECT pg_sleep(1)")

        monkeypatch.setattr(rehearsing, "_add", slow)
        rehearsing.work(asked.pk, 60)

        asked.refresh_from_db()
        assert (asked.state, asked.fault) == ("failed", "A part took longer than 120 seconds.")
