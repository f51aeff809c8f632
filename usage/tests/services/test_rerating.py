"""Re-rating an interval: told by a dry run, approved by a second person, and taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from pricing.services import drafting
from usage.errors import (
    IntervalRefused,
    ReratingNotBooked,
    ReratingNotReady,
    SecondPersonNeeded,
)
from usage.models import Correction, Debit, Rerating
from usage.services import correcting, rerating, reversing
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, ledger_of
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
    standing,
    taken_back,
    told,
    worked,
)
from wallets.models import Account, Entry, TokenUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def account(shop: Shop) -> Account:
    return a_payer(shop)


class TestDryRun:
    def test_tells_what_would_change_and_books_nothing(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        shop.debit(account, "5", "2", features=(shop.image, shop.chat), now=at(2))
        before = ledger_of(account)

        row = worked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        assert (row.state, row.reckoned) == ("ready", 2)
        assert told(row) == {
            (account.reference, shop.chat): (2, 12, 24),
            (account.reference, shop.image): (1, 5, 10),
        }
        assert ledger_of(account) == before
        assert Debit.objects.filter(account=account).count() == 2

    def test_says_nothing_of_what_stays_the_same(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))

        row = worked(asked(shop, corrected_prices(shop, tokens="1"), **MARCH), LATER)

        assert (row.state, row.reckoned, told(row), left(row)) == ("ready", 1, {}, {})

    def test_is_of_the_interval_the_table_and_the_filters(self, shop: Shop, account: Account) -> None:
        other = shop.an_account(SPRING - DAY, rate_table=shop.a_table(since=SPRING - 40 * DAY).code)
        a_grant(other, "100", now=SPRING - DAY)
        shop.debit(other, "7", now=at(1))
        shop.debit(account, "1", now=SPRING)
        shop.debit(account, "2", features=(shop.image,), now=at(3))
        shop.debit(account, "4", at=SPRING - HOUR, now=at(4))
        shop.debit(account, "8", now=SPRING + 31 * DAY)
        prices = corrected_prices(shop)

        def sums(**more: Any) -> list[Decimal]:
            return sorted(
                before for _, before, _ in told(worked(asked(shop, prices, **MARCH, **more), LATER)).values()
            )

        assert sums() == [1, 2]
        assert sums(feature_id=Debit.objects.get(tokens=2).lines.get().feature_id) == [2]
        assert sums(account_id=other.pk) == []
        assert sums(product_id=shop.product.pk) == [1, 2]
        assert sums(product_id=shop.product.pk + 1) == []
        assert sums(table_id=other.terms.get().table_id) == [7]

    def test_leaves_out_what_was_given_back_whole_or_recorded_since(
        self, shop: Shop, account: Account
    ) -> None:
        reversing.reverse(a_reversal(shop.debit(account, "3", now=at(1)), now=at(2)))
        shop.debit(account, "5", at=at(1), now=LATER - 30 * DAY)
        row = asked(shop, corrected_prices(shop), **{**MARCH, "now": LATER - 30 * DAY})

        assert told(worked(row, LATER)) == {}

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"since": LATER, "until": LATER + DAY}, "/since"),
            ({"since": SPRING, "until": SPRING}, "/since"),
            ({"reason": " "}, "/reason"),
            ({"table_id": None}, "/table"),
            ({"priced_at": SPRING}, "/priced_at"),
        ],
    )
    def test_needs_a_past_interval_a_reason_and_one_kind_of_prices(
        self, shop: Shop, wrong: dict[str, Any], pointer: str
    ) -> None:
        with pytest.raises(IntervalRefused) as refused:
            asked(shop, corrected_prices(shop), **{**MARCH, **wrong})

        assert refused.value.errors[0].pointer == pointer
        assert not Rerating.objects.exists()

    def test_needs_prices_that_are_settled(self, shop: Shop) -> None:
        draft = drafting.open_draft(table=corrected_prices(shop).table)

        with pytest.raises(IntervalRefused) as unpublished:
            asked(shop, draft, **MARCH)
        with pytest.raises(IntervalRefused) as ahead:
            asked(shop, None, **MARCH, priced_at=LATER + DAY)

        assert unpublished.value.errors[0].pointer == "/version"
        assert ahead.value.errors[0].pointer == "/priced_at"
        assert not Rerating.objects.exists()

    def test_needs_prices_in_the_token_of_the_usage(self, shop: Shop) -> None:
        TokenUnit.objects.create(code="GPU", name="GPU seconds")
        prices = corrected_prices(shop, token="GPU")

        with pytest.raises(IntervalRefused, match="in another token"):
            asked(shop, prices, **MARCH)

        assert not Rerating.objects.exists()


class TestApproval:
    def test_is_a_second_persons(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        row = worked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        with pytest.raises(SecondPersonNeeded):
            rerating.approve(rerating=row, by="mina")
        with pytest.raises(IntegrityError, match="rerating_is_approved_by_another"), transaction.atomic():
            Rerating.objects.filter(pk=row.pk).update(approved_by="mina", approved_at=LATER, state="running")

        assert Rerating.objects.get(pk=row.pk).state == "ready"

    def test_is_of_what_was_told_and_stays(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        row = asked(shop, corrected_prices(shop), **MARCH)

        with pytest.raises(ReratingNotReady):
            rerating.approve(rerating=row, by="tom")
        with pytest.raises(IntegrityError, match="told"), transaction.atomic():
            Rerating.objects.filter(pk=row.pk).update(approved_by="tom", approved_at=LATER, state="running")
        for changed in ({"until": LATER}, {"version": corrected_prices(shop)}, {"asked_by": "tom"}):
            with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
                Rerating.objects.filter(pk=row.pk).update(**changed)
        done = approved(worked(row, LATER))
        with pytest.raises(IntegrityError, match="stands"), transaction.atomic():
            Rerating.objects.filter(pk=row.pk).update(approved_by="joe")

        assert (done.state, done.approved_by) == ("running", "tom")

    def test_is_not_there_from_the_beginning(self, shop: Shop) -> None:
        row = asked(shop, corrected_prices(shop), **MARCH)
        row.pk, row.state, row.approved_by, row.approved_at = None, "running", "tom", LATER

        with pytest.raises(IntegrityError, match="begins with somebody's asking"), transaction.atomic():
            row.save(force_insert=True)

    def test_may_be_refused(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        row = worked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        rerating.discard(rerating=row, by="tom")

        for verb in (rerating.approve, rerating.discard):
            with pytest.raises(ReratingNotReady):
                verb(rerating=row, by="tom")
        assert correcting.work(row.pk, 60) is False
        assert not Correction.objects.exists()

    def test_is_needed_before_anything_is_booked(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        row = worked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        worked(row, LATER)

        assert not Correction.objects.exists()
        assert standing(account) == {shop.chat: 10}


class TestTakingBack:
    def test_charges_again_as_it_was(self, shop: Shop, account: Account) -> None:
        receipt = shop.debit(account, "10", now=at(1))
        row = booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        done = taken_back(row, LATER + DAY)

        assert (done.state, done.reverted_by) == ("reverted", "tom")
        last = now_charged(receipt.id)
        assert (last.tokens, last.table_id) == (10, shop.table.pk)
        assert Correction.objects.get(replacement_id=last.pk).restores_id == receipt.id
        assert left_to_spend(account) == 990
        with pytest.raises(ReratingNotBooked):
            rerating.revert(rerating=row, by="tom", reason="Again.")

    def test_of_one_that_was_stopped_begins_at_its_first_debit(
        self, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(correcting, "A_SLICE", 1)
        for hour in range(3):
            shop.debit(account, "1", now=at(hour))
        row = approved(worked(asked(shop, corrected_prices(shop), **MARCH), LATER))
        correcting.work(row.pk, 0, LATER)
        rerating.stop(rerating=row, by="tom")
        assert standing(account) == {shop.chat: 4}

        done = taken_back(row, LATER)

        assert (done.state, done.debits_done) == ("reverted", 1)
        assert standing(account) == {shop.chat: 3}

    def test_leaves_what_was_replaced_since(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        prices, third = corrected_prices(shop), corrected_prices(shop, tokens="3")
        first = booked(asked(shop, prices, **MARCH), LATER)
        second = booked(
            asked(shop, third, **{**MARCH, "now": LATER + DAY}, table_id=prices.table_id), LATER + DAY
        )

        assert left(taken_back(first, LATER + DAY), "reverting") == {"replaced": 1}
        assert standing(account) == {shop.chat: 30}
        taken_back(second, LATER + DAY)
        assert standing(account) == {shop.chat: 20}

    def test_goes_back_behind_others_that_were_taken_back(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        prices = corrected_prices(shop)
        first = booked(asked(shop, prices, **MARCH), LATER)
        for days, tokens in enumerate("345", 1):
            interval = {**MARCH, "now": LATER + days * DAY, "table_id": prices.table_id}
            other = booked(asked(shop, corrected_prices(shop, tokens=tokens), **interval), LATER + days * DAY)
            taken_back(other, LATER + days * DAY)
            assert standing(account) == {shop.chat: 20}

        assert left(taken_back(first, LATER + 9 * DAY), "reverting") == {}
        assert standing(account) == {shop.chat: 10}

    def test_goes_back_step_by_step(self, shop: Shop, account: Account) -> None:
        shop.debit(account, "10", now=at(1))
        prices, third = corrected_prices(shop), corrected_prices(shop, tokens="3")
        first = booked(asked(shop, prices, **MARCH), LATER)
        second = booked(
            asked(shop, third, **{**MARCH, "now": LATER + DAY}, table_id=prices.table_id), LATER + DAY
        )

        taken_back(second, LATER + DAY)
        taken_back(first, LATER + DAY)

        assert standing(account) == {shop.chat: 10}
        assert Entry.objects.filter(account=account).count() == 1 + 1 + 2 * 4
