"""Worked cases of prepaid tokens, as text-books of accounting give them for gift cards and prepaid credits.

Each says what was paid, what happened to the tokens, and where the money stands then.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.journal import LedgerAccount, Moved, as_csv, lines_of
from billing.rules.money import places_of
from billing.rules.months import end_of, last_day, month_named, next_month
from billing.rules.recognition import MOVES, Standing, standing_of
from wallets.models import Entry

ACCOUNTS = {
    role: LedgerAccount(code, role)
    for role, code in (
        ("receivable", "1200"),
        ("deferred", "2400"),
        ("revenue", "4000"),
        ("breakage", "4900"),
        ("refunds", "2450"),
        ("transfers", "2490"),
    )
}


def sold(paid: str, tokens: str, currency: str = "USD") -> Standing:
    return standing_of(Fraction(paid), Decimal(tokens), currency)


def stands(grant: Standing) -> dict[str, str]:
    """The sums that are not zero, as people write them."""
    sums = grant.sums
    return {name: str(getattr(sums, name)) for name in sums.__slots__ if getattr(sums, name)}


class TestPrepaidCredits:
    def test_what_is_sold_is_owed_until_it_is_used(self) -> None:
        assert stands(sold("100", "1000")) == {"deferred": "100.00"}

    def test_revenue_is_earned_as_tokens_are_spent(self) -> None:
        grant = sold("100", "1000").after("draw", Decimal(250))

        assert stands(grant) == {"recognised": "25.00", "deferred": "75.00"}

    def test_a_third_of_a_hundred_loses_no_cent_over_three_draws(self) -> None:
        grant, earned = sold("100", "3"), []
        for _ in range(3):
            before, grant = grant.sums.recognised, grant.after("draw", Decimal(1))
            earned.append(str(grant.sums.recognised - before))

        assert earned == ["33.33", "33.34", "33.33"]
        assert stands(grant) == {"recognised": "100.00"}

    def test_bonus_tokens_of_one_sale_share_its_price(self) -> None:
        """Buy 1,000, get 200 more: 1,200 tokens for 100, so that 600 of them are 50."""
        grant = sold("100", "1200").after("draw", Decimal(600))

        assert stands(grant) == {"recognised": "50.00", "deferred": "50.00"}

    def test_tokens_that_nobody_paid_earn_nothing(self) -> None:
        trial = sold("0", "500").after("draw", Decimal(500))

        assert stands(trial) == {}
        assert trial.is_free


class TestBreakage:
    def test_what_expires_unused_is_earned_by_expiry_and_not_by_use(self) -> None:
        grant = sold("50", "500").after("draw", Decimal(400)).after("expire", Decimal(100))

        assert stands(grant) == {"recognised": "40.00", "breakage": "10.00"}

    def test_late_usage_turns_breakage_into_revenue(self) -> None:
        lapsed = sold("50", "500").after("draw", Decimal(400)).after("expire", Decimal(100))

        assert stands(lapsed.after("late_draw", Decimal(30))) == {"recognised": "43.00", "breakage": "7.00"}

    def test_a_late_hold_owes_again_what_had_expired(self) -> None:
        lapsed = sold("50", "500").after("expire", Decimal(500))

        assert stands(lapsed.after("late_hold", Decimal(100))) == {"breakage": "40.00", "deferred": "10.00"}


class TestRefunds:
    def test_what_is_taken_back_unused_is_to_be_refunded(self) -> None:
        grant = sold("99.99", "1000").after("draw", Decimal(300)).after("void", Decimal(700))

        assert stands(grant) == {"recognised": "30.00", "refunded": "69.99"}

    def test_usage_given_back_is_owed_again(self) -> None:
        grant = sold("100", "1000").after("draw", Decimal(300)).after("restore", Decimal(100))

        assert stands(grant) == {"recognised": "20.00", "deferred": "80.00"}

    def test_a_capture_after_a_refund_leaves_the_refund_alone(self) -> None:
        """700 of 1,000 were taken back while 100 were held; the hold then charges what it kept."""
        kept = sold("0.07", "1000").after("draw", Decimal(200)).after("void", Decimal(700))
        charged = kept.after("draw", Decimal(100))

        assert kept.sums.refunded == charged.sums.refunded
        assert charged.sums.deferred == 0


class TestTransfers:
    def test_tokens_that_move_take_their_share_along(self) -> None:
        grant = sold("100", "3").after("transfer_out", Decimal(1))

        assert stands(grant) == {"transferred": "33.33", "deferred": "66.67"}
        assert stands(grant.after("draw", Decimal(2))) == {"transferred": "33.33", "recognised": "66.67"}


class TestCurrencies:
    @pytest.mark.parametrize(
        ("currency", "places", "earned"), [("USD", 2, "3.33"), ("JPY", 0, "3"), ("KWD", 3, "3.333")]
    )
    def test_amounts_have_the_decimals_of_their_currency(
        self, currency: str, places: int, earned: str
    ) -> None:
        assert places_of(currency) == places
        assert str(sold("10", "3", currency).after("draw", Decimal(1)).sums.recognised) == earned

    def test_what_was_paid_is_rounded_half_up_once(self) -> None:
        assert str(sold("0.125", "1").paid) == "0.13"
        assert str(sold("0.124999999999", "1").paid) == "0.12"


class TestEverySum:
    @given(
        st.integers(0, 10**6),
        st.integers(1, 10**9),
        st.lists(st.tuples(st.sampled_from(["draw", "expire", "void", "transfer_out"]), st.integers(1, 99))),
    )
    def test_is_not_below_zero_and_all_of_them_are_what_was_paid(
        self, cents: int, millionths: int, moves: list[tuple[str, int]]
    ) -> None:
        grant = standing_of(Fraction(cents, 100), Decimal(millionths).scaleb(-6), "USD")
        left = millionths
        for kind, share in moves:
            amount = left * share // 100
            grant, left = grant.after(kind, Decimal(amount).scaleb(-6)), left - amount

            sums = grant.sums
            assert sums.total == grant.paid
            assert min(getattr(sums, name) for name in sums.__slots__) >= 0

    def test_knows_every_kind_of_entry(self) -> None:
        assert set(MOVES) - {"lapse"} == set(Entry.Kind.values) - {
            *("overage", "overage_reversal", "settle", "credit")
        }


class TestJournal:
    def test_books_each_sum_on_both_sides(self) -> None:
        row = Moved("acme", "g-1", "purchase", "chat", paid=Decimal(100), recognised=Decimal("25.5"))

        text = list(as_csv(lines_of(row), ACCOUNTS, last_day(month_named("2026-11")), 2))

        assert [line.strip() for line in text] == [
            "date,account_code,account_name,customer,debit,credit,reference,memo",
            "2026-11-30,1200,receivable,acme,100.00,,g-1,purchase: tokens sold for chat",
            "2026-11-30,2400,deferred,acme,,100.00,g-1,purchase: tokens sold for chat",
            "2026-11-30,2400,deferred,acme,25.50,,g-1,purchase: tokens used for chat",
            "2026-11-30,4000,revenue,acme,,25.50,g-1,purchase: tokens used for chat",
        ]

    def test_changes_sides_where_more_was_given_back_than_used(self) -> None:
        lines = list(lines_of(Moved("acme", "g-1", "purchase", "", recognised=Decimal(-3))))

        assert [(line.role, line.debit, line.credit) for line in lines] == [
            ("revenue", 3, 0),
            ("deferred", 0, 3),
        ]

    def test_has_no_cell_that_a_spreadsheet_runs(self) -> None:
        row = Moved("=cmd()", "g-1", "purchase", "", paid=Decimal(1))

        assert ",'=cmd()," in list(as_csv(lines_of(row), ACCOUNTS, last_day(month_named("2026-11")), 2))[1]

    def test_is_not_handed_out_where_it_does_not_balance(self) -> None:
        lines = list(lines_of(Moved("acme", "g-1", "purchase", "", paid=Decimal(1))))[:1]

        with pytest.raises(ValueError, match="does not balance"):
            list(as_csv(lines, ACCOUNTS, last_day(month_named("2026-11")), 2))


class TestMonths:
    def test_are_named_by_year_and_month(self) -> None:
        december = month_named("2026-12")

        assert str(next_month(december)) == "2027-01-01"
        assert str(last_day(december)) == "2026-12-31"
        assert end_of(december).isoformat() == "2027-01-01T00:00:00+00:00"

    @pytest.mark.parametrize(
        "text", ["2026-13", "2026-1", "0000-01", "november", "2026-11-01", "２０２６-11"]
    )
    def test_refuse_what_is_no_month(self, text: str) -> None:
        with pytest.raises(ValueError, match="2026-11"):
            month_named(text)
