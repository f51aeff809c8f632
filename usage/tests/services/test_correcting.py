"""Booking a re-rating: each debit is given back whole, and charged anew in its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pricing.rules.rows import RateRow
from usage.errors import (
    NothingToReverse,
    ReratingNotRunning,
)
from usage.models import BeyondPolicy, Claim, Correction, Debit, Rerating, Reversal
from usage.queries.receipts import receipt as receipt_of
from usage.services import correcting, rerating, reversing
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal, ledger_of
from usage.tests.rerated import (
    LATER,
    MARCH,
    SPRING,
    a_payer,
    approved,
    asked,
    at,
    booked,
    corrected_prices,
    left,
    left_to_spend,
    now_charged,
    owed,
    standing,
    taken_back,
    told,
    worked,
)
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def account(shop: Shop) -> Account:
    return a_payer(shop)


class TestBooking:
    def test_gives_each_debit_back_and_charges_it_anew(self, shop: Shop, account: Account) -> None:
        receipt = shop.debit(account, "10", now=at(1), subject={"user": "u-1"})

        row = booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        assert row.state == "done"
        found = Correction.objects.get()
        old, new = Debit.objects.get(pk=receipt.id), Debit.objects.get(pk=found.replacement_id)
        assert (found.debit_id, found.root_id, found.courtesy_id) == (old.pk, old.pk, None)
        assert (new.tokens, new.occurred_at, new.subject, new.product_id) == (
            20,
            at(1),
            {"user": "u-1"},
            old.product_id,
        )
        assert new.key == f"rerating {row.pk} {old.pk}"
        assert Claim.objects.get(key=new.key).effect_id == new.pk
        reversal = Reversal.objects.get(debit_id=old.pk)
        assert (reversal.pk, reversal.tokens, reversal.restored, reversal.is_whole) == (
            found.reversal_id,
            10,
            10,
            True,
        )
        assert (reversal.reason, reversal.recorded_by) == (f"Re-rating {row.pk}: The price was wrong.", "tom")
        assert ledger_of(account)[1:] == [("draw", 10), ("restore", 10), ("draw", 20)]

    def test_writes_nothing_where_prices_are_the_same(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        before = ledger_of(account)

        booked(asked(shop, corrected_prices(shop, tokens="1"), **MARCH), LATER)

        assert ledger_of(account) == before
        assert not Correction.objects.exists()

    def test_replaces_only_debits_of_which_a_line_changes(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        both = shop.debit(account, "10", "3", features=(shop.chat, shop.image), now=at(2))
        prices = corrected_prices(shop, RateRow(shop.chat, Decimal(1)), RateRow(shop.image, Decimal(4)))

        booked(asked(shop, prices, **MARCH), LATER)

        assert Correction.objects.get().debit_id == both.id
        assert standing(account) == {shop.chat: 20, shop.image: 12}

    def test_is_booked_whatever_the_policy_says_and_marked(self, shop: Shop) -> None:
        poor = shop.an_account(SPRING - DAY)
        a_grant(poor, "10", now=SPRING - DAY)
        shop.debit(poor, "10", now=at(1))

        booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        new = Debit.objects.get(account=poor, outcome="overage")
        assert (new.tokens, new.overage, owed(poor)) == (20, 10, 10)
        assert new.pk == Correction.objects.get().replacement_id
        assert new.notices == ["overage"]
        assert BeyondPolicy.objects.get().tokens == 10

    def test_happens_once_however_often_it_is_worked_at(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        row = booked(asked(shop, corrected_prices(shop), **MARCH), LATER)
        Rerating.objects.filter(pk=row.pk).update(state="running", cursor=None, debits_done=0)

        worked(row, LATER)

        assert Correction.objects.count() == 1
        assert standing(account) == {shop.chat: 20}

    def test_goes_on_slice_by_slice(
        self, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(correcting, "A_SLICE", 2)
        other = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        for hour in range(5):
            shop.debit(account, "1", now=at(hour))
            shop.debit(other, "1", now=at(hour))
        row = worked(asked(shop, corrected_prices(shop), **MARCH), LATER)
        approved(row)

        assert correcting.work(row.pk, 0, LATER) is True
        part = Rerating.objects.get(pk=row.pk)
        assert (part.debits_done, Correction.objects.count()) == (2, 2)
        assert worked(row, LATER).debits_done == 10
        assert (standing(account), standing(other)) == ({shop.chat: 10}, {shop.chat: 10})

    def test_stops_with_what_is_done(
        self, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(correcting, "A_SLICE", 1)
        for hour in range(3):
            shop.debit(account, "1", now=at(hour))
        row = worked(asked(shop, corrected_prices(shop), **MARCH), LATER)
        with pytest.raises(ReratingNotRunning):
            rerating.stop(rerating=row, by="tom")
        approved(row)
        correcting.work(row.pk, 0, LATER)

        rerating.stop(rerating=row, by="tom")

        assert worked(row, LATER).state == "stopped"
        assert Correction.objects.count() == 1
        assert standing(account) == {shop.chat: 4}

    def test_of_the_same_interval_again_changes_nothing(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        prices = corrected_prices(shop)
        booked(asked(shop, prices, **MARCH), LATER)

        again = booked(asked(shop, prices, **MARCH, table_id=prices.table_id), LATER + DAY)

        assert (again.state, told(again)) == ("done", {})
        assert Correction.objects.count() == 1

    def test_at_a_third_price_replaces_the_replacement(self, shop: Shop, account: Account) -> None:
        first = shop.debit(account, "10", now=at(1))
        prices = corrected_prices(shop)
        booked(asked(shop, prices, **MARCH), LATER)
        third = corrected_prices(shop, tokens="3")

        booked(asked(shop, third, **{**MARCH, "now": LATER + DAY}, table_id=prices.table_id), LATER + DAY)

        assert [each.root_id for each in Correction.objects.all()] == [first.id] * 2
        assert standing(account) == {shop.chat: 30}
        assert left_to_spend(account) == 970

    def test_says_by_which_debit_one_was_replaced_that_is_to_be_reversed(
        self, shop: Shop, account: Account
    ) -> None:
        receipt = shop.debit(account, "10", now=at(1))
        booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        with pytest.raises(NothingToReverse, match=str(now_charged(receipt.id).pk)):
            reversing.reverse(a_reversal(receipt, now=LATER))

    def test_leaves_what_another_did_meanwhile(self, shop: Shop, account: Account) -> None:
        first, second = (shop.debit(account, "10", now=at(hour)) for hour in (1, 2))
        one, other = (worked(asked(shop, corrected_prices(shop, tokens=n), **MARCH), LATER) for n in "23")
        reversing.reverse(a_reversal(first, now=LATER))

        worked(approved(one), LATER)
        worked(approved(other), LATER)

        assert Correction.objects.get().debit_id == second.id
        assert standing(account) == {shop.chat: 20}


class TestWhatWasGivenBackInPart:
    def test_is_given_back_again(self, shop: Shop, account: Account) -> None:
        receipt = shop.debit(account, "100", now=at(1))
        reversing.reverse(a_reversal(receipt, "30", now=at(2)))

        booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        found = Correction.objects.get()
        assert Reversal.objects.get(pk=found.reversal_id).tokens == 70
        courtesy = Reversal.objects.get(pk=found.courtesy_id)
        assert (courtesy.debit_id, courtesy.tokens, courtesy.is_whole) == (found.replacement_id, 30, False)
        assert left_to_spend(account) == 1000 - 200 + 30

    def test_is_never_more_than_the_new_charge(self, shop: Shop, account: Account) -> None:
        receipt = shop.debit(account, "100", now=at(1))
        reversing.reverse(a_reversal(receipt, "80", now=at(2)))

        booked(asked(shop, corrected_prices(shop, tokens="0.5"), **MARCH), LATER)

        assert left_to_spend(account) == 1000
        assert Reversal.objects.get(pk=Correction.objects.get().courtesy_id).tokens == 50

    @pytest.mark.parametrize("tokens_between", ["0", "0.5"])
    def test_is_given_back_in_full_where_the_charge_comes_to_more_again(
        self, shop: Shop, account: Account, tokens_between: str
    ) -> None:
        receipt = shop.debit(account, "100", now=at(1))
        reversing.reverse(a_reversal(receipt, "80", now=at(2)))
        cheap = corrected_prices(shop, tokens=tokens_between)
        row = booked(asked(shop, cheap, **MARCH), LATER)
        assert left_to_spend(account) == 1000

        again = asked(
            shop, corrected_prices(shop, tokens="3"), table_id=cheap.table_id, **MARCH | {"now": LATER + DAY}
        )
        again = booked(again, LATER + DAY)
        assert left_to_spend(account) == 1000 - 300 + 80

        taken_back(again, LATER + DAY)
        taken_back(row, LATER + DAY)
        assert left_to_spend(account) == 1000 - 100 + 80
        assert Reversal.objects.get(debit_id=now_charged(receipt.id).pk).tokens == 80

    def test_counts_what_was_given_back_of_any_charge_of_the_usage(
        self, shop: Shop, account: Account
    ) -> None:
        receipt = shop.debit(account, "100", now=at(1))
        reversing.reverse(a_reversal(receipt, "30", now=at(2)))
        row = booked(asked(shop, corrected_prices(shop), **MARCH), LATER)
        reversing.reverse(a_reversal(receipt_of(now_charged(receipt.id).pk), "20", now=LATER))

        taken_back(row, LATER + DAY)

        assert left_to_spend(account) == 1000 - 100 + 30 + 20

    def test_leaves_a_debit_that_can_be_given_back_whole_once(self, shop: Shop, account: Account) -> None:
        receipt = shop.debit(account, "100", now=at(1))
        reversing.reverse(a_reversal(receipt, "80", now=at(2)))
        row = booked(asked(shop, corrected_prices(shop, tokens="0.5"), **MARCH), LATER)
        whole = a_reversal(receipt_of(now_charged(receipt.id).pk), now=LATER)
        assert left_to_spend(account) == 1000

        assert reversing.reverse(whole).tokens == 0
        with pytest.raises(NothingToReverse):
            reversing.reverse(replace(whole, key="again"))

        assert left(taken_back(row, LATER + DAY), "reverting") == {"given_back": 1}
        assert left_to_spend(account) == 1000

    def test_to_the_last_token_leaves_nothing_to_charge_anew(self, shop: Shop, account: Account) -> None:
        receipt = shop.debit(account, "100", now=at(1))
        reversing.reverse(a_reversal(receipt, "100", now=at(2)))

        row = booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        assert left(row) == {"given_back": 1}
        assert not Correction.objects.exists()
