"""Holds under a ladder of policies: judged when they are made, told of when they are captured."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config.kernel.errors import InsufficientTokens, LimitReached, Throttled
from usage.models import HoldRequest
from usage.services import observing
from usage.tests.held import a_hold, capture, denials, release, written
from usage.tests.laddered import (
    MINUTE,
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
    kinds,
    level,
    overage,
    set_policy,
    tokens,
)
from usage.tests.made import DAY, HOUR, Shop, a_grant


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestThrottles:
    def test_let_a_hold_through_as_a_debit_and_its_captures_freely(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(2),)))
        first = a_hold(shop, acme, "5", now=NOON)
        a_hold(shop, acme, "5", now=NOON)
        before = written(acme)

        with pytest.raises(Throttled) as refused:
            a_hold(shop, acme, "5", now=NOON)
        capture(shop, first, "1", is_final=False, now=NOON)
        capture(shop, first, "1", now=NOON)

        assert refused.value.extras["retry_after"] == 30
        assert before["holds"][0]["held"] == 5
        assert level(acme) == 0
        assert [each[0] for each in denials(acme)] == ["throttled"]

    def test_take_the_estimate_and_give_nothing_back(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(tokens("10"),)))

        release(shop, a_hold(shop, acme, "6", now=NOON), now=NOON)

        assert level(acme) == 4
        with pytest.raises(Throttled):
            a_hold(shop, acme, "4.000001", now=NOON)
        a_hold(shop, acme, "4", now=NOON)
        with pytest.raises(LimitReached):
            a_hold(shop, acme, "10.000001", now=NOON + MINUTE)

    def test_count_what_is_held_as_gone(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(1, start=80),)))

        kept = a_hold(shop, acme, "80", now=NOON)
        shop.debit(acme, "1", now=NOON)
        with pytest.raises(Throttled):
            shop.debit(acme, "1", now=NOON)
        release(shop, kept, now=NOON)

        shop.debit(acme, "1", now=NOON)


class TestThresholds:
    def test_are_told_by_the_capture(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50, 80))
        kept = a_hold(shop, acme, "90", now=NOON)
        at_its_making = crossed(acme)

        captured = capture(shop, kept, "60", now=NOON)

        assert at_its_making == []
        assert captured.debit is not None
        assert captured.debit.notices == ("threshold:50",)

    def test_are_not_told_of_what_was_held_and_came_back(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50))

        release(shop, a_hold(shop, acme, "90", now=NOON), now=NOON)

        assert shop.debit(acme, "1", now=NOON).notices == ()


class TestTheFloor:
    def test_is_kept_as_it_was_when_the_hold_was_made(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("20", notify=(50,)), has="10")
        kept = a_hold(shop, acme, "15", now=NOON)
        set_policy(acme, block(80), now=NOON + SECOND)

        captured = capture(shop, kept, "30", now=NOON + MINUTE)

        assert captured.debit is not None
        assert captured.debit.overage == 20
        assert set(floors(acme)) == {Decimal(-20)}
        assert captured.debit.notices == ("threshold:50", "overage")

    def test_is_reached_once_by_captures_and_passed_by_none(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("20", notify=(50,)), has="10")
        kept = a_hold(shop, acme, "15", now=NOON)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "30.000001", now=NOON)
        capture(shop, kept, "30", is_final=False, now=NOON)
        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "0.000001", now=NOON)

        assert refused.value.extras["shortfall"] == "0.000001"
        assert kinds(acme) == ["balance.depleted", "balance.threshold", "overage.started", "limit.reached"]

    def test_of_a_share_of_the_last_purchase_is_that_of_its_making(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(limit_percent=Decimal(10)), has="100", kind="purchase")
        kept = a_hold(shop, acme, "110", now=NOON)
        a_grant(acme, "1000", kind="purchase", now=NOON)

        assert HoldRequest.objects.get(pk=kept.id).floor == -10
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1100.000001", now=NOON)

    def test_leaves_the_room_that_holds_keep_to_them(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("20", notify=(50,)), has="10")
        kept = a_hold(shop, acme, "25", now=NOON)

        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "5.000001", now=NOON)
        shop.debit(acme, "5", now=NOON)
        captured = capture(shop, kept, "25", now=NOON)

        assert captured.debit is not None
        assert captured.debit.overage == 15


class TestGraces:
    def test_begin_with_the_first_token_that_is_captured_beyond_zero(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20", HOUR)), has="10", kind="purchase")
        kept = a_hold(shop, acme, "15", now=NOON)
        before = graces(acme)
        capture(shop, kept, "10", is_final=False, now=NOON + MINUTE)
        within = graces(acme)

        captured = capture(shop, kept, "5", now=NOON + 2 * MINUTE)

        assert (before, within) == ([], [])
        assert captured.debit is not None
        assert captured.debit.notices == ("grace", "overage")
        assert [(each.started_at, each.ends_at) for each in graces(acme)] == [
            (NOON + 2 * MINUTE, NOON + HOUR + 2 * MINUTE)
        ]

    def test_are_kept_by_a_hold_that_its_grants_pay(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20")), has="10", kind="purchase")
        kept = a_hold(shop, acme, "5", now=NOON)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "30.000001", now=NOON)
        captured = capture(shop, kept, "30", now=NOON)

        assert HoldRequest.objects.get(pk=kept.id).floor == -20
        assert refused.value.extras["shortfall"] == "0.000001"
        assert captured.debit is not None
        assert captured.debit.overage == 20
        assert [each.ended_by for each in graces(acme)] == ["amount"]

    def test_that_are_over_leave_a_hold_nothing_beyond_zero(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20")), has="10", kind="purchase")
        shop.debit(acme, "30", now=NOON)
        a_grant(acme, "25", now=NOON, kind="promo")
        kept = a_hold(shop, acme, "5", now=NOON)

        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "25.000001", now=NOON)

        assert HoldRequest.objects.get(pk=kept.id).floor == 0

    def test_end_by_their_amount_with_the_capture_that_reaches_it(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20")), has="10", kind="purchase")
        kept = a_hold(shop, acme, "15", now=NOON)

        capture(shop, kept, "30", now=NOON)

        assert [each.ended_by for each in graces(acme)] == ["amount"]
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "0.000001", now=NOON)

    def test_bind_the_captures_of_a_hold_that_grants_paid_when_it_was_made(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20", HOUR)), has="10", kind="purchase")
        kept = a_hold(shop, acme, "5", now=NOON)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "30.000001", now=NOON)
        captured = capture(shop, kept, "30", now=NOON)

        assert refused.value.extras["shortfall"] == "0.000001"
        assert captured.debit is not None
        assert (captured.debit.notices, captured.debit.overage) == (("grace", "overage"), 20)
        assert set(floors(acme)) == {Decimal(-20)}

    def test_that_are_over_when_a_hold_is_made_give_its_captures_nothing(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20", HOUR)), has="10", kind="purchase")
        shop.debit(acme, "11", now=NOON)
        a_grant(acme, "10", kind="promo", now=NOON)
        kept = a_hold(shop, acme, "5", now=NOON + 2 * HOUR)

        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "10.000001", now=NOON + 2 * HOUR)

        assert capture(shop, kept, "10", now=NOON + 2 * HOUR).state == "captured"

    def test_that_are_over_refuse_no_room_that_a_hold_keeps(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("20", HOUR)), has="10", kind="purchase")
        kept = a_hold(shop, acme, "15", now=NOON, expires_in=86_400)
        shop.debit(acme, "1", now=NOON)
        observing.observe_due(NOON + 2 * HOUR)

        captured = capture(shop, kept, "15", now=NOON + 2 * HOUR)

        assert captured.debit is not None
        assert captured.debit.overage == 5
        assert [each.ended_by for each in graces(acme)] == ["term"]
