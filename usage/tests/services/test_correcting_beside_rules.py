"""Charging usage anew beside what holds keep, and what ladders told, throttled and gave: those stay as they were."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from config.kernel.errors import LimitReached
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from usage.models import Correction, DebitLine, Grace, Rerating
from usage.queries.audit_holds import HOLDS
from usage.queries.audit_ladders import LADDERS
from usage.queries.audit_limits import LIMITS
from usage.queries.audit_policies import POLICIES
from usage.queries.audit_reratings import RERATINGS
from usage.queries.audit_reversals import REVERSALS
from usage.queries.audit_tiers import TIERS
from usage.queries.receipts import receipt
from usage.services import reversing
from usage.tests.held import a_hold, capture
from usage.tests.laddered import a_spender, block, crossed, grace, level, overage, tokens
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal
from usage.tests.rerated import asked, booked, corrected_prices, left, now_charged, owed, standing, taken_back
from usage.tests.services.test_allowances import a_member, an_allowance, windows
from usage.tests.services.test_budgets import a_budget, spent
from usage.tests.services.test_hold_rooms import covered, kept
from wallets.models import Account

pytestmark = pytest.mark.django_db

SPRING = datetime(2026, 3, 2, tzinfo=UTC)
SOON, LATER = SPRING + 3 * HOUR, SPRING + 60 * DAY
A_DAY = 86400


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def at(hours: int) -> datetime:
    return SPRING + hours * HOUR


def anew(shop: Shop, price: str | RateRow, now: datetime = LATER) -> Rerating:
    """All usage until then, at so many tokens a unit."""
    prices = corrected_prices(shop, tokens=price) if isinstance(price, str) else corrected_prices(shop, price)
    return booked(asked(shop, prices, since=SPRING, until=now, now=now), now)


def lies(account: Account) -> list[tuple[str, dict[str, Any]]]:
    """What the audit finds of the account."""
    found = []
    with connection.cursor() as cursor:
        for check in (*HOLDS, *LIMITS, *LADDERS, *POLICIES, *RERATINGS, *REVERSALS, *TIERS):
            cursor.execute(check.sql)
            names = [column.name for column in cursor.description]
            rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
            found += [(check.name, row) for row in rows if row.get("account") == account.pk]
    return found


class TestRoomOfHolds:
    def test_in_budgets_is_theirs_when_other_usage_is_charged_anew(self, shop: Shop) -> None:
        account = a_member(shop, SPRING)
        a_budget(account, "40", now=SPRING)
        shop.debit(account, "10", now=at(1))
        hold = a_hold(shop, account, "20", now=at(2), expires_in=A_DAY)

        anew(shop, "2", SOON)

        assert (spent(account), kept(account)) == ([("team", "", "2026-03-02", 20)], [20])
        with pytest.raises(LimitReached):
            shop.debit(account, "0.000001", now=at(4))
        capture(shop, hold, "20", now=at(5))
        assert (spent(account), kept(account)) == ([("team", "", "2026-03-02", 40)], [0])
        assert lies(account) == []

    def test_in_allowances_is_theirs_when_other_usage_is_charged_anew(self, shop: Shop) -> None:
        account = a_member(shop, SPRING)
        an_allowance(account, shop.chat, "12", now=SPRING)
        hold = a_hold(shop, account, "8", now=at(1), expires_in=A_DAY)
        shop.debit(account, "10", now=at(2))

        anew(shop, "2", SOON)

        assert (standing(account), windows(account), covered(account)) == (
            {shop.chat: 12},
            [("2026-03-01", 0, 4, 0)],
            [8],
        )
        capture(shop, hold, "8", now=at(5))
        assert (standing(account), windows(account)) == ({shop.chat: 12}, [("2026-03-01", 0, 12, 0)])
        assert lies(account) == []

    def test_is_not_given_again_for_a_capture_that_is_charged_anew(self, shop: Shop) -> None:
        account = a_member(shop, SPRING)
        a_budget(account, "40", now=SPRING)
        an_allowance(account, shop.chat, "4", now=SPRING)
        capture(shop, a_hold(shop, account, "10", now=at(1)), "10", now=at(1))

        anew(shop, "2")

        assert standing(account) == {shop.chat: 12}
        assert (spent(account), kept(account)) == ([("team", "", "2026-03-02", 12)], [0])
        assert (windows(account), covered(account)) == ([("2026-03-01", 0, 4, 0)], [0])
        assert lies(account) == []

    def test_is_free_where_nobody_has_seen_yet_that_the_hold_is_over(self, shop: Shop) -> None:
        account = a_spender(shop, overage("10"), has="0")
        shop.debit(account, "1", now=at(1))
        a_hold(shop, account, "8", now=at(1))

        anew(shop, "9")

        assert owed(account) == 9
        assert lies(account) == []


class TestCourtesy:
    @pytest.mark.parametrize("is_given_back_whole", [False, True])
    def test_that_leaves_nothing_is_no_lie(self, shop: Shop, is_given_back_whole: bool) -> None:
        account = a_member(shop, SPRING)
        first = shop.debit(account, "10", now=at(1))
        reversing.reverse(a_reversal(first, "8", now=at(1)))
        row = anew(shop, "0.5", SOON)
        if is_given_back_whole:
            whole = receipt(now_charged(first.id).pk)
            reversing.reverse(a_reversal(whole, now=SOON + HOUR))

        taken_back(row, SOON + 2 * HOUR)

        assert standing(account) == ({} if is_given_back_whole else {shop.chat: 10})
        assert lies(account) == []


class TestLadder:
    def test_takes_nothing_from_buckets(self, shop: Shop) -> None:
        account = a_spender(shop, block(throttle=(tokens("50"),)))
        shop.debit(account, "20", now=SOON)
        before = level(account)

        anew(shop, "2", SOON + HOUR)

        assert (standing(account), level(account)) == ({shop.chat: 40}, before)
        assert lies(account) == []

    def test_tells_a_threshold_once(self, shop: Shop) -> None:
        account = a_spender(shop, block(50))
        shop.debit(account, "30", now=at(1))

        first = anew(shop, "2")
        assert crossed(account) == [("balance.threshold", "threshold:50")]
        taken_back(first, LATER + DAY)
        anew(shop, "3", LATER + 2 * DAY)

        assert standing(account) == {shop.chat: 90}
        assert crossed(account) == [("balance.threshold", "threshold:50")]
        assert lies(account) == []


class TestGrace:
    """One that runs goes on. An earlier charge of the slice may make a later one all the overage there is."""

    @pytest.fixture
    def account(self, shop: Shop) -> Account:
        account = a_spender(shop, block(grace=grace("50", 90 * DAY)), has="10", kind="purchase")
        shop.debit(account, "20", now=at(1))
        shop.debit(account, "10", now=at(2))
        assert owed(account) == 20
        return account

    def test_is_not_ended_by_charges_of_one_slice(self, shop: Shop, account: Account) -> None:
        row = anew(shop, "0.4")

        assert (left(row), left(row, "running")) == ({}, {"grace": 1})
        assert (standing(account), owed(account)) == ({shop.chat: 18}, 10)
        assert Grace.objects.get(account=account).ended_at is None
        assert lies(account) == []

    def test_is_not_ended_where_a_grant_that_begins_repays_the_rest(self, shop: Shop) -> None:
        account = a_spender(shop, block(grace=grace("50", 90 * DAY)), has="10", kind="purchase")
        shop.debit(account, "20", now=at(1))
        shop.debit(account, "5", now=at(3))
        a_grant(account, "10", now=at(4), kind="purchase", effective_at=at(50))
        assert owed(account) == 15

        row = booked(asked(shop, corrected_prices(shop), since=at(2), until=LATER, now=LATER), LATER)

        assert (left(row, "running"), owed(account)) == ({"grace": 1}, 5)
        assert Grace.objects.get(account=account).ended_at is None
        assert lies(account) == []

    def test_leaves_what_is_counted_after_it_in_its_place(self, shop: Shop, account: Account) -> None:
        a_grant(account, "100", now=at(3))
        last = shop.debit(account, "10", now=at(4))
        tiers = (Tier(Decimal(25), Decimal("0.1")),)

        row = anew(shop, RateRow(shop.chat, Decimal("0.4"), tier_mode="graduated", tiers=tiers))

        assert left(row, "running") == {"grace": 1}
        line = DebitLine.objects.get(debit=Correction.objects.get(debit_id=last.id).replacement_id)
        assert (line.counted, line.tokens) == (20, Decimal("2.5"))
        assert lies(account) == []

    def test_is_begun_by_a_charge_that_goes_beyond_zero(self, shop: Shop) -> None:
        account = a_spender(shop, block(grace=grace("50", 90 * DAY)), has="10", kind="purchase")
        shop.debit(account, "10", now=at(1))

        anew(shop, "2")

        assert owed(account) == 10
        assert ("grace.started", "grace") in crossed(account)
        assert lies(account) == []
