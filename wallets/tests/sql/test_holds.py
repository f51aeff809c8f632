"""Holds: what they pin, what becomes of it, and who ends them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from wallets import errors
from wallets.models import Account, Hold, Wallet
from wallets.queries.balances import holding_at, holding_now
from wallets.services import ledger, sweeping
from wallets.services.sweeping import Swept
from wallets.tasks import expire_holds
from wallets.tests.holds import a_hold, pins, release, settle_as, told
from wallets.tests.made import DAY, HOUR, a_grant, ait, an_account, clock, ledger_of

pytestmark = pytest.mark.usefixtures("owner_db")

BLINK = timedelta(microseconds=1)


def free(account: Account) -> tuple[Decimal, Decimal]:
    """What is available and what is held, as a reader sees it."""
    holds = holding_now(account.pk, ait())
    return holds.available, holds.held


class TestMaking:
    def test_pins_tokens_of_named_grants_in_their_order_and_moves_none(self) -> None:
        account, now = an_account(), clock()
        last, first = a_grant(account, "10"), a_grant(account, "6", expires_at=now + DAY)

        hold = a_hold(account, "9")

        assert pins(hold) == [(first.pk, 6), (last.pk, 3)]
        assert (hold.tokens, hold.held, hold.overage) == (9, 9, 0)
        assert free(account) == (7, 9)
        assert ledger_of(account) == [("grant", 10), ("grant", 6)]
        wallet = Wallet.objects.get(account=account)
        assert (wallet.balance, wallet.held, wallet.next_due_at) == (16, 9, hold.expires_at)

    def test_keeps_room_for_what_no_grant_pays(self) -> None:
        account = an_account()
        a_grant(account, "10", features=["image"])

        hold = a_hold(account, "4")

        assert (hold.tokens, hold.overage, hold.overage_held) == (0, 4, 4)
        wallet = Wallet.objects.get(account=account)
        assert (wallet.held, wallet.overage, wallet.overage_held) == (0, 0, 4)

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_pins_what_has_expired_since_the_usage(self, is_swept: bool) -> None:
        account, now = an_account(), clock()
        over = a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)
        if is_swept:
            ledger.expire(account_id=account.pk)

        hold = a_hold(account, "4", at=now - DAY - HOUR)

        assert pins(hold) == [(over.pk, 4)]
        over.refresh_from_db()
        assert (over.held, over.remaining + over.expired) == (4, 10)
        release(hold)
        ledger.expire(account_id=account.pk)
        over.refresh_from_db()
        assert (over.remaining, over.held, over.expired) == (0, 0, 10)


class TestEnding:
    def test_gives_back_to_the_grants(self) -> None:
        account = an_account()
        grant = a_grant(account, "10")
        hold = a_hold(account, "4")

        release(hold)

        hold.refresh_from_db()
        assert (hold.state, hold.held, free(account)) == ("released", 0, (10, 0))
        assert told(hold) == [("made", None, 0), ("made", grant.pk, 4), ("released", grant.pk, 4)]
        assert Wallet.objects.get(account=account).next_due_at is None

    def test_happens_by_itself_before_the_next_movement(self) -> None:
        account, now = an_account(), clock()
        grant = a_grant(account, "10", now=now - HOUR)
        hold = a_hold(account, "4", now=now - HOUR, lasts=timedelta(minutes=5))
        assert free(account) == (10, 0)  # a reader needs no movement

        a_grant(account, "1")

        hold.refresh_from_db()
        assert (hold.state, pins(hold)) == ("expired", [])
        assert told(hold)[-1] == ("expired", grant.pk, 4)
        assert free(account) == (11, 0)

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_lets_what_returns_to_an_expired_grant_lapse(self, is_swept: bool) -> None:
        account, now = an_account(), clock()
        over = a_grant(account, "10", now=now - DAY, expires_at=now - HOUR)
        hold = a_hold(account, "4", now=now - 2 * HOUR, lasts=timedelta(hours=5))
        if is_swept:
            assert ledger.expire(account_id=account.pk) == 1
            over.refresh_from_db()
            assert (over.remaining, over.held, over.expired) == (4, 4, 6)

        release(hold)

        assert ledger_of(account)[-1] == ("expire", 4)
        ledger.expire(account_id=account.pk)
        over.refresh_from_db()
        assert (over.remaining, over.expired) == (0, 10)

    def test_lets_what_returns_to_a_voided_grant_lapse(self) -> None:
        account = an_account()
        grant = a_grant(account, "10")
        hold = a_hold(account, "4")

        assert ledger.void(account_id=account.pk, grant_id=grant.pk, cause_id=uuid4()).tokens == 6
        with pytest.raises(errors.NothingLeft):
            ledger.void(account_id=account.pk, grant_id=grant.pk, cause_id=uuid4())
        assert free(account) == (0, 4)
        release(hold)

        assert ledger_of(account) == [("grant", 10), ("void", 6), ("void", 4)]
        grant.refresh_from_db()
        assert (grant.remaining, grant.held, grant.voided) == (0, 0, 10)

    def test_is_done_once(self) -> None:
        account = an_account()
        a_grant(account, "10")
        hold = a_hold(account, "4")
        release(hold)

        with pytest.raises(DatabaseError, match="A hold ends once"), transaction.atomic():
            settle_as(hold, "captured", clock())
        with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE wallets_hold SET state = 'held', ended_at = NULL WHERE id = %s", [hold.pk])

        assert free(account) == (10, 0)

    def test_at_the_instant_of_a_start_comes_before_it(self) -> None:
        account, now = an_account(), clock()
        soon = now + timedelta(minutes=2)
        bought = a_grant(account, "10", kind="purchase", effective_at=soon, now=now)
        hold = a_hold(account, "4", at=soon, now=now, lasts=timedelta(minutes=2))
        assert pins(hold) == [(bought.pk, 4)]

        assert ledger.settle(account_id=account.pk, now=soon - BLINK) == 0
        assert ledger.settle(account_id=account.pk, now=soon) == 2

        hold.refresh_from_db()
        bought.refresh_from_db()
        assert (hold.state, bought.is_pending, bought.held) == ("expired", False, 0)


class TestExtending:
    def test_lets_a_hold_last_longer_and_never_shorter(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "10", now=now)
        hold = a_hold(account, "4", now=now, lasts=timedelta(minutes=5))

        for seconds, lasts in ((60, 300), (600, 600), (30, 600)):
            ledger.extend(account_id=account.pk, hold_id=hold.pk, seconds=seconds, now=now)
            hold.refresh_from_db()
            assert hold.expires_at == now + timedelta(seconds=lasts)

        assert Wallet.objects.get(account=account).next_due_at == hold.expires_at
        assert [kind for kind, *_ in told(hold)] == ["made", "made", "extended"]

    def test_comes_too_late_at_the_end(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "10", now=now)
        hold = a_hold(account, "4", now=now, lasts=timedelta(minutes=5))

        with pytest.raises(errors.HoldExpired):
            ledger.extend(account_id=account.pk, hold_id=hold.pk, seconds=60, now=hold.expires_at)
        hold.refresh_from_db()
        assert (hold.state, free(account)) == ("expired", (10, 0))

    def test_is_refused_for_what_is_settled_or_not_there(self) -> None:
        account = an_account()
        a_grant(account, "10")
        hold = a_hold(account, "4")
        release(hold)

        with pytest.raises(errors.HoldSettled):
            ledger.extend(account_id=account.pk, hold_id=hold.pk, seconds=60)
        with pytest.raises(errors.HoldMissing):
            ledger.extend(account_id=account.pk, hold_id=uuid4(), seconds=60)


class TestTransfer:
    def test_takes_only_what_is_free(self) -> None:
        parent = an_account()
        part = an_account(parent=parent)
        a_grant(parent, "10")
        a_hold(parent, "4")

        more, enough = (
            ledger.transfer(
                from_id=parent.pk, to_id=part.pk, unit_id=ait(), tokens=Decimal(tokens), cause_id=uuid4()
            )
            for tokens in (7, 6)
        )

        assert (more.is_done, more.available, enough.is_done) == (False, 6, True)
        assert (free(parent), free(part)) == ((0, 4), (6, 0))


class TestPastBalances:
    def test_tell_what_was_held_at_any_instant(self) -> None:
        account, now = an_account(), clock()
        start = now - DAY
        a_grant(account, "10", now=start)
        short = a_hold(account, "4", now=start + HOUR, lasts=HOUR)
        long = a_hold(account, "3", now=start + HOUR + BLINK, lasts=5 * HOUR)
        ledger.extend(account_id=account.pk, hold_id=long.pk, seconds=6 * 3600, now=start + 3 * HOUR)
        release(long, now=start + 8 * HOUR)

        def at(hours: float) -> tuple[Decimal, Decimal]:
            then = holding_at(account.pk, ait(), start + hours * HOUR)
            return then.available, then.held

        assert [at(hours) for hours in (0.5, 1.5, 2, 7, 8)] == [(10, 0), (3, 7), (7, 3), (7, 3), (10, 0)]
        short.refresh_from_db()
        assert short.ended_at == start + 3 * HOUR  # booked by the next movement, over at its end


class TestSweep:
    def test_ends_what_is_past_its_end_and_nothing_else(self) -> None:
        account, other, now = an_account(), an_account(), clock()
        for each in (account, other):
            a_grant(each, "10", now=now - HOUR)
        over = a_hold(account, "4", now=now - HOUR, lasts=timedelta(minutes=5))
        still = a_hold(other, "4")

        assert sweeping.expire_holds_due(over.expires_at - BLINK) == Swept()
        assert sweeping.expire_holds_due(now) == Swept(accounts=1, booked=1)
        assert sweeping.expire_holds_due(now + HOUR / 60) == Swept()

        states = dict(Hold.objects.filter(pk__in=[over.pk, still.pk]).values_list("pk", "state"))
        assert states == {over.pk: "expired", still.pk: "held"}

    def test_writes_down_the_end_of_a_hold_that_keeps_nothing_once(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "10", now=now - HOUR)
        hold = a_hold(account, "0", now=now - HOUR, lasts=timedelta(minutes=5))

        for minutes in (10, 11):
            sweeping.expire_holds_due(now - HOUR + timedelta(minutes=minutes))

        assert told(hold) == [("made", None, 0), ("expired", None, 0)]

    def test_is_a_job_that_takes_later_arguments(self) -> None:
        account, now = an_account(), clock()
        a_grant(account, "10", now=now - HOUR)
        over = a_hold(account, "4", now=now - HOUR, lasts=timedelta(minutes=5))

        expire_holds(told_later=True)

        over.refresh_from_db()
        assert over.state == "expired"
