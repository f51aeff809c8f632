"""Policies that accounts share: which one rules, what several of them come to, and that every process sees a change."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from config.kernel.errors import InsufficientTokens, InvalidRequest, LimitReached, Throttled
from pricing.errors import TableBusy
from pricing.models import Feature
from usage.models import Bucket, SharedPolicy
from usage.queries.policies import Scope, ruling_at
from usage.rules.policies import PolicyChoice
from usage.services import policies
from usage.tests.laddered import block, calls, floors, grace, judged, overage, set_policy, tokens
from usage.tests.made import AUTHOR, HOUR, Shop, an_account, clock
from wallets.models import Account, Wallet

SPRING = datetime(2026, 3, 2, tzinfo=UTC)
NOON = SPRING + 12 * HOUR
EVERYTHING = Scope()


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * 24 * HOUR)


def share(scope: Scope, policy: PolicyChoice | None, now: datetime | None = SPRING) -> bool:
    return policies.share(scope=scope, policy=policy, author=AUTHOR, now=now)


def of_feature(code: str) -> Scope:
    return Scope(feature=Feature.objects.get(code=code))


def is_refused(shop: Shop, account: Account, *features: str) -> bool:
    try:
        shop.debit(account, *(["1"] * max(len(features), 1)), features=features, now=NOON)
    except InsufficientTokens:
        return True
    return False


class TestTheNearest:
    def test_rules_account_feature_product_table_deployment(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        table, product, feature = Scope(table=shop.table), Scope(product=shop.product), of_feature(shop.chat)
        told = [is_refused(shop, acme)]

        for scope, policy in (
            (EVERYTHING, overage()),
            (table, block()),
            (product, overage()),
            (feature, block()),
        ):
            share(scope, policy)
            told.append(is_refused(shop, acme))
        set_policy(acme, overage(), SPRING)
        told.append(is_refused(shop, acme))

        assert told == [True, False, True, False, True, False]

    def test_is_the_next_one_where_a_policy_ends(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING, policy=overage())
        share(EVERYTHING, overage())
        share(of_feature(shop.chat), block())
        set_policy(acme, None, SPRING)
        assert is_refused(shop, acme)

        share(of_feature(shop.chat), None)

        assert not is_refused(shop, acme)

    def test_does_not_rule_an_account_that_was_given_a_block(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING, policy=block())
        share(EVERYTHING, overage())

        assert is_refused(shop, acme)
        assert ruling_at(acme.pk, NOON).policy == block()

    def test_is_told_with_whose_it_is(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        share(EVERYTHING, overage("5"))
        share(Scope(table=shop.table), overage("7"), SPRING + HOUR)

        assert (ruling_at(acme.pk, SPRING).scope, ruling_at(acme.pk, SPRING).policy) == (
            "deployment",
            overage("5"),
        )
        assert ruling_at(acme.pk, NOON).scope == f"rate table {shop.table.code}"


class TestSeveralItems:
    def test_are_ruled_by_the_strictest_of_their_policies(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        share(of_feature(shop.chat), overage("10"))
        share(of_feature(shop.image), overage("3"))

        shop.debit(acme, "2", "1", features=(shop.chat, shop.image), now=NOON)
        with pytest.raises(InsufficientTokens) as refused:
            shop.debit(acme, "0.5", "0.000001", features=(shop.chat, shop.image), now=NOON)
        shop.debit(acme, "7", features=(shop.chat,), now=NOON)

        assert refused.value.extras["policy"] == f"feature {shop.image}"
        assert floors(acme) == [-3, -3, -10]

    def test_are_blocked_where_no_policy_rules_one_of_them(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        share(of_feature(shop.chat), overage())

        assert [is_refused(shop, acme, shop.chat), is_refused(shop, acme, shop.chat, shop.image)] == [
            False,
            True,
        ]

    def test_take_of_every_bucket(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        share(of_feature(shop.chat), overage(throttle=(calls(1),)))
        share(of_feature(shop.image), overage(throttle=(tokens("50"),)))

        shop.debit(acme, "20", "20", features=(shop.chat, shop.image), now=NOON)
        with pytest.raises(Throttled) as refused:
            shop.debit(acme, "1", now=NOON)
        with pytest.raises(LimitReached):
            shop.debit(acme, "51", features=(shop.image,), now=NOON)

        assert refused.value.extras["policy"] == f"feature {shop.chat}"
        assert Bucket.objects.filter(account=acme).count() == 2


class TestShare:
    def test_keeps_a_bucket_to_each_account(self, shop: Shop) -> None:
        accounts = [shop.an_account(SPRING) for _ in range(2)]
        share(EVERYTHING, overage(throttle=(calls(1),)))

        for account in accounts:
            shop.debit(account, "1", now=NOON)

        with pytest.raises(Throttled):
            shop.debit(accounts[0], "1", now=NOON)

    def test_leaves_the_floor_of_wallets_to_their_accounts(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        share(EVERYTHING, overage("5", grace=grace("3")))

        shop.debit(acme, "2", now=NOON)

        assert Wallet.objects.get(account=acme).floor == 0
        assert floors(acme) == [-3]
        assert judged(acme)[0]["policies"] == [f"shared:{SharedPolicy.objects.latest('pk').pk}"]

    def test_of_what_holds_already_changes_nothing(self, shop: Shop) -> None:
        ladder = overage("5", notify=(50,), throttle=(calls(3, 90),), grace=grace("2", HOUR))

        assert [share(EVERYTHING, ladder), share(EVERYTHING, ladder), share(EVERYTHING, None)] == [
            True,
            False,
            True,
        ]
        assert not share(EVERYTHING, None)

    def test_refuses_what_no_policy_can_be(self, shop: Shop) -> None:
        with pytest.raises(InvalidRequest) as refused:
            share(EVERYTHING, block(0, 101, 50, 50))

        assert [fault.pointer for fault in refused.value.errors] == [
            "/policy/notify/0",
            "/policy/notify/1",
            "/policy/notify/3",
        ]
        assert not SharedPolicy.objects.exists()

    def test_holds_for_a_rate_table_that_comes_later(self, shop: Shop) -> None:
        share(EVERYTHING, overage())
        later = an_account(SPRING, rate_table=shop.a_table(since=SPRING).code)

        assert shop.debit(later, "1", now=NOON).outcome == "overage"


@pytest.mark.committed
class TestEveryProcess:
    """Committed policies stay, so these are of a table of their own."""

    def test_sees_a_change_with_its_next_debit(self, services: Any) -> None:
        shop = Shop()
        account = shop.an_account()
        scope = Scope(table=shop.table)
        share(scope, overage(), None)
        asked = {
            "account": account.reference,
            "product": shop.product.pk,
            "api_key": shop.key.pk,
            "feature": shop.chat,
        }
        command = [sys.executable, "-m", "usage.tests.debiting_process", json.dumps(asked)]
        pipes = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "text": True,
            "env": services.environment,
        }
        processes: list[Any] = [subprocess.Popen(command, **pipes) for _ in range(3)]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
        changes = []
        for turn in range(30):
            began_at = time.monotonic()
            share(scope, overage() if turn % 2 else block(), None)
            changes.append((began_at, time.monotonic(), "1" if turn % 2 else "insufficient_tokens"))
            time.sleep(0.02)
        answered = [line for process in processes for line in json.loads(process.communicate("\n")[0])]
        debits = [line for line in answered if line[2] != "unavailable"]  # the same key would be sent again

        told = {answer.partition(".")[0] for _, _, answer in debits}
        assert told == {"1", "insufficient_tokens"}
        for called_at, answered_at, answer in debits:
            before = [answer for _, answered, answer in changes if answered < called_at]
            under_way = [
                answer for began, answered, answer in changes if began < answered_at and answered >= called_at
            ]
            assert answer.partition(".")[0] in {*under_way, before[-1] if before else "1"}

    def test_waits_for_debits_under_way_and_gives_up_after_a_second(self) -> None:
        shop = Shop()
        held, told = [], []

        def change() -> None:
            try:
                share(Scope(table=shop.table), overage(), None)
            except TableBusy as refusal:
                told.append(refusal)
            finally:
                connection.close()

        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock_shared(7101, %s)", [shop.table.pk])
            held.append(clock())
            thread = Thread(target=change)
            thread.start()
            thread.join()
            cursor.execute("ROLLBACK")

        assert len(told) == 1
        assert not SharedPolicy.objects.filter(table=shop.table).exists()
