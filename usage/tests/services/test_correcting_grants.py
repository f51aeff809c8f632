"""What pays, and what months count, where usage is charged anew."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from usage.models import Correction, DebitLine, Grace, Reversal, TierCount
from usage.services import correcting, granting
from usage.tests.laddered import block, crossed, grace
from usage.tests.made import DAY, UNLIMITED, Shop, a_call, a_grant, clock, ledger_of
from usage.tests.rerated import (
    LATER,
    MARCH,
    SPRING,
    a_payer,
    asked,
    at,
    booked,
    corrected_prices,
    left_to_spend,
    owed,
    standing,
    taken_back,
    told,
)
from wallets.models import Account, Grant
from wallets.services import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def account(shop: Shop) -> Account:
    return a_payer(shop)


class TestGrants:
    def test_that_are_over_pay_again_with_what_they_get_back(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY)
        a_grant(account, "30", now=SPRING - DAY, expires_at=SPRING + 10 * DAY)
        a_grant(account, "100", now=SPRING + 20 * DAY)
        shop.debit(account, "30", now=at(1))

        booked(asked(shop, corrected_prices(shop, tokens="0.5"), **MARCH), LATER)

        reversal = Reversal.objects.get()
        assert (reversal.tokens, reversal.restored, reversal.lapsed) == (30, 15, 15)
        assert [kind for kind, _ in ledger_of(account)[-3:]] == ["restore", "draw", "expire"]
        assert left_to_spend(account) == 100

    def test_that_had_repaid_overage_repay_it_again(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        shop.debit(account, "30", now=at(1))
        a_grant(account, "100", now=at(5), kind="purchase")

        booked(asked(shop, corrected_prices(shop, tokens="0.5"), **MARCH), LATER)

        assert (owed(account), left_to_spend(account)) == (0, 85)
        assert [kind for kind, _ in ledger_of(account)] == [
            "overage",
            "grant",
            "repay",
            "restore",
            "overage",
            "repay",
        ]

    @pytest.mark.parametrize("is_swept", [False, True])
    def test_that_are_over_pay_no_more_of_old_usage_than_they_get_back(
        self, shop: Shop, is_swept: bool
    ) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        a_grant(account, "100", now=SPRING - DAY, expires_at=SPRING + 50 * DAY)
        shop.debit(account, "30", now=at(1))
        if is_swept:
            ledger.expire(account_id=account.pk, now=LATER)

        booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        grant = Grant.objects.get(account=account)
        assert (grant.spent, grant.expired, owed(account)) == (30, 70, 30)

    @pytest.mark.parametrize(("tokens", "owes", "times"), [("0.5", 0, 1), ("2", 30, 2)])
    def test_that_repay_overage_again_leave_it_untold(
        self, shop: Shop, tokens: str, owes: int, times: int
    ) -> None:
        account = shop.an_account(SPRING - DAY, policy=block(grace=grace("500", 90 * DAY)))
        shop.debit(account, "30", now=at(1))
        a_grant(account, "100", now=at(5), kind="purchase")

        booked(asked(shop, corrected_prices(shop, tokens=tokens), **MARCH), LATER)

        told_of = [name for _, name in crossed(account)]
        assert (owed(account), told_of.count("overage")) == (owes, times)
        assert Grace.objects.filter(account=account).count() == times

    def test_that_were_voided_pay_with_what_they_get_back(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY)
        grant = a_grant(account, "30", now=SPRING - DAY)
        shop.debit(account, "20", now=at(1))
        granting.void(grant_id=grant.pk, reason="Wrong customer.", call=a_call(now=at(3)))

        booked(asked(shop, corrected_prices(shop, tokens="0.5"), **MARCH), LATER)

        reversal = Reversal.objects.get()
        assert (reversal.restored, reversal.lapsed) == (10, 10)
        assert (owed(account), left_to_spend(account)) == (0, 0)

    def test_pay_more_where_it_is_dearer(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "300", now=at(1))
        booked(asked(shop, corrected_prices(shop, tokens="3"), **MARCH), LATER)

        assert left_to_spend(account) == 100


class TestTiers:
    ROW = {"tier_mode": "graduated", "tiers": (Tier(Decimal(100), Decimal(1)),)}

    def tiered(self, shop: Shop, tokens: str) -> RateRow:
        return RateRow(shop.chat, Decimal(tokens), **self.ROW)

    def priced(self, shop: Shop, *rows: RateRow) -> tuple[Account, Any]:
        """A customer of these prices who has used 60 units four times, and the interval of all that but the last."""
        table = corrected_prices(shop, *rows).table
        acme = shop.an_account(rate_table=table.code, policy=UNLIMITED)
        begun = clock()
        for _ in range(3):
            shop.debit(acme, "60")
        until = clock()
        shop.debit(acme, "60")
        return acme, {"since": begun, "until": until, "now": clock(), "table_id": table.pk}

    def test_keep_usage_in_its_place(self, shop: Shop) -> None:
        acme, interval = self.priced(shop, self.tiered(shop, "2"))
        assert standing(acme) == {shop.chat: 100 * 2 + 140}

        booked(asked(shop, corrected_prices(shop, self.tiered(shop, "3")), **interval))

        assert standing(acme) == {shop.chat: 100 * 3 + 140}
        assert Correction.objects.count() == 2

    def test_write_nothing_where_they_are_the_same(self, shop: Shop) -> None:
        _, interval = self.priced(shop, self.tiered(shop, "2"))

        booked(asked(shop, corrected_prices(shop, self.tiered(shop, "2")), **interval))

        assert not Correction.objects.exists()

    @pytest.mark.parametrize("debits_a_slice", [1, 200])
    def test_count_what_is_charged_anew_in_a_dry_run_too(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, debits_a_slice: int
    ) -> None:
        monkeypatch.setattr(correcting, "A_SLICE", debits_a_slice)
        acme, interval = self.priced(shop, RateRow(shop.chat, Decimal(1)))

        row = booked(asked(shop, corrected_prices(shop, self.tiered(shop, "2")), **interval))

        assert told(row) == {(acme.reference, shop.chat): (3, 180, 100 * 2 + 80)}
        assert standing(acme) == {shop.chat: 100 * 2 + 80 + 60}
        lines = DebitLine.objects.filter(account=acme, counted__isnull=False).order_by("counted")
        assert list(lines.values_list("counted", flat=True)) == [0, 60, 120]
        assert TierCount.objects.get(account=acme).units == 180

    def test_are_counted_again_where_one_is_taken_back(self, shop: Shop) -> None:
        acme, interval = self.priced(shop, self.tiered(shop, "2"))
        row = booked(asked(shop, corrected_prices(shop, RateRow(shop.chat, Decimal(1))), **interval))
        assert TierCount.objects.get(account=acme).units == 60

        taken_back(row)

        assert standing(acme) == {shop.chat: 100 * 2 + 140}
        assert TierCount.objects.get(account=acme).units == 240
