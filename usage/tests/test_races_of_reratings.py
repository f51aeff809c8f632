"""Re-ratings that race: with debits, captures and reversals of one account, with each other, and killed midway."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from config.embedded.pytest_databases import TestServices
from config.kernel.errors import DomainError
from config.tests import sources
from pricing.models import Version
from usage.errors import NothingToReverse
from usage.models import Claim, Correction, Debit, Rerating, Reversal
from usage.queries.receipts import receipt
from usage.services import correcting, metering, rerating, reversing
from usage.tests.held import a_hold, capture
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal, clock
from usage.tests.racing import an_order, at_once, prove, receipts, refusals
from usage.tests.rerated import approved, asked, corrected_prices, left, standing, worked
from wallets.models import Account

pytestmark = pytest.mark.committed


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture(autouse=True)
def _many_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correcting, "A_SLICE", 10)


def used(shop: Shop, accounts: Sequence[Account], each: int) -> datetime:
    """Debits of one token each; answers when all are recorded."""
    for account in accounts:
        for _ in range(each):
            shop.debit(account, "1")
    return clock()


def ready(shop: Shop, version: Version, until: datetime) -> Rerating:
    return approved(worked(asked(shop, version, since=until - DAY, until=until, now=clock())))


def finish(row: Rerating) -> None:
    """As the bells would: rung again where an account was locked, or another worker was first."""
    while Rerating.objects.under_way().filter(pk=row.pk).exists():
        correcting.work(row.pk, 60)


def replaced_once(accounts: Sequence[Account]) -> bool:
    """Whether no debit was given back or replaced twice, and every replacement stands under one claim."""
    found = Correction.objects.filter(account__in=accounts)
    debits = list(found.values_list("debit_id", flat=True))
    keys = list(Debit.objects.filter(pk__in=found.values("replacement_id")).values_list("key", flat=True))
    back = Reversal.objects.filter(debit_id__in=debits, is_whole=True)
    return len(set(debits)) == len(debits) == back.count() == Claim.objects.filter(key__in=keys).count()


def tokens_of(row: Rerating) -> list[tuple[Decimal, ...]]:
    """Of each correction: what its debit had charged, what is charged in its place, and what was given back."""
    rows = Correction.objects.filter(rerating=row).order_by("replacement_id")
    return list(rows.values_list("debit__tokens", "replacement__tokens", "reversal__tokens"))


class TestOneRerating:
    def test_beside_debits_captures_and_reversals_of_its_account(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        a_grant(account, "500")
        until = used(shop, [account], 60)
        row = ready(shop, corrected_prices(shop), until)
        old = [a_reversal(receipt(each)) for each in _some(account, 10)]
        holds = [a_hold(shop, account, "2") for _ in range(10)]

        answers = at_once(
            [
                *(partial(correcting.work, row.pk, 30) for _ in range(3)),
                *(partial(metering.charge, an_order(shop, account)) for _ in range(20)),
                *(partial(capture, shop, hold, "1") for hold in holds),
                *(partial(reversing.reverse, each) for each in old),
            ],
            callers=16,
        )

        finish(row)
        given_back = 10 - refusals(answers[33:], NothingToReverse)
        assert refusals(answers[:33], DomainError) == 0
        assert len(receipts(answers)) >= 20
        corrected = Correction.objects.filter(account=account).count()
        assert (replaced_once([account]), corrected) == (True, 60 - given_back)
        assert standing(account) == {shop.chat: 2 * corrected + 20 + 10}
        wallet = prove(account)
        assert wallet.balance == 500 - 2 * corrected - 30

    def test_by_several_workers_at_once_is_done_once(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(6)]
        row = ready(shop, corrected_prices(shop), used(shop, accounts, 20))

        at_once([partial(correcting.work, row.pk, 30) for _ in range(6)])

        finish(row)
        done = Rerating.objects.get(pk=row.pk)
        assert (done.state, done.debits_done) == ("done", 120)
        assert (replaced_once(accounts), Correction.objects.filter(rerating=row).count()) == (True, 120)
        assert {prove(account).overage for account in accounts} == {Decimal(40)}

    def test_stopped_midway_leaves_what_is_done(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        row = ready(shop, corrected_prices(shop), used(shop, [account], 100))

        at_once([partial(correcting.work, row.pk, 30), partial(rerating.stop, rerating=row, by="tom")])

        done = Correction.objects.filter(rerating=row).count()
        assert correcting.work(row.pk, 30) is False
        assert Rerating.objects.get(pk=row.pk).state in ("stopped", "done")
        assert Correction.objects.filter(rerating=row).count() == done
        assert prove(account).overage == 100 + done

    def test_killed_midway_comes_to_the_same_when_it_is_begun_again(
        self, shop: Shop, services: TestServices
    ) -> None:
        account, untouched = (shop.an_account(policy=UNLIMITED) for _ in range(2))
        until = used(shop, [account, untouched], 150)
        version = corrected_prices(shop)
        row, other = (
            approved(
                worked(asked(shop, version, since=until - DAY, until=until, now=clock(), account_id=each.pk))
            )
            for each in (account, untouched)
        )
        finish(other)
        command = [sys.executable, "-m", "usage.tests.rerating_process", str(row.pk)]
        kills_midway = 0

        for done_before in (0, 30, 60):
            worker = subprocess.Popen(
                command, env=services.environment, cwd=sources.root(), stdout=subprocess.PIPE
            )
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
            while Correction.objects.filter(rerating=row).count() <= done_before and worker.poll() is None:
                pass
            worker.kill()
            worker.wait()
            kills_midway += 0 < Correction.objects.filter(rerating=row).count() < 150

        assert kills_midway == 3
        finish(row)
        assert replaced_once([account])
        assert tokens_of(row) == tokens_of(other) == [(1, 2, 1)] * 150
        assert prove(account).overage == prove(untouched).overage == 300


class TestTwoReratings:
    def test_of_one_interval_replace_each_debit_once(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED)]
        until = used(shop, accounts, 120)
        rows = [ready(shop, corrected_prices(shop, tokens=tokens), until) for tokens in ("2", "3")]

        at_once([partial(correcting.work, row.pk, 30) for row in rows * 2])

        for row in rows:
            finish(row)
        assert {Rerating.objects.get(pk=row.pk).state for row in rows} == {"done"}
        assert replaced_once(accounts)
        done = [Correction.objects.filter(rerating=row).count() for row in rows]
        assert sum(done) == 120
        assert sum((prove(account).overage for account in accounts), Decimal(0)) == 2 * done[0] + 3 * done[1]
        assert sum(left(row, "running").get("replaced", 0) for row in rows) <= 120

    def test_of_which_one_is_taken_back_meanwhile_leave_each_debit_charged_once(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        until = used(shop, [account], 60)
        version = corrected_prices(shop)
        first = ready(shop, version, until)
        finish(first)
        interval = {"since": until - DAY, "until": until, "now": clock(), "table_id": version.table_id}
        second = approved(worked(asked(shop, corrected_prices(shop, tokens="3"), **interval)))
        rerating.revert(rerating=first, by="tom", reason="Wrong.")

        at_once([partial(correcting.work, row.pk, 30) for row in (first, second)])

        for row in (first, second):
            finish(row)
        assert Rerating.objects.get(pk=first.pk).state == "reverted"
        assert Rerating.objects.get(pk=second.pk).state == "done"
        assert replaced_once([account])
        by_second = Correction.objects.filter(rerating=second).count()
        back = Correction.objects.filter(rerating=first).exclude(restores_id=None).count()
        assert by_second + back == 60
        assert prove(account).overage == 3 * by_second + back


def _some(account: Account, most: int) -> list[UUID]:
    return list(Debit.objects.filter(account=account).order_by("?").values_list("pk", flat=True)[:most])
