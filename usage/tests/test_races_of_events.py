"""Usage events that race: the same one at once, drainers beside each other, killed, and against debits."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection

from config.embedded.pytest_databases import TestServices
from config.kernel.errors import InsufficientTokens
from config.tests import sources
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.models import Claim, Debit, Event, EventIdentity, Reversal
from usage.queries.backfills import progress
from usage.rules.events import SentEvent
from usage.services import backfilling, metering, rating
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, clock
from usage.tests.racing import an_order, at_once, prove, receipts, refusals
from usage.tests.reported import an_event, debit_of, rate, reason_of, report, the_event
from wallets.models import Account, Wallet

pytestmark = pytest.mark.committed


@pytest.fixture
def shop() -> Shop:
    return Shop()


def in_order(account: Account) -> list[Any]:
    """When the usage of each debit occurred, in the order of the ledger."""
    debits = Debit.objects.filter(account=account).order_by("recorded_at", "id")
    return list(debits.values_list("occurred_at", flat=True))


def scattered(shop: Shop, accounts: Sequence[Account], each: int) -> list[SentEvent]:
    """Events of one token each, of several accounts, at times in no order."""
    now = clock()
    moments = [now - timedelta(minutes=n) for n in range(each)]
    sent = [an_event(shop, account, "1", at=moment) for account in accounts for moment in moments]
    random.Random(7).shuffle(sent)
    return sent


def booked_once(sent: Sequence[SentEvent]) -> bool:
    events = Event.objects.filter(sent_id__in=[each.sent_id for each in sent])
    keys = [f"event {pk}" for pk in events.values_list("pk", flat=True)]
    claims = Claim.objects.filter(key__in=keys).values_list("key", flat=True)
    debits = Debit.objects.filter(key__in=keys).values_list("key", flat=True)
    return sorted(claims) == sorted(debits) == sorted(keys) and len(keys) == len(sent)


class TestTheSameEvent:
    def test_sent_twenty_times_at_once_is_taken_and_booked_once(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        sent = an_event(shop, account, "10")

        answers = at_once([partial(report, shop, sent) for _ in range(20)])

        assert sorted((each.accepted, each.duplicates) for each in answers) == [(0, 1)] * 19 + [(1, 0)]
        assert EventIdentity.objects.filter(sent_id=sent.sent_id).count() == 1
        rate()
        assert booked_once([sent])
        assert prove(account).overage == 10

    def test_in_batches_of_other_orders_blocks_nobody(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(3)]
        sent = scattered(shop, accounts, 30)
        orders = [random.Random(n).sample(sent, len(sent)) for n in range(12)]

        answers = at_once([partial(report, shop, *order) for order in orders])

        assert [each for each in answers if isinstance(each, Exception)] == []
        assert sum(each.accepted for each in answers) == 90
        assert sum(each.duplicates for each in answers) == 11 * 90
        rate()
        assert booked_once(sent)

    def test_with_other_content_at_once_is_one_of_the_two(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        one, other = (an_event(shop, account, quantity, sent_id=f"same-{account.pk}") for quantity in "12")

        answers = at_once([partial(report, shop, each) for each in [one, other] * 10])

        assert sum(each.accepted for each in answers) == 1
        assert sum(each.duplicates for each in answers) == 9
        assert sum(len(each.rejected) for each in answers) == 10


class TestDrainers:
    def test_beside_each_other_book_each_event_once_and_in_its_order(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(6)]
        sent = scattered(shop, accounts, 60)
        report(shop, *sent)

        at_once([partial(rating.work, 30) for _ in range(4)])

        rate()
        assert booked_once(sent)
        for account in accounts:
            assert in_order(account) == sorted(in_order(account))
            assert prove(account).overage == 60

    def test_are_threads_of_one_worker_as_well(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(6)]
        sent = scattered(shop, accounts, 60)
        report(shop, *sent)

        assert rating.work_together(60, 3) is False

        assert booked_once(sent)
        for account in accounts:
            assert in_order(account) == sorted(in_order(account))

    def test_killed_midway_leave_the_rest_to_the_next(self, shop: Shop, services: TestServices) -> None:
        account = shop.an_account(policy=UNLIMITED)
        sent = scattered(shop, [account], 400)
        report(shop, *sent)
        command = [sys.executable, "-m", "usage.tests.rating_process"]
        kills_midway = 0

        for booked_before in (0, 60, 120):
            drainer = subprocess.Popen(
                command, env=services.environment, cwd=sources.root(), stdout=subprocess.PIPE
            )
            assert drainer.stdout is not None
            assert drainer.stdout.readline() == b"ready\n"
            while Debit.objects.filter(account=account).count() <= booked_before and drainer.poll() is None:
                pass
            drainer.kill()
            drainer.wait()
            kills_midway += 0 < Debit.objects.filter(account=account).count() < 400

        assert kills_midway == 3
        rate()
        assert booked_once(sent)
        assert in_order(account) == sorted(in_order(account))
        assert prove(account).overage == 400

    def test_beside_debits_of_one_account_charge_exactly_both(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "150", effective_at=clock() - DAY)
        sent = scattered(shop, [account], 100)
        report(shop, *sent)
        debits = [partial(metering.charge, an_order(shop, account)) for _ in range(100)]
        drainers = [partial(rating.work, 30) for _ in range(3)]

        answers = at_once([*debits[:40], *drainers, *debits[40:]], callers=16)

        rate()
        assert booked_once(sent)
        charged, refused = len(receipts(answers)), refusals(answers[:40] + answers[43:], InsufficientTokens)
        assert charged + refused == 100
        wallet = prove(account)
        assert Debit.objects.filter(account=account).count() == 100 + charged
        assert wallet.balance == 150 - 100 - charged

    def test_wait_for_no_account_that_is_locked(self, shop: Shop) -> None:
        held, free = shop.an_account(policy=UNLIMITED), shop.an_account(policy=UNLIMITED)
        sent = [an_event(shop, each, "1") for each in (held, free, held, free)]
        report(shop, *sent)

        beside = connection.copy()
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            cursor.execute("SELECT FROM wallets_account WHERE id = %s FOR UPDATE", [held.pk])
            rate()
        beside.rollback()
        beside.close()

        assert [reason_of(each) for each in sent] == ["", None, "", None]
        rate()
        assert booked_once(sent)

    def test_set_one_aside_that_comes_to_too_much_and_book_its_neighbours(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        dear = Shop()
        draft = drafting.open_draft(table=dear.table)
        drafting.replace_rates(draft=draft, rows=[RateRow(dear.chat, Decimal(10) ** 12)], revision=None)
        publishing.publish(version=draft)
        rich = dear.an_account(policy=UNLIMITED)
        heavy = an_event(dear, rich, "9" * 18)
        light = an_event(dear, rich, "1")
        others = [an_event(shop, account, "1") for _ in range(20)]
        report(shop, *others[:10])
        report(dear, heavy, light)
        report(shop, *others[10:])

        rate()

        assert reason_of(heavy) == "out_of_range"
        assert debit_of(light).tokens == Decimal(10) ** 12
        assert booked_once(others)

    def test_price_by_what_is_published_while_they_work(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        report(shop, an_event(shop, account, "1"))
        rate()  # this process knows the prices now, and learns of the next ones by their epoch alone
        draft = drafting.open_draft(table=shop.table)
        drafting.replace_rates(draft=draft, rows=[RateRow(shop.chat, Decimal(3))], revision=None)
        publishing.publish(version=draft)
        later = [an_event(shop, account, "1") for _ in range(3)]
        report(shop, *later)

        rate()

        assert [debit_of(each).tokens for each in later] == [3, 3, 3]

    def test_book_nothing_behind_the_back_of_a_backfill_that_is_taken_back(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(4)]
        sent = scattered(shop, accounts, 50)
        backfill = backfilling.open_backfill(reason="The meter was cut off.", by="mina")
        backfilling.take_events(
            backfill=backfill, events=sent, product_id=shop.product.pk, api_key_id=shop.key.pk
        )
        backfilling.approve(backfill=backfill, by="tom")

        def take_back() -> None:
            backfilling.revert(backfill=backfill, by="tom", reason="Wrong.")
            while backfilling.work_on_reverts(60):
                pass

        at_once([partial(rating.work, 30), take_back, partial(rating.work, 30)])

        rate()
        assert progress(backfill.pk).booked == progress(backfill.pk).returned
        for account in accounts:
            debits = Debit.objects.filter(account=account)
            assert debits.count() == Reversal.objects.filter(account=account).count()
            assert not debits or prove(account).balance == 0

    def test_make_the_wallet_of_an_account_that_has_none(self, shop: Shop) -> None:
        account = shop.an_account()
        sent = an_event(shop, account, "2")
        report(shop, sent)

        rate()

        assert the_event(sent).account == account.reference
        assert Wallet.objects.get(account=account).overage == 2
