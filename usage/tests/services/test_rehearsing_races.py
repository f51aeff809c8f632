"""Workers that meet at one slice, and a person who cancels while it is rated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from usage.models import Debit, Rehearsal
from usage.queries.repricing import Rated
from usage.services import rehearsing
from usage.tests.made import DAY, HOUR, Shop, a_grant
from usage.tests.rehearsed import MONTH, SPRING, found
from wallets.models import Account

pytestmark = pytest.mark.committed


def elsewhere(act: Callable[[], object]) -> None:
    """Do it on a connection of its own, and wait until it is done."""

    def run() -> object:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result(timeout=10)


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - DAY)


@pytest.fixture
def acme(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Four debits in two slices."""
    monkeypatch.setattr(rehearsing, "LINES_A_SLICE", 3)
    account = shop.an_account(SPRING - DAY)
    a_grant(account, "100", now=SPRING - DAY)
    for n in range(4):
        shop.debit(account, "1", now=SPRING + n * HOUR)
    return account


def before_it_counts(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do it once, between the rating of the next slice and its counting."""
    original = rehearsing._add

    def add(rehearsal: Rehearsal, rows: Sequence[Rated]) -> None:
        monkeypatch.setattr(rehearsing, "_add", original)
        elsewhere(act)
        original(rehearsal, rows)

    monkeypatch.setattr(rehearsing, "_add", add)


class TestWork:
    def test_counts_a_slice_once_where_two_workers_rated_it(
        self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)
        answers: list[bool] = []
        before_it_counts(monkeypatch, lambda: answers.append(rehearsing.work(asked.pk, 0)))

        answers.append(rehearsing.work(asked.pk, 0))
        while rehearsing.work(asked.pk, 0):
            pass

        assert answers == [True, False]
        assert Rehearsal.objects.get(pk=asked.pk).state == "done"
        assert found(asked) == {(acme.reference, shop.chat): (4, 4)}


class TestCancel:
    def test_is_heeded_by_the_slice_under_way_and_waits_for_nothing(
        self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)
        before_it_counts(monkeypatch, lambda: rehearsing.cancel(rehearsal=asked))

        assert rehearsing.work(asked.pk, 60) is False

        assert Rehearsal.objects.get(pk=asked.pk).state == "cancelled"
        assert found(asked) == {}

    def test_holds_nobody_off_who_debits(
        self, shop: Shop, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = rehearsing.ask(version=shop.table.versions.get(), **MONTH)
        before_it_counts(monkeypatch, lambda: shop.debit(acme, "1", now=SPRING + DAY))

        assert rehearsing.work(asked.pk, 60) is False

        assert Rehearsal.objects.get(pk=asked.pk).state == "done"
        assert Debit.objects.filter(account=acme).count() == 5
