"""A hold keeps its room in budgets and allowances: nobody else gets it while it is open, and it is back after."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import LimitReached
from usage.models import HoldBudget, HoldCover
from usage.queries.changes import accounts_to_observe
from usage.queries.entitlements import entitlements
from usage.queries.feature_cards import cards_named
from usage.services import observing
from usage.tests.held import a_hold, capture, release
from usage.tests.made import DAY, HOUR, Shop
from usage.tests.services.test_allowances import a_member, an_allowance, windows
from usage.tests.services.test_budgets import a_budget, spent
from wallets.models import Account
from wallets.services import ledger, sweeping

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
NOON = SPRING + 12 * HOUR
MINUTE = timedelta(minutes=1)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def kept(account: Account) -> list[Decimal]:
    return list(HoldBudget.objects.filter(account=account).order_by("id").values_list("kept", flat=True))


def covered(account: Account) -> list[Decimal]:
    return list(HoldCover.objects.filter(account=account).order_by("id").values_list("kept", flat=True))


class TestRoomInABudget:
    def test_is_refused_to_others_to_the_millionth(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        a_hold(shop, acme, "6", now=NOON)

        with pytest.raises(LimitReached) as refused:
            shop.debit(acme, "4.000001", now=NOON)
        shop.debit(acme, "4", now=NOON)

        told = {name: refused.value.extras[name] for name in ("limit", "used", "held", "available")}
        assert told == {"limit": "10.000000", "used": "0", "held": "6.000000", "available": "4.000000"}
        assert spent(acme) == [("team", "", "2026-03-01", 4)]

    def test_is_refused_to_other_holds(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        a_hold(shop, acme, "6", now=NOON)

        with pytest.raises(LimitReached):
            a_hold(shop, acme, "4.000001", now=NOON)
        a_hold(shop, acme, "4", now=NOON)

        assert kept(acme) == [6, 4]

    def test_is_back_with_a_release(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)

        release(shop, a_hold(shop, acme, "6", now=NOON), now=NOON)

        assert kept(acme) == [0]
        shop.debit(acme, "10", now=NOON)

    def test_is_back_at_the_instant_at_which_the_hold_ends(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        a_hold(shop, acme, "6", now=NOON, expires_in=60)

        with pytest.raises(LimitReached):
            shop.debit(acme, "5", now=NOON + MINUTE - timedelta(microseconds=1))
        shop.debit(acme, "10", now=NOON + MINUTE)

    def test_goes_with_what_is_captured_and_the_rest_is_back_with_the_last_capture(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        hold = a_hold(shop, acme, "6", now=NOON)

        capture(shop, hold, "2", is_final=False, now=NOON)
        after_a_step = kept(acme)
        with pytest.raises(LimitReached):
            shop.debit(acme, "4.000001", now=NOON)
        capture(shop, hold, "1", now=NOON)
        shop.debit(acme, "7", now=NOON)

        assert after_a_step == [4]
        assert spent(acme) == [("team", "", "2026-03-01", 10)]

    def test_is_of_the_value_that_is_counted_apart(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, per="user")
        a_hold(shop, acme, "6", now=NOON, subject={"user": "ann"})

        shop.debit(acme, "10", now=NOON, subject={"user": "bob"})
        with pytest.raises(LimitReached):
            shop.debit(acme, "5", now=NOON, subject={"user": "ann"})

    def test_is_forgotten_where_holds_ended_by_themselves(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        a_hold(shop, acme, "6", now=NOON, expires_in=60)

        a_hold(shop, acme, "3", now=NOON + MINUTE)

        assert kept(acme) == [0, 3]


class TestRoomInAnAllowance:
    def test_covers_nobody_else(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        hold = a_hold(shop, acme, "60", now=NOON)

        other = shop.debit(acme, "60", now=NOON)
        done = capture(shop, hold, "60", now=NOON).debit

        assert (other.tokens, other.lines[0].covered_quantity) == (20, 40)
        assert done is not None
        assert (done.tokens, done.lines[0].covered_quantity) == (0, 60)
        assert windows(acme) == [("2026-03-01", 0, 100, 0)]

    def test_goes_with_what_is_captured(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        hold = a_hold(shop, acme, "60", now=NOON)

        capture(shop, hold, "25", is_final=False, now=NOON)
        after_a_step = covered(acme)
        capture(shop, hold, "5", now=NOON)
        other = shop.debit(acme, "70", now=NOON)

        assert (after_a_step, covered(acme)) == ([35], [0])
        assert (other.tokens, other.lines[0].covered_quantity) == (0, 70)

    def test_is_not_carried_over_where_the_hold_was_open_at_the_end(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="100")
        late = APRIL - HOUR
        hold = a_hold(shop, acme, "60", now=late, expires_in=86_400)

        shop.debit(acme, "1", now=APRIL + MINUTE)
        done = capture(shop, hold, "60", now=APRIL + 2 * MINUTE).debit

        assert done is not None
        assert done.lines[0].covered_quantity == 60
        assert windows(acme) == [("2026-03-01", 0, 60, 40), ("2026-04-01", 40, 1, 0)]

    @pytest.mark.parametrize("is_seen_first", [True, False])
    def test_is_carried_over_the_same_whether_the_window_turns_before_or_after_its_release(
        self, shop: Shop, is_seen_first: bool
    ) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="100")
        hold = a_hold(shop, acme, "60", now=APRIL - HOUR, expires_in=86_400)

        if is_seen_first:
            shop.debit(acme, "1", now=APRIL + MINUTE)
        release(shop, hold, now=APRIL + 2 * MINUTE)
        if not is_seen_first:
            shop.debit(acme, "1", now=APRIL + 3 * MINUTE)

        assert windows(acme) == [("2026-03-01", 0, 0, 40), ("2026-04-01", 40, 1, 0)]

    def test_is_carried_over_the_same_though_the_hold_ended_by_itself_meanwhile(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat, carries="100")
        a_hold(shop, acme, "60", now=APRIL - HOUR, expires_in=7_200)
        ledger.settle(account_id=acme.pk, now=APRIL + 3 * HOUR)

        shop.debit(acme, "1", now=APRIL + 3 * HOUR)

        assert windows(acme) == [("2026-03-01", 0, 0, 40), ("2026-04-01", 40, 1, 0)]

    def test_shows_in_what_an_account_is_entitled_to(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        a_hold(shop, acme, "60", now=NOON, expires_in=86_400)

        assert HoldCover.objects.get(account=acme).window_start == date(2026, 3, 1)
        told = entitlements([acme.reference], cards_named([shop.chat]), now=NOON)[acme.reference]
        assert [(each.included, each.used) for each in told.entitlements] == [(100, 60)]


class TestRoomOfHoldsThatEndedByThemselves:
    @pytest.mark.parametrize("by", ["the sweep", "a debit", "nobody yet"])
    def test_is_emptied_by_the_job_that_notes_changes(self, shop: Shop, by: str) -> None:
        acme, beta = a_member(shop), a_member(shop)
        for account in (acme, beta):
            a_budget(account, "10", now=SPRING)
            an_allowance(account, shop.image, units="5")
        ends = {acme: 60, beta: 900}
        for account, seconds in ends.items():
            a_hold(shop, account, "3", "4", features=(shop.chat, shop.image), now=NOON, expires_in=seconds)
        if by == "the sweep":
            sweeping.expire_holds_due(NOON + MINUTE)
        elif by == "a debit":
            shop.debit(acme, "1", now=NOON + MINUTE)

        found = accounts_to_observe(NOON + MINUTE)
        observing.observe_due(NOON + MINUTE)

        assert (acme.pk in found, beta.pk in found) == (True, False)
        assert (kept(acme), covered(acme)) == ([0], [0])
        assert (kept(beta), covered(beta)) == ([3], [4])
        assert acme.pk not in accounts_to_observe(NOON + MINUTE)

    def test_is_found_before_its_end_by_nobody(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        hold = a_hold(shop, acme, "3", now=NOON, expires_in=60)

        assert acme.pk not in accounts_to_observe(hold.expires_at - timedelta(microseconds=1))
        assert acme.pk in accounts_to_observe(hold.expires_at)


class TestKeepingNothing:
    def test_of_what_no_rule_concerns(self, shop: Shop) -> None:
        acme = a_member(shop)

        a_hold(shop, acme, "6", now=NOON)

        assert (kept(acme), covered(acme)) == ([], [])
