"""That a grace is over is noted once: when its overage is repaid by itself, or by the term that holds by now."""

from __future__ import annotations

import pytest

from config.kernel.errors import InsufficientTokens
from usage.queries.changes import accounts_to_observe
from usage.queries.policies import Scope
from usage.services import observing, policies
from usage.tests.held import a_hold, capture
from usage.tests.laddered import (
    MINUTE,
    NOON,
    SPRING,
    a_spender,
    block,
    grace,
    graces,
    kinds,
    set_policy,
)
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant
from usage.tests.reported import an_event, rate, report
from wallets.services import sweeping


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestAScheduledGrantThatRepays:
    @pytest.mark.parametrize("tokens", ["5", "20"])
    def test_ends_the_grace_with_the_next_look_of_the_job(self, shop: Shop, tokens: str) -> None:
        acme = a_spender(shop, block(grace=grace("50")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, tokens, kind="purchase", now=NOON, effective_at=NOON + HOUR)
        sweeping.start_due(NOON + HOUR)

        for minutes in (1, 2):
            observing.observe_due(NOON + HOUR + minutes * MINUTE)

        assert kinds(acme).count("grace.ended") == 1
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("zero", NOON + HOUR + MINUTE)]
        assert acme.pk not in accounts_to_observe(NOON + DAY)

    def test_is_noted_by_the_debit_with_which_the_next_grace_begins(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("50")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, "20", kind="purchase", now=NOON, effective_at=NOON + HOUR)

        shop.debit(acme, "17", now=NOON + 2 * HOUR)
        observing.observe_due(NOON + 3 * HOUR)

        told = [kind for kind in kinds(acme) if kind.startswith("grace")]
        assert told == ["grace.started", "grace.ended", "grace.started"]
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [
            ("zero", NOON + 2 * HOUR),
            ("", None),
        ]

    def test_leaves_a_grace_of_what_is_still_owed(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("50")), has="0")
        shop.debit(acme, "5", now=NOON)
        a_grant(acme, "4", kind="adjustment", now=NOON, effective_at=NOON + HOUR)
        sweeping.start_due(NOON + HOUR)

        observing.observe_due(NOON + 2 * HOUR)

        assert "grace.ended" not in kinds(acme)
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "49.000001", now=NOON + 2 * HOUR)


class TestAnotherTerm:
    def test_of_the_accounts_own_policy_lets_the_grace_go_on_as_long(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="0")
        shop.debit(acme, "1", now=NOON)
        set_policy(acme, block(grace=grace(lasts=3 * DAY)), NOON + MINUTE)

        observing.observe_due(NOON + 2 * HOUR)
        done = shop.debit(acme, "1", now=NOON + 3 * HOUR)
        told_within = kinds(acme)
        for hours in (72, 73):
            observing.observe_due(NOON + hours * HOUR)

        assert done.notices == ("grace", "overage")
        assert "grace.ended" not in told_within
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("term", NOON + 3 * DAY)]
        assert kinds(acme).count("grace.ended") == 1

    def test_that_has_passed_ends_the_grace_with_the_change(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=3 * DAY)), has="0")
        shop.debit(acme, "1", now=NOON)

        set_policy(acme, block(grace=grace(lasts=HOUR)), NOON + 2 * HOUR)

        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("term", NOON + 2 * HOUR)]
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1", now=NOON + 2 * HOUR)
        observing.observe_due(NOON + 4 * DAY)
        assert kinds(acme).count("grace.ended") == 1

    def test_that_is_shorter_ends_it_when_it_passes(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=3 * DAY)), has="0")
        shop.debit(acme, "1", now=NOON)

        set_policy(acme, block(grace=grace(lasts=HOUR)), NOON + MINUTE)
        for minutes in (59, 60):
            observing.observe_due(NOON + minutes * MINUTE)

        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("term", NOON + HOUR)]

    def test_is_none_where_the_grace_has_an_amount_alone_by_now(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="0")
        shop.debit(acme, "1", now=NOON)

        set_policy(acme, block(grace=grace("10")), NOON + MINUTE)
        observing.observe_due(NOON + DAY)

        assert [(each.ends_at, each.ended_at) for each in graces(acme)] == [(None, None)]
        assert shop.debit(acme, "9", now=NOON + DAY).notices == ("grace", "overage")
        assert [each.ended_by for each in graces(acme)] == ["amount"]

    def test_of_a_shared_policy_holds_from_the_next_debit_beyond_zero_on(self, shop: Shop) -> None:
        scope = Scope(product=shop.product)
        policies.share(scope=scope, policy=block(grace=grace(lasts=HOUR)), author=AUTHOR, now=SPRING)
        acme = a_spender(shop, None, has="0")
        shop.debit(acme, "1", now=NOON)
        policies.share(scope=scope, policy=block(grace=grace(lasts=DAY)), author=AUTHOR, now=NOON + MINUTE)

        shop.debit(acme, "1", now=NOON + 2 * MINUTE)
        observing.observe_due(NOON + 2 * HOUR)
        told_within = kinds(acme)
        observing.observe_due(NOON + DAY)

        assert "grace.ended" not in told_within
        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("term", NOON + DAY)]

    def test_of_a_shared_policy_that_has_passed_ends_the_grace_with_the_event_that_is_booked(
        self, shop: Shop
    ) -> None:
        scope = Scope(product=shop.product)
        policies.share(scope=scope, policy=block(grace=grace(lasts=DAY)), author=AUTHOR, now=SPRING)
        acme = a_spender(shop, None, has="0")
        shop.debit(acme, "1", now=NOON)
        policies.share(scope=scope, policy=block(grace=grace(lasts=HOUR)), author=AUTHOR, now=NOON + MINUTE)

        report(shop, an_event(shop, acme, "1", at=NOON + 2 * HOUR))
        rate(NOON + 2 * HOUR)

        assert [(each.ended_by, each.ended_at) for each in graces(acme)] == [("term", NOON + 2 * HOUR)]
        assert kinds(acme).count("grace.ended") == 1

    def test_of_the_policy_that_a_hold_keeps_changes_no_grace(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="0")
        kept = a_hold(shop, acme, "5", now=NOON, expires_in=86_400)
        shop.debit(acme, "1", now=NOON)
        set_policy(acme, block(grace=grace(lasts=DAY)), NOON + MINUTE)

        for hours in (0, 2):
            capture(shop, kept, "1", is_final=False, now=NOON + hours * HOUR + 2 * MINUTE)

        assert [(each.ends_at, each.ended_at) for each in graces(acme)] == [(NOON + DAY, None)]
        assert shop.debit(acme, "1", now=NOON + 3 * HOUR).notices == ("grace", "overage")
