"""The ladder of an account's own policy: what is told, given as grace, capped and blocked, to the millionth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import InsufficientTokens
from usage.models import Bucket, Debit
from usage.rules.policies import PolicyChoice
from usage.services import granting, observing, reversing
from usage.tests.laddered import (
    NOON,
    SECOND,
    SPRING,
    a_spender,
    block,
    calls,
    crossed,
    floors,
    grace,
    graces,
    judged,
    kinds,
    money,
    overage,
    set_policy,
)
from usage.tests.made import DAY, HOUR, Shop, a_call, a_grant, a_reversal
from wallets.models import Wallet


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestThresholds:
    def test_are_told_by_the_debit_that_reaches_them_to_the_millionth(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50, 80))

        told = [
            shop.debit(acme, each, now=NOON).notices for each in ("49.999999", "0.000001", "29", "1", "20")
        ]

        assert told == [(), ("threshold:50",), (), ("threshold:80",), ()]

    def test_are_told_together_where_one_debit_passes_several(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50, 80))

        assert shop.debit(acme, "90", now=NOON).notices == ("threshold:50", "threshold:80")
        assert crossed(acme) == [("balance.threshold", "threshold:50"), ("balance.threshold", "threshold:80")]

    def test_are_told_once_until_the_next_grant_and_then_of_what_is_available_then(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50))
        shop.debit(acme, "60", now=NOON)
        reversing.reverse(a_reversal(shop.debit(acme, "30", now=NOON), now=NOON))
        again = shop.debit(acme, "20", now=NOON)
        a_grant(acme, "20", now=NOON)

        half = shop.debit(acme, "19.999999", now=NOON)
        more = shop.debit(acme, "0.000001", now=NOON)

        assert (again.notices, half.notices, more.notices) == ((), (), ("threshold:50",))

    def test_go_by_what_is_left_after_a_purchase_repaid_overage(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(notify=(50,)), has="0")
        shop.debit(acme, "60", now=NOON)
        a_grant(acme, "100", kind="purchase", now=NOON)

        told = [shop.debit(acme, each, now=NOON).notices for each in ("19.999999", "0.000001")]

        assert told == [(), ("threshold:50",)]

    def test_are_told_by_a_debit_that_finds_tokens_expired(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50), has="0")
        a_grant(acme, "60", now=SPRING, expires_at=NOON)
        a_grant(acme, "40", now=SPRING)

        assert shop.debit(acme, "1", now=NOON).notices == ("threshold:50",)

    def test_go_by_what_was_there_when_the_grant_started_whenever_that_is_settled(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50), has="60")
        a_grant(acme, "100", now=SPRING, effective_at=NOON, expires_at=NOON + HOUR)

        assert shop.debit(acme, "1", now=NOON + 2 * HOUR).notices == ("threshold:50",)

    def test_do_not_begin_anew_with_a_grant_that_was_voided_before_its_start(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50), has="100")
        shop.debit(acme, "60", now=NOON)
        coming = a_grant(acme, "500", now=NOON, effective_at=NOON + HOUR)
        granting.void(grant_id=coming.pk, reason="", call=a_call(now=NOON))

        assert shop.debit(acme, "30", now=NOON + 2 * HOUR).notices == ()

    def test_are_not_told_where_no_grant_has_come_into_force(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(notify=(50,)), has="0")

        assert shop.debit(acme, "1", now=NOON).notices == ("overage",)
        assert kinds(acme) == ["overage.started"]


class TestGrace:
    def test_of_an_amount_lets_that_much_beyond_zero_and_not_a_millionth_more(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("10")))
        shop.debit(acme, "100", now=NOON)

        first = shop.debit(acme, "9.999999", now=NOON)
        with pytest.raises(InsufficientTokens) as refused:
            shop.debit(acme, "0.000002", now=NOON)
        last = shop.debit(acme, "0.000001", now=NOON)

        assert (first.notices, last.notices) == (("grace", "overage"), ("grace", "overage"))
        assert (refused.value.extras["shortfall"], refused.value.extras["cap"]) == ("0.000001", "grace")
        assert kinds(acme) == ["balance.depleted", "overage.started", "grace.started", "grace.ended"]
        assert floors(acme) == [None, -10, -10]

    def test_of_a_time_ends_with_it(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=3 * DAY)), has="0")
        shop.debit(acme, "1", now=NOON)

        shop.debit(acme, "1000", now=NOON + 3 * DAY - timedelta(microseconds=1))
        with pytest.raises(InsufficientTokens) as refused:
            shop.debit(acme, "0.000001", now=NOON + 3 * DAY)

        assert refused.value.extras["grace_ends_at"] == "2026-03-05T12:00:00+00:00"
        assert refused.value.extras["floor"] == "0.000000"

    def test_whose_time_is_over_is_noted_once_by_a_job(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=3 * DAY)), has="0")
        shop.debit(acme, "1", now=NOON)

        observing.observe_due(NOON + 3 * DAY - SECOND)
        assert kinds(acme) == ["overage.started", "grace.started"]
        for days in (3, 4):
            observing.observe_due(NOON + days * DAY)

        assert kinds(acme) == ["overage.started", "grace.started", "grace.ended"]
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("term", NOON + 3 * DAY)]

    def test_ends_with_the_overage_and_a_second_one_needs_a_purchase(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("10")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, "5", kind="adjustment", now=NOON)
        assert kinds(acme) == ["overage.started", "grace.started", "grace.ended"]

        with pytest.raises(InsufficientTokens) as refused:
            shop.debit(acme, "1", now=NOON)
        a_grant(acme, "20", kind="purchase", now=NOON)
        done = shop.debit(acme, "30", now=NOON)

        assert refused.value.extras["cap"] == "grace"
        assert done.notices == ("grace", "overage")
        assert [each.ended_by for each in graces(acme)] == ["zero", "amount"]

    def test_that_used_up_its_amount_stays_over_when_some_is_given_back(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("10")), has="0")
        done = shop.debit(acme, "10", now=NOON)
        reversing.reverse(a_reversal(done, "4", now=NOON))

        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1", now=NOON)

    def test_goes_on_under_a_policy_that_grants_more(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("10", HOUR)), has="0")
        shop.debit(acme, "10", now=NOON)

        set_policy(acme, block(grace=grace("20", DAY)), NOON)

        assert shop.debit(acme, "10", now=NOON + 2 * HOUR).notices == ("grace", "overage")

    def test_lets_what_grants_pay_through_when_it_is_over(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, "10", kind="promo", now=NOON)

        assert shop.debit(acme, "10", now=NOON + DAY).outcome == "charged"


class TestCaps:
    @pytest.mark.parametrize(
        ("policy", "limit", "cap"),
        [
            (overage("20", notify=(99,)), "20", "limit"),
            (overage(limit_percent=Decimal(20)), "20", "limit_percent"),
            (overage(limit_money=money("1", "0.03")), "33.333333", "limit_money"),
            (
                overage("30", limit_percent=Decimal("12.3456789"), limit_money=money("1", "0.01")),
                "12.345678",
                "limit_percent",
            ),
        ],
    )
    def test_let_so_much_overage_through_and_not_a_millionth_more(
        self, shop: Shop, policy: PolicyChoice, limit: str, cap: str
    ) -> None:
        acme = a_spender(shop, policy, kind="purchase")
        shop.debit(acme, "100", now=NOON)
        shop.debit(acme, str(Decimal(limit) - Decimal("0.000001")), now=NOON)

        with pytest.raises(InsufficientTokens) as refused:
            shop.debit(acme, "0.000002", now=NOON)
        shop.debit(acme, "0.000001", now=NOON)

        assert (refused.value.extras["cap"], refused.value.extras["policy"]) == (cap, "account")
        assert kinds(acme)[-2:] == ["overage.started", "limit.reached"]
        assert set(floors(acme)) == {-Decimal(limit)}
        assert Wallet.objects.get(account=acme).overage == Decimal(limit)

    def test_of_a_purchase_are_of_the_last_one_and_of_nothing_without_any(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(limit_percent=Decimal(50)), has="100")
        shop.debit(acme, "100", now=NOON)
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "0.000001", now=NOON)

        a_grant(acme, "10", kind="purchase", now=NOON)
        shop.debit(acme, "15", now=NOON)
        a_grant(acme, "4", kind="purchase", now=NOON)

        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1.000001", now=NOON)
        shop.debit(acme, "1", now=NOON)

    def test_of_a_purchase_are_of_none_that_was_voided_before_its_start(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(limit_percent=Decimal(50)), has="10", kind="purchase")
        shop.debit(acme, "10", now=NOON)
        coming = a_grant(acme, "1000", kind="purchase", now=NOON, effective_at=NOON + HOUR)
        granting.void(grant_id=coming.pk, reason="", call=a_call(now=NOON))

        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "5.000001", now=NOON + 2 * HOUR)
        shop.debit(acme, "5", now=NOON + 2 * HOUR)

    def test_unlimited_overage_goes_on(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(notify=(80,)), has="1")

        assert shop.debit(acme, "1000000", now=NOON).notices == ("threshold:80", "overage")


class TestPlainPolicy:
    def test_notes_what_changes_and_is_judged_without_a_ladder(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("5"), has="10")

        for each in ("9", "1", "2", "3"):
            shop.debit(acme, each, now=NOON)

        assert kinds(acme) == ["balance.depleted", "overage.started", "limit.reached"]
        assert judged(acme) == []


class TestRefusals:
    def test_leave_a_denial_and_nothing_else(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50, throttle=(calls(1),), grace=grace("1")), has="1")
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "3", now=NOON)

        assert (crossed(acme), judged(acme), list(graces(acme))) == ([], [], [])
        assert not Bucket.objects.filter(account=acme).exists()
        assert not Debit.objects.filter(account=acme).exists()

    def test_for_want_of_tokens_come_before_throttles(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(1),)), has="1")
        shop.debit(acme, "1", now=NOON)

        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1", now=NOON)
