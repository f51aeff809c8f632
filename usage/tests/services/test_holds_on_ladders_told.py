"""What is told of holds under a ladder: what ran out, how they were judged, and how large they may be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config.kernel.errors import LimitReached
from usage.models import HoldRequest, Judgement
from usage.queries.explanations import explain
from usage.services import observing
from usage.tests.held import a_hold, capture, denials, release
from usage.tests.laddered import (
    MINUTE,
    NOON,
    SECOND,
    SPRING,
    a_spender,
    block,
    calls,
    kinds,
    overage,
    set_policy,
)
from usage.tests.made import DAY, Shop, a_grant
from wallets.services import ledger, sweeping


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestDepletion:
    def test_is_noted_when_a_hold_takes_the_last_and_recovery_when_it_is_released(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="10")

        release(shop, a_hold(shop, acme, "10", now=NOON), now=NOON)

        assert kinds(acme) == ["balance.depleted", "balance.recovered"]

    def test_is_over_when_the_hold_expires(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="10")
        a_hold(shop, acme, "10", now=NOON, expires_in=60)

        sweeping.expire_holds_due(NOON + MINUTE)
        for minutes in (1, 2):
            observing.observe_due(NOON + minutes * MINUTE)

        assert kinds(acme) == ["balance.depleted", "balance.recovered"]

    def test_stands_where_what_came_back_lapsed(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="0")
        a_grant(acme, "10", now=SPRING, expires_at=NOON + SECOND)
        a_hold(shop, acme, "10", now=NOON, expires_in=60)
        ledger.settle(account_id=acme.pk, now=NOON + MINUTE)

        observing.observe_due(NOON + MINUTE)

        assert kinds(acme) == ["balance.depleted"]


class TestJudgements:
    def test_are_of_captures_by_the_ladder_of_the_hold(self, shop: Shop) -> None:
        acme = a_spender(shop, block(50, throttle=(calls(5),)))
        kept = a_hold(shop, acme, "10", now=NOON)
        set_policy(acme, block(), now=NOON + SECOND)

        captured = capture(shop, kept, "10", now=NOON + MINUTE)

        assert captured.debit is not None
        request = HoldRequest.objects.get(pk=kept.id)
        judgement = Judgement.objects.get(account=acme, debit_id=captured.debit.id)
        assert request.ladder["policies"] == judgement.figures["policies"]
        assert "buckets" in request.judged
        assert "buckets" not in judgement.figures

    def test_explain_a_capture_that_owes_more_than_its_ladder_lets_debits(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("20", notify=(50,)), has="0")
        kept = a_hold(shop, acme, "15", now=NOON)
        set_policy(acme, overage("100", notify=(50,)), now=NOON + SECOND)
        shop.debit(acme, "50", now=NOON + MINUTE)

        captured = capture(shop, kept, "15", now=NOON + MINUTE)

        assert captured.debit is not None
        steps = {step["step"]: step for step in explain(captured.debit.id)["steps"]}
        assert (steps["policy"]["limit"], steps["policy"]["overage_after"]) == ("20.000000", "65.000000")
        assert "kept that room" in steps["policy"]["text"]
        assert steps["policy"]["agrees"]

    def test_are_none_without_a_ladder(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("5"))

        capture(shop, a_hold(shop, acme, "10", now=NOON), "10", now=NOON)

        assert HoldRequest.objects.get(account=acme).ladder is None
        assert not Judgement.objects.filter(account=acme).exists()


class TestTheLimitOfAHold:
    def test_is_kept_to_the_millionth(self, shop: Shop) -> None:
        acme = a_spender(shop, block(hold_limit=Decimal(10)))

        with pytest.raises(LimitReached) as refused:
            a_hold(shop, acme, "6", "4.000001", now=NOON)
        a_hold(shop, acme, "6", "4", now=NOON)

        told = {name: refused.value.extras[name] for name in ("limit", "required", "available", "policy")}
        assert told == {
            "limit": "10.000000", "required": "10.000001", "available": "10.000000", "policy": "account"
        }  # fmt: skip
        assert [each[0] for each in denials(acme)] == ["limit_reached"]

    def test_is_of_holds_and_not_of_debits_nor_captures(self, shop: Shop) -> None:
        acme = a_spender(shop, block(hold_limit=Decimal(10)))

        shop.debit(acme, "20", now=NOON)
        captured = capture(shop, a_hold(shop, acme, "10", now=NOON), "30", now=NOON)

        assert captured.captured == 30

    def test_takes_from_no_bucket_where_it_refuses(self, shop: Shop) -> None:
        acme = a_spender(shop, block(hold_limit=Decimal(10), throttle=(calls(1),)))

        with pytest.raises(LimitReached):
            a_hold(shop, acme, "11", now=NOON)

        a_hold(shop, acme, "10", now=NOON)
