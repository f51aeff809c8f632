"""Charging usage anew beside allowances, budgets, ladders, own prices and holds; and what stays as it is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from usage.models import Backfill, Correction, Debit, Grace, Rerating
from usage.queries.backfills import progress
from usage.queries.receipts import receipt
from usage.rules.enrolment import Enrolment
from usage.services import backfilling, own_prices, reversing, terms
from usage.services.own_prices import OwnPriceOrder
from usage.tests.held import a_hold, capture
from usage.tests.laddered import block, crossed, grace, overage
from usage.tests.made import AUTHOR, BLOCK, DAY, HOUR, UNLIMITED, Shop, a_grant, a_reversal, clock
from usage.tests.office import Office
from usage.tests.reported import an_event, rate
from usage.tests.rerated import (
    LATER,
    MARCH,
    SPRING,
    asked,
    at,
    booked,
    corrected_prices,
    left,
    owed,
    standing,
    taken_back,
    told,
    worked,
)
from usage.tests.services.test_allowances import a_member, an_allowance, windows
from usage.tests.services.test_budgets import a_budget, spent
from usage.tests.services.test_unlocking import a_customer, an_unlock, buy
from wallets.models import Account, TokenUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def anew(shop: Shop, tokens: str = "2", now: datetime = LATER, **more: Any) -> Rerating:
    return booked(asked(shop, corrected_prices(shop, tokens=tokens), **{**MARCH, "now": now, **more}), now)


class TestLimits:
    def test_cover_again_what_allowances_covered(self, shop: Shop) -> None:
        account = a_member(shop)
        an_allowance(account, shop.chat, "15")
        for hour in (1, 2, 3):
            shop.debit(account, "10", now=at(hour))

        row = anew(shop)

        assert told(row) == {(account.reference, shop.chat): (2, 15, 30)}
        assert (standing(account), windows(account)[0][2]) == ({shop.chat: 30}, 15)
        assert Correction.objects.count() == 2

    def test_take_of_budgets_what_is_charged_now_and_refuse_nothing(self, shop: Shop) -> None:
        account = a_member(shop)
        a_budget(account, "12")
        shop.debit(account, "10", now=at(1))

        anew(shop)

        assert spent(account) == [("team", "", "2026-03-01", 20)]

    def test_charge_accounts_in_any_state(self, shop: Shop) -> None:
        account = a_member(shop)
        shop.debit(account, "10", now=at(1))
        account.state = "closed"
        account.save()

        anew(shop)

        assert standing(account) == {shop.chat: 20}

    def test_tell_nothing_of_the_moment_in_between(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=overage("100"))
        a_grant(account, "10", now=SPRING)
        shop.debit(account, "30", now=at(1))
        before = crossed(account)

        anew(shop, "1.5")

        assert owed(account) == 35
        assert crossed(account) == before

    def test_tell_what_changes(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=UNLIMITED)
        a_grant(account, "10", now=SPRING)
        shop.debit(account, "10", now=at(1))

        anew(shop)

        assert ("overage.started", "overage") in crossed(account)
        assert owed(account) == 10


class TestPrices:
    def test_of_an_account_apply_again(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        order = OwnPriceOrder(shop.chat, "multiplier", factor=Decimal("0.5"), effective_from=at(5))
        own_prices.override(account_id=account.pk, order=order, author=AUTHOR, now=at(2))
        shop.debit(account, "10", now=at(1))
        shop.debit(account, "10", now=at(6))

        anew(shop, "4")

        assert standing(account) == {shop.chat: 40 + 20}

    def test_of_an_instant_are_what_the_account_pays_then(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        shop.debit(account, "10", now=at(1))
        dear = shop.a_table(tokens="3", since=SPRING - 40 * DAY)
        terms.enrol(
            reference=account.reference, asked=Enrolment(rate_table=dear.code), author=AUTHOR, now=at(40)
        )
        order = OwnPriceOrder(shop.chat, "multiplier", factor=Decimal("0.5"))
        own_prices.override(account_id=account.pk, order=order, author=AUTHOR, now=at(50))

        first = booked(asked(shop, None, **MARCH, priced_at=at(45)), LATER)
        assert standing(account) == {shop.chat: 30}
        booked(asked(shop, None, **{**MARCH, "now": LATER + DAY}, table_id=None), LATER + DAY)

        assert first.priced_at == at(45)
        assert standing(account) == {shop.chat: 15}
        assert Debit.objects.latest("pk").table_id == dear.pk


class TestWhatStays:
    def test_has_no_price_or_one_in_another_token(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        shop.debit(account, "10", now=at(1))
        shop.debit(account, "5", features=(shop.image,), now=at(2))
        prices = corrected_prices(shop, RateRow(shop.chat, Decimal(2)))

        row = booked(asked(shop, prices, **MARCH), LATER)

        assert left(row) == left(row, "running") == {"no_rate": 1}
        assert standing(account) == {shop.chat: 20, shop.image: 5}
        TokenUnit.objects.get_or_create(code="GEM", defaults={"name": "", "is_default": False})
        gems = shop.a_table(token="GEM", since=SPRING - 40 * DAY)
        terms.enrol(
            reference=account.reference, asked=Enrolment(rate_table=gems.code), author=AUTHOR, now=at(40)
        )
        later = worked(asked(shop, None, **{**MARCH, "now": LATER + DAY}, table_id=None), LATER + DAY)
        assert left(later) == {"other_token": 2}

    def test_is_of_an_account_that_stays_on_a_version(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        own_prices.keep_version(
            account_id=account.pk,
            version=shop.table.versions.get(),
            until=at(10),
            author=AUTHOR,
            now=SPRING,
        )
        shop.debit(account, "10", now=at(1))
        shop.debit(account, "10", now=at(11))

        assert left(anew(shop)) == {"stays": 1}
        assert standing(account) == {shop.chat: 30}

    def test_opened_features_or_is_of_a_seat(self, shop: Shop) -> None:
        an_unlock(shop)
        account = a_customer(shop)
        buy(shop, account, now=at(1))
        office = Office(now=SPRING + 2 * HOUR, seats=0)
        office.take("ann")

        assert left(anew(shop)) == {"opens": 1}
        of_seats = anew(office.shop, "12", table_id=office.table.pk)
        assert left(of_seats) == {"seat": 1}
        assert not Correction.objects.exists()

    def test_captured_a_hold_that_is_open(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=BLOCK)
        a_grant(account, "1000", now=SPRING - DAY)
        over, still = (a_hold(shop, account, "10", now=at(1), expires_in=86400) for _ in range(2))
        capture(shop, over, "10", now=at(2))
        capture(shop, still, "4", is_final=False, now=at(2))

        row = anew(shop, now=at(3), until=at(3))

        assert left(row) == {"held": 1}
        assert standing(account) == {shop.chat: 24}

    def test_captured_a_hold_and_is_counted_by_tiers(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        capture(shop, a_hold(shop, account, "10", now=at(1), expires_in=86400), "10", now=at(2))
        tiers = (Tier(Decimal(5), Decimal(1)),)
        prices = corrected_prices(
            shop, RateRow(shop.chat, Decimal(2), tier_mode="graduated", tiers=tiers), RateRow("*", Decimal(1))
        )

        assert left(booked(asked(shop, prices, **MARCH), LATER)) == {"held_tiers": 1}

    def test_would_end_a_grace_that_is_given_once(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=block(grace=grace("50", 90 * DAY)))
        a_grant(account, "10", now=SPRING - DAY, kind="purchase")
        shop.debit(account, "30", now=at(1))
        assert Grace.objects.get(account=account).ended_at is None

        assert left(anew(shop)) == {"grace": 1}
        assert Grace.objects.get(account=account).ended_at is None
        assert owed(account) == 20

    def test_would_come_to_too_many_digits(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        shop.debit(account, "1", now=at(1))
        shop.debit(account, "1000000000", now=at(2))

        row = anew(shop, "999999999999")

        assert left(row) == {"out_of_range": 1}
        assert left(row, "running") == {"out_of_range": 1}
        assert standing(account) == {shop.chat: Decimal(999999999999 + 1000000000)}


def a_backfill(shop: Shop, account: Account, units: str) -> Backfill:
    """One event of so many units, booked by a backfill."""
    sent = an_event(shop, account, units, at=at(1))
    backfill = backfilling.open_backfill(reason="The meter was cut off.", by="mina")
    backfilling.take_events(
        backfill=backfill, events=[sent], product_id=shop.product.pk, api_key_id=shop.key.pk
    )
    backfilling.approve(backfill=backfill, by="tom")
    rate()
    return backfill


class TestBackfill:
    def test_that_is_taken_back_gives_back_what_was_charged_anew(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        backfill = a_backfill(shop, account, "10")
        interval = {**MARCH, "now": clock()}
        booked(asked(shop, corrected_prices(shop), **interval))
        assert standing(account) == {shop.chat: 20}

        backfilling.revert(backfill=backfill, by="tom", reason="Another year's.")
        backfilling.work_on_reverts(60)

        assert standing(account) == {}
        assert (progress(backfill.pk).booked, progress(backfill.pk).returned, owed(account)) == (1, 1, 0)

    def test_that_is_taken_back_stays_so_where_a_courtesy_had_left_nothing(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        backfill = a_backfill(shop, account, "10")
        debit = Debit.objects.get(account=account)
        reversing.reverse(a_reversal(receipt(debit.pk), "8"))
        interval = {**MARCH, "now": clock()}
        row = booked(asked(shop, corrected_prices(shop, tokens="0.5"), **interval))
        assert progress(backfill.pk).returned == 0

        backfilling.revert(backfill=backfill, by="tom", reason="Another year's.")
        backfilling.work_on_reverts(60)
        taken_back(row)

        assert (standing(account), progress(backfill.pk).returned, owed(account)) == ({}, 1, 0)
