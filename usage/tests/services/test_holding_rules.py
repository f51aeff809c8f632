"""Holds of accounts with budgets, allowances and access of their own: judged when made, counted when captured."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import InvalidRequest, LimitReached, NotEntitled
from pricing.rules.tiers import Tier
from usage.models import Access, BeyondPolicy, DebitLine, HoldLine
from usage.queries.holds import priced_for
from usage.rules.orders import Item, OwnCost
from usage.services import holding, reversing
from usage.tests.held import a_hold, capture, denials, free, hold_order, release, written
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, ait, clock, up_to
from usage.tests.reported import an_event, debit_of, rate, report
from usage.tests.services.test_access import said
from usage.tests.services.test_allowances import a_member, an_allowance, windows
from usage.tests.services.test_budgets import a_budget, spent
from usage.tests.services.test_unlocking import an_unlock
from wallets.queries.funds import purses_of

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
NOON = SPRING + 12 * HOUR


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestHoldUnderABudget:
    def test_is_refused_as_a_debit_where_the_estimate_would_pass_it(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        before = written(acme)

        with pytest.raises(LimitReached) as refused:
            a_hold(shop, acme, "10.000001", now=NOON)

        assert refused.value.extras["budget"] == "team"
        assert denials(acme) == [("limit_reached", shop.chat, 1)]
        assert written(acme) == before

    def test_counts_nothing_until_it_is_captured(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)

        hold = a_hold(shop, acme, "10", now=NOON)
        assert spent(acme) == []
        release(shop, hold, now=NOON)

        assert spent(acme) == []

    def test_counts_what_is_captured_and_refuses_nothing_of_it(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        hold = a_hold(shop, acme, "6", now=NOON)
        shop.debit(acme, "4", now=NOON)

        done = capture(shop, hold, "7", now=NOON).debit

        assert done is not None
        assert done.notices == ("budget:team",)
        assert spent(acme) == [("team", "", "2026-03-01", 11)]

    def test_counts_by_the_day_of_the_hold(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING)
        hold = a_hold(shop, acme, "5", now=NOON, expires_in=86_400)

        capture(shop, hold, "5", now=SPRING + DAY + HOUR)

        assert spent(acme) == [("team", "", "2026-03-01", 5)]

    def test_counts_under_the_subject_of_the_hold(self, shop: Shop) -> None:
        acme = a_member(shop)
        a_budget(acme, "10", now=SPRING, per="user")
        hold = a_hold(shop, acme, "5", now=NOON, subject={"user": "ann"})

        capture(shop, hold, "5", now=NOON)

        assert spent(acme) == [("team", "ann", "2026-03-01", 5)]

    def test_counts_by_the_budgets_as_they_are_at_the_capture(self, shop: Shop) -> None:
        acme = a_member(shop)
        hold = a_hold(shop, acme, "5", now=NOON)
        a_budget(acme, "10", now=NOON)

        capture(shop, hold, "5", now=NOON)

        assert spent(acme) == [("team", "", "2026-03-01", 5)]


class TestHoldUnderAnAllowance:
    def test_pins_only_what_is_not_covered(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)

        hold = a_hold(shop, acme, "120", now=NOON)

        assert (hold.tokens, hold.lines[0].covered_quantity) == (20, 100)
        assert free(acme, NOON) == (980, 20, 0)
        assert windows(acme) == []

    def test_pins_nothing_where_all_is_covered(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        hold = a_hold(shop, acme, "100", now=NOON)

        done = capture(shop, hold, "100", now=NOON)

        assert (hold.tokens, done.captured) == (0, 0)
        assert done.debit is not None
        assert (done.debit.outcome, done.debit.lines[0].covered_quantity) == ("covered", 100)
        assert windows(acme) == [("2026-03-01", 0, 100, 0)]

    def test_covers_beyond_the_estimate_what_is_left_by_then(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        hold = a_hold(shop, acme, "30", now=NOON)
        shop.debit(acme, "50", now=NOON)

        done = capture(shop, hold, "90", now=NOON).debit

        assert done is not None
        assert (done.tokens, done.lines[0].covered_quantity) == (40, 50)
        assert free(acme, NOON) == (960, 0, 0)

    def test_leaves_covered_units_out_of_the_tiers(self, shop: Shop) -> None:
        tiers = (Tier(Decimal(100), Decimal(1)),)
        table = shop.a_table(since=SPRING - 40 * DAY, tokens="2", tier_mode="graduated", tiers=tiers)
        acme = a_member(shop, rate_table=table.code)
        an_allowance(acme, shop.chat)

        hold = a_hold(shop, acme, "150", "60", now=NOON)
        done = capture(shop, hold, "150", "60", now=NOON).debit

        assert hold.tokens == 100 * 2 + 10 * 1
        assert done is not None
        assert done.tokens == hold.tokens
        lines = DebitLine.objects.filter(debit_id=done.id).order_by("position")
        assert list(lines.values_list("counted", flat=True)) == [0, 50]

    def test_gives_units_back_with_all_of_its_debit(self, shop: Shop) -> None:
        acme = a_member(shop)
        an_allowance(acme, shop.chat)
        done = capture(shop, a_hold(shop, acme, "100", now=NOON), "100", now=NOON).debit

        assert done is not None
        reversing.reverse(a_reversal(done, now=NOON))

        assert windows(acme) == [("2026-03-01", 0, 0, 0)]


class TestHoldUnderAccess:
    def test_is_refused_where_the_feature_is_closed(self, shop: Shop) -> None:
        acme = a_member(shop)
        said(acme, shop.chat, "closed", now=SPRING)

        with pytest.raises(NotEntitled):
            a_hold(shop, acme, "1", now=NOON)

        assert denials(acme) == [("not_entitled", shop.chat, 1)]

    def test_is_captured_where_the_feature_was_closed_since(self, shop: Shop) -> None:
        acme = a_member(shop)
        hold = a_hold(shop, acme, "1", now=NOON)
        said(acme, shop.chat, "closed", now=NOON)

        assert capture(shop, hold, "1", now=NOON).captured == 1

    def test_is_refused_by_nothing_that_is_only_remembered(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hold = a_hold(shop, a_member(shop), "1", now=NOON)
        asked: list[object] = []

        def remembered(*given: Any) -> Any:
            asked.append(given)
            if len(asked) == 1:
                raise InvalidRequest.at("/items/0/quantity", "This was sold by whole periods.")
            return priced_for(*given)

        monkeypatch.setattr(holding.holds, "priced_for", remembered)

        assert capture(shop, hold, "1", now=NOON).captured == 1

    def test_opens_what_it_buys_when_it_is_captured(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_member(shop)
        hold = a_hold(shop, acme, "1", features=(shop.image,), now=NOON)
        assert not Access.objects.filter(account=acme).exists()

        capture(shop, hold, "1", features=(shop.image,), now=NOON + HOUR / 6)

        opened = Access.objects.get(account=acme)
        assert (opened.pattern, opened.effective_from) == (shop.chat, NOON + HOUR / 6)


class TestEstimateWithACost:
    def test_is_told_by_the_capture_of_the_estimate(self, shop: Shop) -> None:
        acme = a_member(shop)
        order = hold_order(shop, acme, "2", now=NOON)
        items = (Item(shop.chat, Decimal(2), {}, OwnCost(Decimal("0.25"), "USD")),)
        object.__setattr__(order, "items", items)

        hold = holding.make(order)
        done = capture(shop, hold, as_estimated=True, now=NOON).debit

        assert done is not None
        assert done.lines[0].cost == OwnCost(Decimal("0.25"), "USD")
        assert HoldLine.objects.get(hold_id=hold.id).cost_currency == "USD"


class TestEventBesideAHold:
    def test_is_marked_where_it_takes_room_that_a_hold_keeps(self, shop: Shop) -> None:
        acme = shop.an_account(policy=up_to("20"))
        hold = a_hold(shop, acme, "8")
        sent = an_event(shop, acme, "15")
        report(shop, sent)

        rate()
        mark, debit = BeyondPolicy.objects.get(account=acme), debit_of(sent)

        assert debit is not None
        assert (mark.debit_id, mark.tokens, debit.overage) == (debit.pk, 3, 15)
        assert capture(shop, hold, "8").captured == 8

    def test_is_not_marked_where_the_hold_has_ended(self, shop: Shop) -> None:
        acme = shop.an_account(policy=up_to("20"))
        release(shop, a_hold(shop, acme, "8"))
        report(shop, an_event(shop, acme, "15"))

        rate()

        assert not BeyondPolicy.objects.filter(account=acme).exists()


class TestFundsBesideAHold:
    def test_leave_out_what_a_hold_keeps_of_grants_and_of_room(self, shop: Shop) -> None:
        acme = shop.an_account(policy=up_to("20"))
        a_grant(acme, "10")
        a_hold(shop, acme, "15")

        funds = purses_of([acme.pk], clock()).of(acme.pk, ait())

        assert (funds.payable(shop.chat), funds.overage_held) == (0, 5)
        assert funds.has_room(Decimal(15))
        assert not funds.has_room(Decimal("15.000001"))

    def test_have_it_back_once_the_hold_is_past_its_end(self, shop: Shop) -> None:
        acme = shop.an_account(policy=up_to("20"))
        a_grant(acme, "10")
        hold = a_hold(shop, acme, "15")

        funds = purses_of([acme.pk], hold.expires_at).of(acme.pk, ait())

        assert (funds.payable(shop.chat), funds.overage_held) == (10, 0)
