"""Throttles of calls and of tokens: what a bucket lets through, and when there is enough again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import InsufficientTokens, LimitReached, Throttled
from usage.models import Bucket, Denial
from usage.queries.policies import Scope
from usage.rules.enrolment import Enrolment
from usage.services import policies, terms
from usage.tests.laddered import (
    NOON,
    SECOND,
    SPRING,
    a_spender,
    block,
    calls,
    judged,
    level,
    tokens,
)
from usage.tests.made import AUTHOR, DAY, Shop, a_grant
from wallets.models import Account, TokenUnit


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def pay_by(account: Account, rate_table: str) -> None:
    terms.enrol(reference=account.reference, asked=Enrolment(rate_table=rate_table), author=AUTHOR, now=NOON)


class TestThrottleOfCalls:
    def test_lets_a_minutes_allowance_through_at_once_and_then_one_as_each_is_refilled(
        self, shop: Shop
    ) -> None:
        acme = a_spender(shop, block(throttle=(calls(3),)))
        for _ in range(3):
            shop.debit(acme, "1", now=NOON)

        with pytest.raises(Throttled) as refused:
            shop.debit(acme, "1", now=NOON + 20 * SECOND - timedelta(microseconds=1))
        done = shop.debit(acme, "1", now=NOON + 20 * SECOND)

        assert refused.value.extras["retry_after"] == 1
        assert refused.value.extras["available"] == "0"
        assert refused.value.extras["throttle"] == "calls_per_minute"
        assert done.tokens == 1
        assert level(acme) == 0

    def test_says_when_to_come_again(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(3),)))
        for _ in range(3):
            shop.debit(acme, "1", now=NOON)

        with pytest.raises(Throttled) as refused:
            shop.debit(acme, "1", now=NOON)

        assert refused.value.extras["retry_after"] == 20
        assert Denial.objects.get(account=acme).reason == "throttled"

    def test_is_never_fuller_than_a_minutes_allowance(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(2),)))
        shop.debit(acme, "1", now=NOON)

        for _ in range(2):
            shop.debit(acme, "1", now=NOON + DAY)

        with pytest.raises(Throttled):
            shop.debit(acme, "1", now=NOON + DAY)

    def test_takes_nothing_for_replays_refusals_and_quotes(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(2),)))
        shop.debit(acme, "1", key="one", now=NOON)

        again = shop.debit(acme, "1", key="one", now=NOON)
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1000", now=NOON)

        assert again.is_replay
        assert level(acme) == 1

    def test_holds_from_its_share_on(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(1, start=90),)))
        for _ in range(9):
            shop.debit(acme, "10", now=NOON)

        shop.debit(acme, "1", now=NOON)

        with pytest.raises(Throttled):
            shop.debit(acme, "1", now=NOON)
        assert [each.get("buckets") is not None for each in judged(acme)] == [False] * 9 + [True]

    def test_begins_where_the_share_is_just_reached(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(1, start=90),)))
        shop.debit(acme, "89.999999", now=NOON)

        shop.debit(acme, "0.000001", now=NOON)
        assert not Bucket.objects.filter(account=acme).exists()

        shop.debit(acme, "1", now=NOON)
        assert level(acme) == 0

    def test_all_of_them_hold_and_the_longest_wait_is_told(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(60), calls(1, start=50))))
        shop.debit(acme, "50", now=NOON)
        shop.debit(acme, "1", now=NOON)

        with pytest.raises(Throttled) as refused:
            shop.debit(acme, "1", now=NOON)

        assert (refused.value.extras["from"], refused.value.extras["retry_after"]) == (50, 60)


class TestThrottleOfTokens:
    def test_lets_through_to_the_millionth(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(tokens("60"),)))

        shop.debit(acme, "59.999999", now=NOON)
        with pytest.raises(Throttled) as refused:
            shop.debit(acme, "0.000002", now=NOON)
        shop.debit(acme, "0.000001", now=NOON)

        assert refused.value.extras["available"] == "0.000001"
        assert refused.value.extras["retry_after"] == 1
        assert level(acme) == 0

    def test_refuses_for_good_what_it_can_never_hold(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(tokens("60"),)))

        with pytest.raises(LimitReached) as refused:
            shop.debit(acme, "60.000001", now=NOON)

        assert refused.value.extras["throttle"] == "tokens_per_minute"
        assert (refused.value.extras["limit"], refused.value.extras["required"]) == ("60.000000", "60.000001")
        assert "retry_after" not in refused.value.extras
        assert shop.debit(acme, "60", now=NOON).tokens == 60

    def test_refills_exactly(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(tokens("7"),)))
        shop.debit(acme, "7", now=NOON)
        third = timedelta(microseconds=8_571_429)  # a seventh of a minute is 8,571,428.57… µs

        with pytest.raises(Throttled):
            shop.debit(acme, "1", now=NOON + third - timedelta(microseconds=1))
        shop.debit(acme, "1", now=NOON + third)

        assert 0 < level(acme) < Decimal("0.000001")


class TestTwoTokenUnits:
    @pytest.mark.parametrize("is_shared", [False, True])
    def test_have_a_bucket_of_tokens_each_and_one_of_calls_together(
        self, shop: Shop, is_shared: bool
    ) -> None:
        policy = block(throttle=(calls(3), tokens("60")))
        acme = a_spender(shop, None if is_shared else policy)
        if is_shared:
            policies.share(scope=Scope(product=shop.product), policy=policy, author=AUTHOR, now=SPRING)
        TokenUnit.objects.create(code="GEM", name="Gems")
        gems = shop.a_table(token="GEM", since=SPRING)
        a_grant(acme, "100", token="GEM", now=SPRING)
        shop.debit(acme, "60", now=NOON)

        pay_by(acme, gems.code)
        in_gems = shop.debit(acme, "59", now=NOON)
        with pytest.raises(Throttled) as of_tokens:
            shop.debit(acme, "2", now=NOON)
        shop.debit(acme, "1", now=NOON)
        with pytest.raises(Throttled) as of_calls:
            shop.debit(acme, "0.000001", now=NOON)

        assert in_gems.tokens == 59
        assert of_tokens.value.extras["throttle"] == "tokens_per_minute"
        assert of_tokens.value.extras["available"] == "1.000000"
        assert of_calls.value.extras["retry_after"] == 20
        levels = {each.code.rpartition(":")[2]: each.level for each in Bucket.objects.filter(account=acme)}
        assert levels == {"0": 0, "AIT": 0, "GEM": 0}
