"""Captures of holds whose policy gives a grace beyond zero: what they may owe once it is over."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from config.kernel.errors import InsufficientTokens
from usage.queries.denials import denial
from usage.queries.explanations import explain
from usage.rules.explaining_ladders import Owed, policy
from usage.rules.holds import HoldReceipt
from usage.services import holding
from usage.tests.held import a_hold, capture, written
from usage.tests.laddered import (
    MINUTE,
    NOON,
    SPRING,
    a_spender,
    block,
    floors,
    grace,
    judged,
    kinds,
    overage,
    set_policy,
)
from usage.tests.made import DAY, HOUR, Shop, a_grant
from wallets.models import Account, Wallet


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def kept_for_a_day(shop: Shop, account: Account, estimate: str) -> HoldReceipt:
    return a_hold(shop, account, estimate, now=NOON, expires_in=86_400)


def owed(account: Account) -> Decimal:
    return Wallet.objects.get(account=account).overage


class TestAGraceThatIsOver:
    def test_by_time_refuses_what_a_capture_owes_beyond_the_holds_room(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "12")
        shop.debit(acme, "1", now=NOON)
        before = written(acme)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "12.000001", now=NOON + HOUR)
        unchanged = written(acme) == before
        captured = capture(shop, kept, "12", now=NOON + HOUR)

        names = ("required", "available", "shortfall", "floor", "cap", "grace", "policy", "hold")
        assert [refused.value.extras[name] for name in names] == [
            "12.000001", "10.000000", "0.000001", "0.000000", "grace", "over", "account", str(kept.id),
        ]  # fmt: skip
        assert unchanged
        assert captured.debit is not None
        assert (captured.debit.overage, owed(acme)) == (2, 3)

    def test_lets_a_capture_owe_until_the_last_microsecond(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "10")
        shop.debit(acme, "1", now=NOON)

        capture(shop, kept, "1000", is_final=False, now=NOON + HOUR - timedelta(microseconds=1))

        assert owed(acme) == 991
        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "0.000001", now=NOON + HOUR)

    def test_began_by_a_step_of_the_hold_itself_ends_for_its_next_steps(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "12")
        holding.extend(hold_id=kept.id, product_id=shop.product.pk, expires_in=86_400, now=NOON + 5 * HOUR)

        capture(shop, kept, "11", is_final=False, now=NOON)
        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "1.000001", is_final=False, now=NOON + DAY)
        capture(shop, kept, "1", is_final=False, now=NOON + DAY)
        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "0.000001", now=NOON + DAY)

        assert owed(acme) == 2
        assert kinds(acme).count("grace.started") == 1

    def test_by_its_amount_gives_captures_no_more_of_it(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace("10")), has="10")
        kept = kept_for_a_day(shop, acme, "1")
        shop.debit(acme, "19", now=NOON)
        a_grant(acme, "10", kind="adjustment", now=NOON + HOUR)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "1.000001", now=NOON + HOUR)

        assert (owed(acme), refused.value.extras["shortfall"]) == (0, "0.000001")
        assert capture(shop, kept, "1", now=NOON + HOUR).state == "captured"

    def test_is_that_of_the_policy_that_the_hold_keeps(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "10")
        shop.debit(acme, "1", now=NOON)
        set_policy(acme, overage(), NOON + MINUTE)

        with pytest.raises(InsufficientTokens):
            capture(shop, kept, "10.000001", now=NOON + 2 * HOUR)

        shop.debit(acme, "100", now=NOON + 2 * HOUR)

    def test_leaves_other_holds_their_room(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="0")
        kept, other = kept_for_a_day(shop, acme, "5"), kept_for_a_day(shop, acme, "7")
        capture(shop, other, "1", is_final=False, now=NOON)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "6", now=NOON + HOUR)
        for hold, tokens in ((kept, "5"), (other, "6")):
            capture(shop, hold, tokens, now=NOON + HOUR)

        assert (refused.value.extras["shortfall"], refused.value.extras["overage_held"]) == (
            "1.000000",
            "6.000000",
        )
        assert owed(acme) == 12


class TestALimitBesideAGrace:
    def test_is_told_where_it_refuses_while_the_grace_lasts(self, shop: Shop) -> None:
        acme = a_spender(shop, overage("20", grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "10")

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "31", now=NOON)

        names = ("shortfall", "floor", "cap", "grace")
        assert [refused.value.extras[name] for name in names] == ["1.000000", "-20.000000", "limit", "begins"]

    def test_that_would_be_nothing_by_now_is_not_what_refuses_when_the_grace_is_over(
        self, shop: Shop
    ) -> None:
        ladder = overage(limit_percent=Decimal(10), grace=grace(lasts=HOUR))
        acme = a_spender(shop, ladder, has="100", kind="purchase")
        kept = kept_for_a_day(shop, acme, "100")
        shop.debit(acme, "1", now=NOON)
        a_grant(acme, "0.000001", kind="purchase", now=NOON + MINUTE)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "101", now=NOON + 2 * HOUR)

        assert [refused.value.extras[name] for name in ("cap", "policy")] == ["grace", "account"]


class TestExplanations:
    def test_say_that_the_hold_had_kept_the_room(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "12")
        shop.debit(acme, "1", now=NOON)

        captured = capture(shop, kept, "12", now=NOON + 2 * HOUR)

        assert captured.debit is not None
        step = next(step for step in explain(captured.debit.id)["steps"] if step["step"] == "policy")
        assert "It is over" in step["text"]
        assert "Its hold had kept that room." in step["text"]
        assert (step["limit"], step["agrees"]) == (None, True)
        assert (judged(acme)[-1]["grace"], floors(acme)[-1]) == ("over", None)

    def test_do_not_agree_with_overage_beyond_the_room_that_was_kept(self) -> None:
        told = [
            policy(
                {"grace": "over", "cap": "grace", "policy": "account"}, None, Owed(owed, owed, "AIT", kept)
            )
            for owed, kept in ((Decimal(5), Decimal(5)), (Decimal(5), Decimal(4)))
        ]

        assert [each["agrees"] for each in told] == [True, False]

    def test_of_a_refusal_say_that_the_grace_is_over(self, shop: Shop) -> None:
        acme = a_spender(shop, block(grace=grace(lasts=HOUR)), has="10")
        kept = kept_for_a_day(shop, acme, "10")
        shop.debit(acme, "1", now=NOON)

        with pytest.raises(InsufficientTokens) as refused:
            capture(shop, kept, "12", now=NOON + 2 * HOUR)

        said = " ".join(denial(UUID(str(refused.value.extras["denial"])))["explanation"])
        assert "gave a grace beyond zero" in said
        assert "It is over; another one needs a purchase." in said
