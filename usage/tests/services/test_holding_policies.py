"""What a hold may keep and a capture may take: floors, room for overage, grants that end, states of the account."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import AccountSuspended, InsufficientTokens, InvalidRequest
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.rules.grants import TransferOrder
from usage.services import granting, holding, reversing, terms
from usage.tests.held import a_hold, capture, denials, free, hold_order, release, written
from usage.tests.made import (
    AUTHOR,
    BLOCK,
    DAY,
    HOUR,
    UNLIMITED,
    Shop,
    a_call,
    a_grant,
    a_reversal,
    clock,
    ledger_of,
    up_to,
)
from wallets.models import Account, Entry, Grant, Hold, Wallet
from wallets.services import ledger

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def set_policy(account: Account, policy: PolicyChoice) -> None:
    terms.enrol(reference=account.reference, asked=Enrolment(policy=policy), author=AUTHOR)


def set_state(account: Account, state: str) -> None:
    terms.enrol(reference=account.reference, asked=Enrolment(state=state), author=AUTHOR)


class TestRoom:
    def test_for_overage_is_kept_and_no_debit_takes_it(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        a_grant(account, "5")

        hold = a_hold(shop, account, "12")

        assert (hold.held, hold.overage, hold.overage_held) == (5, 7, 7)
        assert free(account) == (0, 5, 0)
        with pytest.raises(InsufficientTokens) as refusal:
            shop.debit(account, "4")
        told = {name: refusal.value.extras[name] for name in ("available", "shortfall", "overage_held")}
        assert told == {"available": "0.000000", "shortfall": "1.000000", "overage_held": "7.000000"}
        assert shop.debit(account, "3").overage == 3

    def test_is_not_kept_beyond_the_floor(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        a_hold(shop, account, "6")
        before = written(account)

        with pytest.raises(InsufficientTokens):
            a_hold(shop, account, "5")

        assert written(account) == before
        assert a_hold(shop, account, "4").overage_held == 4

    def test_is_used_before_the_capture_owes_more(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        a_grant(account, "2")
        hold = a_hold(shop, account, "6")

        step = capture(shop, hold, "5", is_final=False)
        assert step.debit is not None
        assert (step.debit.outcome, step.debit.overage, step.held, step.overage_held) == ("overage", 3, 0, 1)
        more = capture(shop, hold, "7")

        assert more.debit is not None
        assert (more.debit.overage, more.debit.notices, free(account)) == (7, ("overage",), (0, 0, 10))

    def test_goes_back_with_the_hold(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        hold = a_hold(shop, account, "6")

        release(shop, hold)

        assert Wallet.objects.get(account=account).overage_held == 0
        assert shop.debit(account, "10").overage == 10


class TestPolicy:
    def test_of_the_making_lets_a_capture_owe(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        a_grant(account, "5")
        hold = a_hold(shop, account, "5")
        set_policy(account, BLOCK)

        told = capture(shop, hold, "15")

        assert told.debit is not None
        assert (told.debit.overage, free(account)) == (10, (0, 0, 10))
        floors = Entry.objects.filter(account=account, cause_id=told.debit.id).values_list("floor", flat=True)
        assert set(floors) == {Decimal(-10)}

    def test_of_the_making_keeps_a_capture_from_owing(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "5")
        hold = a_hold(shop, account, "5")
        set_policy(account, UNLIMITED)

        with pytest.raises(InsufficientTokens):
            capture(shop, hold, "6")
        assert shop.debit(account, "6").overage == 6

    def test_that_is_tightened_leaves_the_hold_its_room(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        hold = a_hold(shop, account, "10")
        set_policy(account, BLOCK)

        assert capture(shop, hold, "10").state == "captured"
        assert free(account) == (0, 0, 10)

    def test_that_was_wider_for_a_while_leaves_the_hold_its_room(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10"))
        hold = a_hold(shop, account, "10")
        set_policy(account, up_to("100"))
        shop.debit(account, "90")
        set_policy(account, BLOCK)

        told = capture(shop, hold, "10")

        assert told.debit is not None
        entry = Entry.objects.get(account=account, cause_id=told.debit.id)
        assert (entry.overage_after, entry.floor) == (100, -100)

    def test_without_limit_holds_any_room(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)

        hold = a_hold(shop, account, "1000")
        set_policy(account, BLOCK)

        told = capture(shop, hold, "2000")
        assert told.debit is not None
        assert told.debit.overage == 2000


class TestGrantsMeanwhile:
    def test_stay_good_for_the_hold_when_they_expire(self, shop: Shop) -> None:
        now = clock()
        account = shop.an_account(now - DAY)
        grant = a_grant(account, "10", now=now - 2 * HOUR, expires_at=now - HOUR)
        hold = a_hold(shop, account, "6", now=now - 90 * MINUTE, expires_in=3 * 3600)
        ledger.expire(account_id=account.pk)

        told = capture(shop, hold, "4")

        assert told.debit is not None
        assert [(each.grant, each.tokens) for each in told.debit.draws] == [(grant.pk, 4)]
        grant.refresh_from_db()
        assert (grant.spent, grant.expired, grant.remaining, grant.held) == (4, 6, 0, 0)
        assert ledger_of(account)[-2:] == [("draw", 4), ("expire", 2)]

    def test_leave_what_is_held_to_the_hold_when_they_are_voided(self, shop: Shop) -> None:
        account = shop.an_account()
        grant = a_grant(account, "10")
        hold = a_hold(shop, account, "6")
        answer = granting.void(grant_id=grant.pk, reason="", call=a_call()).answer
        assert (answer["voided"], answer["held"], answer["remaining"]) == ("4.000000", "6.000000", "6.000000")

        capture(shop, hold, "5")

        grant.refresh_from_db()
        assert (grant.spent, grant.voided, grant.remaining) == (5, 5, 0)
        assert free(account) == (0, 0, 0)

    def test_take_back_what_a_reversal_gives_or_let_it_lapse(self, shop: Shop) -> None:
        account = shop.an_account()
        grant = a_grant(account, "10")
        hold = a_hold(shop, account, "6")
        debit = capture(shop, hold, "5", is_final=False).debit
        assert debit is not None
        granting.void(grant_id=grant.pk, reason="", call=a_call())

        back = reversing.reverse(a_reversal(debit))

        assert (back.restored, back.lapsed, free(account)) == (0, 5, (0, 1, 0))

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_that_expired_since_the_usage_are_pinned_as_a_late_draw_would(
        self, shop: Shop, is_swept: bool
    ) -> None:
        now = clock()
        account = shop.an_account(now - 3 * DAY)
        grant = a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)
        if is_swept:
            ledger.expire(account_id=account.pk)

        hold = a_hold(shop, account, "6", at=now - DAY - HOUR)
        assert [(each.grant, each.tokens) for each in hold.draws] == [(grant.pk, 6)]
        told = capture(shop, hold, "8")
        ledger.expire(account_id=account.pk)

        grant.refresh_from_db()
        assert told.debit is not None
        assert (grant.spent, grant.expired, grant.remaining, grant.held) == (8, 2, 0, 0)


class TestScopes:
    def test_of_a_grant_bind_what_is_held_of_it(self, shop: Shop) -> None:
        account = shop.an_account()
        chat = a_grant(account, "5", features=[shop.chat])
        rest = a_grant(account, "10")
        hold = a_hold(shop, account, "5", "3", features=[shop.chat, shop.image])
        assert [(each.grant, each.tokens) for each in hold.draws] == [(chat.pk, 5), (rest.pk, 3)]

        told = capture(shop, hold, "6", features=[shop.image])

        assert told.debit is not None
        assert [(each.grant, each.tokens) for each in told.debit.draws] == [(rest.pk, 6)]
        assert Grant.objects.get(pk=chat.pk).remaining == 5

    def test_let_items_draw_what_is_held_in_the_order_sent(self, shop: Shop) -> None:
        account = shop.an_account()
        chat = a_grant(account, "4", features=[shop.chat])
        rest = a_grant(account, "4")
        hold = a_hold(shop, account, "8")

        told = capture(shop, hold, "3", "4", features=[shop.image, shop.chat])

        assert told.debit is not None
        assert [(each.grant, each.tokens) for each in told.debit.draws] == [(rest.pk, 3), (chat.pk, 4)]


class TestStates:
    @pytest.mark.parametrize("state", ["suspended", "closed"])
    def test_stop_a_hold_and_neither_capture_nor_release(self, shop: Shop, state: str) -> None:
        account = shop.an_account()
        a_grant(account, "20")
        one, other, third = (a_hold(shop, account, "5") for _ in range(3))
        set_state(account, state)

        with pytest.raises(AccountSuspended):
            a_hold(shop, account, "1")
        assert capture(shop, one, "2").state == "captured"
        assert release(shop, other).state == "released"
        extended = holding.extend(hold_id=third.id, product_id=shop.product.pk, expires_in=5000)

        assert extended.expires_at > third.expires_at
        assert denials(account) == [("account_suspended", shop.chat, 1)]
        assert free(account) == (13, 5, 0)


class TestWindow:
    @pytest.mark.parametrize("off", [timedelta(days=-35, seconds=-1), timedelta(minutes=5, seconds=1)])
    def test_of_dates_is_that_of_debits(self, shop: Shop, off: timedelta) -> None:
        account, now = shop.an_account(), clock()
        a_grant(account, "20")

        with pytest.raises(InvalidRequest):
            holding.make(hold_order(shop, account, "1", at=now + off, now=now))
        assert not Hold.objects.filter(account=account).exists()

    def test_is_no_matter_to_a_capture(self, shop: Shop) -> None:
        now = clock()
        then = now - 2 * DAY
        account = shop.an_account(then - HOUR)
        a_grant(account, "20", now=then - HOUR, effective_at=then - 34 * DAY)
        hold = a_hold(shop, account, "5", at=then - 34 * DAY, now=then, expires_in=86_400)

        assert capture(shop, hold, "5", now=then + DAY - MINUTE).state == "captured"


class TestTransfers:
    def test_move_no_held_tokens(self, shop: Shop) -> None:
        account = shop.an_account()
        part = shop.an_account(parent=account.reference)
        a_grant(account, "10")
        a_hold(shop, account, "6")

        def move(tokens: str) -> Any:
            order = TransferOrder(part.reference, Decimal(tokens))
            return granting.transfer(reference=account.reference, order=order, call=a_call())

        with pytest.raises(InsufficientTokens):
            move("5")
        move("4")
        assert (free(account), free(part)) == ((0, 6, 0), (4, 0, 0))
