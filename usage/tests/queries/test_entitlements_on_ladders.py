"""What accounts may use under a ladder of policies: what a debit would answer, to the millionth."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pricing.models import Feature
from usage.queries.entitlements import entitlements
from usage.queries.feature_cards import cards_named
from usage.queries.policies import Scope
from usage.rules.enrolment import Enrolment
from usage.rules.policies import PolicyChoice
from usage.services import granting, policies, terms
from usage.tests.held import a_hold
from usage.tests.laddered import (
    NOON,
    SECOND,
    SPRING,
    a_spender,
    block,
    calls,
    grace,
    money,
    overage,
    tokens,
)
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_call, a_grant
from wallets.models import Account, TokenUnit


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def share(policy: PolicyChoice, scope: Scope) -> None:
    policies.share(scope=scope, policy=policy, author=AUTHOR, now=SPRING)


def word(shop: Shop, account: Account, quantity: str = "1", now: datetime = NOON, feature: str = "") -> str:
    """The reason, whether it is of what pays or of a refusal."""
    cards = cards_named([feature or shop.chat])
    found = entitlements([account.reference], cards, quantity=Decimal(quantity), now=now)
    return found[account.reference].entitlements[0].reason


class TestCaps:
    @pytest.mark.parametrize(
        ("policy", "limit"),
        [
            (overage("20", notify=(50,)), "20"),
            (overage(limit_percent=Decimal("12.3456789")), "12.345678"),
            (overage("30", limit_money=money("1", "0.03")), "30"),
            (block(grace=grace("7")), "7"),
        ],
    )
    def test_let_that_much_overage_through(self, shop: Shop, policy: PolicyChoice, limit: str) -> None:
        acme = a_spender(shop, policy, kind="purchase")
        most = 100 + Decimal(limit)

        assert word(shop, acme, str(most)) == "overage"
        assert word(shop, acme, str(most + Decimal("0.000001"))) == "insufficient_tokens"

    def test_are_of_the_nearest_policy_that_accounts_share(self, shop: Shop) -> None:
        acme = a_spender(shop, None, has="0")
        share(overage(), Scope(product=shop.product))
        share(block(50), Scope(feature=Feature.objects.get(code=shop.image)))

        assert word(shop, acme) == "overage"
        assert word(shop, acme, feature=shop.image) == "insufficient_tokens"

    def test_leave_the_room_that_holds_keep(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("20", notify=(50,)), has="0")
        a_hold(shop, acme, "15", now=NOON)

        assert [word(shop, acme, each) for each in ("5", "5.000001")] == ["overage", "insufficient_tokens"]

    def test_of_a_purchase_count_one_that_has_started_since_and_none_that_was_voided(
        self, shop: Shop
    ) -> None:
        acme = a_spender(shop, overage(limit_percent=Decimal(50)), has="0")
        a_grant(acme, "10", kind="purchase", now=SPRING, effective_at=NOON)
        void = a_grant(acme, "1000", kind="purchase", now=SPRING, effective_at=NOON + HOUR)
        granting.void(grant_id=void.pk, reason="", call=a_call(now=SPRING))
        now = NOON + 2 * HOUR

        assert [word(shop, acme, each, now) for each in ("15", "15.000001")] == [
            "overage",
            "insufficient_tokens",
        ]


class TestGraces:
    def test_are_over_at_their_end_and_given_once_a_purchase(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="0")
        shop.debit(acme, "5", now=NOON)
        ends = NOON + HOUR
        within = [word(shop, acme, now=each) for each in (ends - timedelta(microseconds=1), ends)]
        a_grant(acme, "5", kind="adjustment", now=ends)
        after = word(shop, acme, now=ends)
        a_grant(acme, "1", kind="purchase", now=ends, effective_at=ends + SECOND)

        assert within == ["overage", "insufficient_tokens"]
        assert after == "insufficient_tokens"
        assert word(shop, acme, "2", now=ends + SECOND) == "overage"

    def test_stay_used_up(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("10")), has="0")
        shop.debit(acme, "10", now=NOON)

        assert word(shop, acme, "0.000001") == "insufficient_tokens"


class TestThrottles:
    def test_say_that_it_is_too_soon_until_there_is_enough(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(3),)))
        for _ in range(3):
            shop.debit(acme, "1", now=NOON)
        enough = NOON + 20 * SECOND

        told = [word(shop, acme, now=each) for each in (enough - timedelta(microseconds=1), enough)]

        assert told == ["throttled", "tokens"]

    def test_say_what_a_bucket_can_never_hold(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(tokens("60"),)))

        assert [word(shop, acme, each) for each in ("60", "60.000001")] == ["tokens", "limit_reached"]

    def test_hold_from_their_share_of_what_there_was_when_the_last_grant_started(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(tokens("1", start=50),)), has="10")
        a_grant(acme, "30", now=SPRING, effective_at=NOON, expires_at=NOON + HOUR)

        assert word(shop, acme, "5", now=NOON) == "tokens"
        assert word(shop, acme, "5", now=NOON + HOUR) == "limit_reached"

    def test_hold_what_is_free_too(self, shop: Shop) -> None:
        acme = a_spender(shop, block(throttle=(calls(1),)))
        shop.debit(acme, "1", now=NOON)

        assert word(shop, acme, "0.000000001", now=NOON) == "throttled"

    def test_hold_tokens_of_each_unit_apart(self, shop: Shop) -> None:
        TokenUnit.objects.create(code="GEM", name="Gems")
        acme = a_spender(shop, block(throttle=(tokens("60"),)))
        shop.debit(acme, "60", now=NOON)
        a_grant(acme, "100", token="GEM", now=SPRING)
        before = word(shop, acme, now=NOON)

        gems = Enrolment(rate_table=shop.a_table(token="GEM", since=SPRING).code)
        terms.enrol(reference=acme.reference, asked=gems, author=AUTHOR, now=NOON)
        after = word(shop, acme, "60", now=NOON)
        shop.debit(acme, "1", now=NOON)

        assert (before, after, word(shop, acme, "60", now=NOON)) == ("throttled", "tokens", "throttled")


class TestManyAtOnce:
    def test_take_two_questions_more_than_without_a_ladder(self, shop: Shop) -> None:
        plain = [a_spender(shop, block()) for _ in range(3)]
        laddered = [a_spender(shop, block(50, grace=grace("1"), throttle=(calls(2),))) for _ in range(3)]
        counts = []
        for accounts in (plain, laddered, laddered[:1]):
            with CaptureQueriesContext(connection) as asked:
                entitlements(
                    [each.reference for each in accounts], cards_named([shop.chat, shop.image]), now=NOON
                )
            counts.append(len(asked))

        assert counts[1] == counts[2] == counts[0] + 2
