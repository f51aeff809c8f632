"""A policy put before recorded calls refuses what the same policy would have refused when they came."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import DomainError
from pricing.models import Feature
from usage.queries.policies import Scope
from usage.queries.policy_rehearsals import rehearsed
from usage.rules.grants import TransferOrder
from usage.rules.policies import PolicyChoice
from usage.rules.policy_rehearsing import RehearsedPolicy
from usage.services import granting
from usage.tests.held import a_hold, capture
from usage.tests.laddered import (
    MINUTE,
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
from usage.tests.made import DAY, HOUR, Shop, a_call, a_grant, ait, clock
from usage.tests.reported import an_event, rate, report
from usage.tests.rerated import asked, booked, corrected_prices, standing
from wallets.models import Account


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def put_before(
    account: Account, policy: PolicyChoice, moment: datetime, scope: Scope | None = None
) -> RehearsedPolicy:
    return rehearsed(account_id=account.pk, unit_id=ait(), policy=policy, moment=moment, scope=scope)


def told(found: RehearsedPolicy) -> list[tuple[str, str]]:
    return [(f"{each.call.tokens.normalize():f}", each.why) for each in found.refused]


class TestRehearsed:
    def test_names_the_calls_that_a_lower_limit_would_have_refused(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="10")
        for minute, each in enumerate(("8", "5", "4", "1")):
            shop.debit(acme, each, now=NOON + minute * MINUTE)

        found = put_before(acme, overage("5"), NOON + HOUR)

        assert told(found) == [("4", "beyond the limit")]
        assert (found.calls, found.tokens, found.passed) == (4, 4, 0)

    def test_asks_of_a_hold_when_it_was_made_and_of_its_captures_nothing(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="10")
        kept = a_hold(shop, acme, "6", now=NOON)
        shop.debit(acme, "3", now=NOON + MINUTE)
        capture(shop, kept, "9", now=NOON + 2 * MINUTE)
        a_hold(shop, acme, "5", now=NOON + 3 * MINUTE)

        found = put_before(acme, block(), NOON + HOUR)

        assert told(found) == [("5", "beyond zero")]
        assert [each.call.is_hold for each in found.refused] == [True]
        assert found.calls == 3

    def test_leaves_out_usage_that_was_reported(self, shop: Shop) -> None:
        acme = shop.an_account(policy=overage())
        report(shop, an_event(shop, acme, "15"))
        rate()

        assert put_before(acme, block(), clock()).calls == 0

    def test_counts_usage_that_was_charged_anew_once_as_it_was_asked_for(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="10")
        shop.debit(acme, "15", now=NOON)
        prices = corrected_prices(shop)
        booked(asked(shop, prices, since=SPRING, until=NOON + HOUR, now=NOON + HOUR), NOON + HOUR)
        assert standing(acme) == {shop.chat: 30}

        found = put_before(acme, block(), NOON + 2 * HOUR)

        assert (found.calls, told(found)) == (1, [("15", "beyond zero")])

    def test_says_which_refusals_of_then_would_pass(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="10")
        for each in ("8", "5", "2"):
            try:
                shop.debit(acme, each, now=NOON)
            except DomainError:
                continue

        found = put_before(acme, overage("5"), NOON + HOUR)

        assert (found.calls, found.passed, told(found)) == (3, 1, [])

    def test_counts_no_purchase_that_was_moved_or_voided_before_its_start(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="10", kind="purchase")
        part = shop.an_account(SPRING, parent=acme.reference, policy=overage())
        order = TransferOrder(part.reference, Decimal(10))
        granting.transfer(reference=acme.reference, order=order, call=a_call(now=NOON))
        coming = a_grant(part, "100", kind="purchase", now=NOON, effective_at=NOON + MINUTE)
        granting.void(grant_id=coming.pk, reason="", call=a_call(now=NOON))
        shop.debit(part, "11", now=NOON + 2 * MINUTE)

        found = put_before(part, overage(limit_percent=Decimal(50)), NOON + HOUR)

        assert told(found) == [("11", "beyond its share of the last purchase")]

    def test_looks_at_the_last_week_and_at_the_usage_that_the_policy_is_for(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="0")
        shop.debit(acme, "1", now=NOON - 7 * DAY)
        shop.debit(acme, "2", now=NOON - DAY)
        shop.debit(acme, "4", features=(shop.image,), now=NOON - DAY)

        everything = put_before(acme, block(), NOON)
        images = put_before(acme, block(), NOON, Scope(feature=Feature.objects.get(code=shop.image)))

        assert told(everything) == [("2", "beyond zero"), ("4", "beyond zero")]
        assert told(images) == [("4", "beyond zero")]

    @pytest.mark.parametrize("seed", range(12))
    def test_agrees_with_what_the_policy_refuses_when_it_holds(self, shop: Shop, seed: int) -> None:
        dice = random.Random(seed)
        policy = dice.choice(
            (
                block(throttle=(calls(2),)),
                overage("12", throttle=(tokens("15", 50),)),
                overage(limit_percent=Decimal(30), limit_money=money("1", "0.1")),
                block(grace=grace("9", HOUR)),
                block(),
            )
        )
        free, ruled = a_spender(shop, overage(), kind="purchase"), a_spender(shop, policy, kind="purchase")
        asked, refused, now = [Decimal(dice.randint(1, 12)) for _ in range(40)], [], NOON
        for number, each in enumerate(asked):
            now += dice.choice((SECOND, 20 * SECOND, MINUTE, 10 * MINUTE))
            shop.debit(free, str(each), now=now)
            try:
                shop.debit(ruled, str(each), now=now)
            except DomainError:
                refused.append(each)
            if number == 20:
                now += SECOND
                for account in (free, ruled):
                    a_grant(account, "200", kind="purchase", now=now)

        found = put_before(free, policy, now + timedelta(seconds=1))

        assert [each.call.tokens for each in found.refused] == refused
