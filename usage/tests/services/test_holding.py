"""Holds: how they are made, what their keys answer, and how they end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import IdempotencyKeyReused, InsufficientTokens, UnknownAccount
from usage.models import Claim, Debit, HoldRequest
from usage.services import holding, metering
from usage.tests.held import (
    a_hold,
    capture,
    capture_order,
    denials,
    free,
    hold_order,
    release,
    release_order,
    written,
)
from usage.tests.made import DAY, HOUR, Shop, a_grant, an_account, clock, ledger_of
from usage.tests.racing import an_order
from wallets.errors import HoldExpired
from wallets.models import Hold

pytestmark = pytest.mark.django_db

MINUTE, BLINK = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


class TestMake:
    def test_pins_the_estimate_and_charges_nothing(self, shop: Shop) -> None:
        account = shop.an_account()
        first, second = a_grant(account, "6", expires_at=clock() + DAY), a_grant(account, "20")

        hold = a_hold(shop, account, "7", "2.5", expires_in=600)

        assert (hold.state, hold.tokens, hold.held, hold.captured) == (
            "held",
            Decimal("9.5"),
            Decimal("9.5"),
            0,
        )
        assert [(each.grant, each.tokens) for each in hold.draws] == [
            (first.pk, 6),
            (second.pk, Decimal("3.5")),
        ]
        assert [line.tokens for line in hold.lines] == [7, Decimal("2.5")]
        assert hold.expires_at - hold.recorded_at == timedelta(seconds=600)
        assert hold.balance is not None
        assert (hold.balance.available, hold.balance.held) == (Decimal("16.5"), Decimal("9.5"))
        assert free(account) == (Decimal("16.5"), Decimal("9.5"), 0)
        assert ledger_of(account) == [("grant", 6), ("grant", 20)]
        assert not Debit.objects.filter(account=account).exists()

    def test_keeps_its_tokens_from_debits(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        a_hold(shop, account, "7")

        with pytest.raises(InsufficientTokens) as refusal:
            shop.debit(account, "4")

        assert (refusal.value.extras["available"], refusal.value.extras["shortfall"]) == (
            "3.000000",
            "1.000000",
        )
        assert shop.debit(account, "3").balance.held == 7

    def test_is_refused_as_a_debit_is_and_leaves_a_denial_alone(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        before = written(account)

        with pytest.raises(InsufficientTokens) as refusal:
            a_hold(shop, account, "12")

        assert refusal.value.extras["required"] == "12.000000"
        assert refusal.value.extras["denial"]
        assert written(account) == before
        assert denials(account) == [("insufficient_tokens", shop.chat, 1)]

    def test_of_an_account_that_is_not_there_is_refused(self, shop: Shop) -> None:
        account = shop.an_account()
        account.reference = "nobody"

        with pytest.raises(UnknownAccount):
            a_hold(shop, account, "1")

    def test_costs_no_tokens_where_the_usage_is_free(self) -> None:
        shop = Shop()
        account = an_account(rate_table=shop.a_table(tokens="0").code)
        hold = a_hold(shop, account, "5")
        assert (hold.tokens, hold.draws, hold.state) == (0, (), "held")

        told = capture(shop, hold, as_estimated=True)

        assert told.debit is not None
        assert (told.state, told.debit.tokens) == ("captured", 0)


class TestKeys:
    def test_answer_the_hold_as_first_made(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        order = hold_order(shop, account, "4", key="once")
        first = holding.make(order)
        capture(shop, first, "3")

        again = holding.make(order)

        assert again.is_replay
        assert (again.id, again.state, again.held, again.balance) == (first.id, "held", 4, first.balance)
        assert HoldRequest.objects.filter(account=account).count() == 1

    def test_answer_a_capture_as_first_made(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold = a_hold(shop, account, "6")
        order = capture_order(shop, hold, "2", is_final=False, key="step")
        first = holding.capture(order)
        capture(shop, hold, "3")

        again = holding.capture(order)

        assert (again.is_replay, again.state, again.held, again.captured) == (True, "held", 4, 2)
        assert again.debit == first.debit
        assert again.debits == first.debits
        assert Debit.objects.filter(account=account).count() == 2

    def test_answer_a_release_as_first_made(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold = a_hold(shop, account, "6")
        order = release_order(shop, hold, key="back")
        holding.release(order)

        again = holding.release(order)

        assert (again.is_replay, again.state, again.held) == (True, "released", 0)

    def test_stand_for_one_body(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold = a_hold(shop, account, "6", key="k")

        with pytest.raises(IdempotencyKeyReused):
            a_hold(shop, account, "5", key="k")
        with pytest.raises(IdempotencyKeyReused):
            metering.charge(an_order(shop, account, key="k"))
        with pytest.raises(IdempotencyKeyReused):
            capture(shop, hold, "1", key="k")
        with pytest.raises(IdempotencyKeyReused):
            release(shop, hold, key="k")

        assert free(account) == (4, 6, 0)

    def test_are_answered_before_the_price_is_looked_for(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold = a_hold(shop, account, "6", key="k")
        order = capture_order(shop, hold, "2", features=["nothing.known"], key="k")

        with pytest.raises(IdempotencyKeyReused):
            holding.capture(order)

    def test_are_claimed_by_what_happened(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold, other = a_hold(shop, account, "3", key="one"), a_hold(shop, account, "3", key="two")
        debit = capture(shop, hold, "3", key="three").debit
        release(shop, other, key="four")

        claimed = {
            claim.key: (claim.effect, claim.effect_id) for claim in Claim.objects.filter(account=account)
        }

        assert debit is not None
        assert claimed["one"] == ("hold", hold.id)
        assert claimed["three"] == ("debit", debit.id)
        assert claimed["four"][0] == "release"


class TestEnd:
    def test_comes_by_itself_and_leaves_nothing_to_capture(self, shop: Shop) -> None:
        account, now = shop.an_account(clock() - DAY), clock() - HOUR
        a_grant(account, "20", now=now)
        hold = a_hold(shop, account, "5", now=now, expires_in=60)

        assert shop.debit(account, "18", now=now + MINUTE).tokens == 18
        before = written(account)
        with pytest.raises(HoldExpired):
            capture(shop, hold, "1", now=now + MINUTE)
        with pytest.raises(HoldExpired):
            capture(shop, hold, now=now + MINUTE)
        with pytest.raises(HoldExpired):
            holding.extend(hold_id=hold.id, product_id=shop.product.pk, expires_in=60, now=now + MINUTE)

        assert written(account) == before
        assert Hold.objects.get(pk=hold.id).state == "expired"

    def test_is_the_first_instant_at_which_it_is_worth_nothing(self, shop: Shop) -> None:
        account, now = shop.an_account(clock() - DAY), clock() - HOUR
        a_grant(account, "20", now=now)
        hold = a_hold(shop, account, "5", now=now, expires_in=60)

        assert capture(shop, hold, "5", now=now + MINUTE - BLINK).state == "captured"

    def test_is_told_whether_or_not_a_sweep_has_noticed(self, shop: Shop) -> None:
        account, now = shop.an_account(clock() - DAY), clock() - HOUR
        a_grant(account, "20", now=now)
        hold = a_hold(shop, account, "5", now=now, expires_in=60)

        told = holding.show(hold.id, shop.product.pk)

        assert (told.state, told.held, free(account)) == ("expired", 0, (20, 0, 0))

    def test_makes_a_release_a_matter_of_course(self, shop: Shop) -> None:
        account, now = shop.an_account(clock() - DAY), clock() - HOUR
        a_grant(account, "20", now=now)
        hold = a_hold(shop, account, "5", now=now, expires_in=60)

        told = release(shop, hold, key="late")

        assert (told.state, told.held, free(account)) == ("expired", 0, (20, 0, 0))
        assert release(shop, hold, key="late").is_replay
        assert release(shop, hold, key="later").state == "expired"

    def test_moves_with_an_extension(self, shop: Shop) -> None:
        account, now = shop.an_account(clock() - DAY), clock() - HOUR
        a_grant(account, "20", now=now)
        hold = a_hold(shop, account, "5", now=now, expires_in=60)

        told = holding.extend(
            hold_id=hold.id, product_id=shop.product.pk, expires_in=600, now=now + MINUTE / 2
        )

        assert told.expires_at == now + MINUTE / 2 + 10 * MINUTE
        assert capture(shop, hold, "5", now=now + 10 * MINUTE).state == "captured"
