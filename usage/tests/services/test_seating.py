"""Seats: base seats first, tokens for the peak, signs of life, and what is given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from config.kernel.errors import AccountSuspended, IdempotencyKeyReused, InsufficientTokens, NoRate
from usage.errors import CheckoutMissing, CheckoutOver
from usage.models import Checkout, CheckoutCharge, Debit, Denial
from usage.queries import standings
from usage.queries.seats import seats_over_time
from usage.rules.enrolment import Enrolment
from usage.services import limiting, seating, terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, together
from usage.tests.office import MINUTE, SPRING, Office

QUARTER = 15 * MINUTE


@pytest.fixture
def office(db: None) -> Office:
    return Office()


class TestTake:
    def test_costs_nothing_while_a_base_seat_is_free(self, office: Office) -> None:
        taken = office.take("ann")

        assert (taken.seat, taken.state, taken.charged_until, taken.tokens) == ("base", "open", None, 0)
        assert taken.alive_until == SPRING + QUARTER
        assert not Debit.objects.filter(account=office.account).exists()

    def test_charges_an_interval_up_front_beyond_them(self, office: Office) -> None:
        office.take("ann")

        taken = office.take("bob")

        assert (taken.seat, taken.charged_until, taken.tokens) == ("overflow", SPRING + HOUR, 6)
        assert office.moved == [("draw", 6)]
        assert CheckoutCharge.objects.get(checkout=taken.id).debit is not None

    def test_answers_the_seat_that_the_person_has(self, office: Office) -> None:
        first = office.take("ann")

        again = office.take("ann", now=SPRING + MINUTE)

        assert again == first
        assert Checkout.objects.filter(account=office.account).count() == 1

    def test_gives_each_a_seat_where_nobody_is_named(self, office: Office) -> None:
        assert [office.take().seat for _ in range(3)] == ["base", "overflow", "overflow"]

    def test_happens_once_a_key(self, office: Office) -> None:
        first = office.take("ann", key="k")
        office.give_back(first, SPRING + MINUTE)

        again = office.take("ann", key="k", now=SPRING + 2 * MINUTE)

        assert again == replace(first, is_replay=True)
        with pytest.raises(IdempotencyKeyReused):
            office.take("bob", key="k", body="another", now=SPRING + 2 * MINUTE)

    def test_refuses_what_tokens_do_not_cover_and_takes_no_seat(self, db: None) -> None:
        office = Office(seats=0, granted="5")

        with pytest.raises(InsufficientTokens) as refused:
            office.take("ann")

        assert refused.value.extras["shortfall"] == "1.000000"
        assert Denial.objects.get(account=office.account).reason == "insufficient_tokens"
        assert not Checkout.objects.filter(account=office.account).exists()

    def test_gives_a_base_seat_to_who_has_no_tokens(self, db: None) -> None:
        assert Office(granted="0").take("ann").seat == "base"

    def test_refuses_a_suspended_account_its_base_seats_too(self, office: Office) -> None:
        terms.enrol(
            reference=office.account.reference, asked=Enrolment(state="suspended"), author=AUTHOR, now=SPRING
        )

        with pytest.raises(AccountSuspended):
            office.take("ann")
        assert not Checkout.objects.filter(account=office.account).exists()

    def test_refuses_a_suspended_account_a_seat_that_costs_nothing_more(self, db: None) -> None:
        office = Office(seats=0, once_per_user="P1D")
        office.give_back(office.take("ann"), SPRING + MINUTE)
        kept = office.take("bob")
        terms.enrol(
            reference=office.account.reference, asked=Enrolment(state="suspended"), author=AUTHOR, now=SPRING
        )

        for person in ("ann", "bob"):
            with pytest.raises(AccountSuspended):
                office.take(person, now=SPRING + 2 * MINUTE)
        assert Denial.objects.get(account=office.account).count == 2
        assert office.beat(kept, SPRING + 2 * MINUTE).state == "open"

    def test_refuses_a_feature_without_a_rate(self, office: Office) -> None:
        office.leave_without_a_rate(SPRING + HOUR)

        with pytest.raises(NoRate):
            office.take("ann", now=SPRING + HOUR)

    def test_takes_seats_from_their_start_until_their_end(self, db: None) -> None:
        office = Office(seats=None)
        limiting.give_seats(
            account_id=office.account.pk,
            pattern="*",
            seats=1,
            author=AUTHOR,
            effective_from=SPRING + HOUR,
            effective_until=SPRING + 2 * HOUR,
            now=SPRING,
        )
        blink = timedelta(microseconds=1)

        taken = [
            office.take(now=SPRING + HOUR - blink).seat,
            office.take(now=SPRING + HOUR).seat,
            office.take(now=SPRING + 2 * HOUR).seat,
        ]

        assert taken == ["overflow", "base", "overflow"]

    def test_frees_the_seat_of_who_gave_no_sign_of_life(self, office: Office) -> None:
        lost = office.take("ann")

        taken = office.take("bob", now=SPRING + QUARTER)

        assert taken.seat == "base"
        row = Checkout.objects.get(pk=lost.id)
        assert (row.ended_by, row.ended_at) == ("lost", SPRING)

    def test_charges_a_person_once_in_the_time_of_the_rate(self, db: None) -> None:
        office = Office(seats=0, once_per_user="P1D", interval="PT1H")
        first = office.take("ann")
        office.give_back(first, SPRING + MINUTE)

        again = office.take("ann", now=SPRING + 2 * HOUR)
        other = office.take("bob", now=SPRING + 2 * HOUR)
        later = office.take("ann", now=SPRING + DAY)

        assert first.charged_until == again.charged_until == SPRING + DAY
        assert (again.tokens, other.tokens, later.tokens) == (0, 6, 6)
        assert office.spent == 18

    def test_lasts_an_interval_where_nobody_is_named_or_where_that_is_longer(self, db: None) -> None:
        nobody = Office(seats=0, once_per_user="P1D", interval="PT1H").take()
        ann = Office(seats=0, once_per_user="PT1H", interval="PT4H").take("ann")

        assert nobody.charged_until == SPRING + HOUR
        assert ann.charged_until == SPRING + 4 * HOUR


class TestBeat:
    def test_keeps_the_seat_for_a_window_more(self, office: Office) -> None:
        seat = office.take("ann")

        kept = office.beat(seat, SPRING + 10 * MINUTE)

        assert kept.alive_until == SPRING + 25 * MINUTE
        assert kept.refunded == 0

    def test_refuses_a_seat_that_has_ended_at_the_end_of_its_window(self, office: Office) -> None:
        seat = office.take("ann")

        with pytest.raises(CheckoutOver):
            office.beat(seat, SPRING + QUARTER)

    def test_charges_the_next_interval_once(self, db: None) -> None:
        office = Office(seats=0)
        seat = office.take("ann")
        for minute in range(10, 61, 10):
            office.beat(seat, SPRING + minute * MINUTE)
        office.beat(seat, SPRING + 61 * MINUTE)

        told = office.beat(seat, SPRING + 62 * MINUTE)

        assert told.charged_until == SPRING + 2 * HOUR
        assert (told.tokens, office.spent) == (12, 12)

    def test_leaves_the_seat_as_it_was_where_the_next_interval_is_refused(self, db: None) -> None:
        office = Office(seats=0, granted="6", heartbeat="PT30M")
        seat = office.take("ann")
        office.beat(seat, SPRING + 25 * MINUTE)
        office.beat(seat, SPRING + 50 * MINUTE)

        with pytest.raises(InsufficientTokens):
            office.beat(seat, SPRING + HOUR)

        row = Checkout.objects.get(pk=seat.id)
        assert (row.ended_at, row.last_beat_at, row.intervals) == (None, SPRING + 50 * MINUTE, 1)

    def test_moves_to_a_base_seat_that_is_free_and_gives_back_what_is_unused(self, db: None) -> None:
        office = Office(refund_unused="prorata")
        ann, bob = office.take("ann"), office.take("bob")
        office.beat(bob, SPRING + 14 * MINUTE)
        office.give_back(ann, SPRING + 14 * MINUTE)

        moved = office.beat(bob, SPRING + 20 * MINUTE)

        assert (moved.seat, moved.charged_until, moved.refunded) == ("base", None, 4)
        assert office.spent == 2

    def test_takes_no_base_seat_that_was_given_up_meanwhile(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process that remembers the account has not heard of it."""
        monkeypatch.setattr(standings, "_standings", standings.Standings())
        monkeypatch.setattr(standings, "_is_lasting", lambda: True)
        office = Office(seats=1)
        ann, bob = office.take("ann"), office.take("bob")
        office.have(0, SPRING + MINUTE)
        office.give_back(ann, SPRING + 2 * MINUTE)

        assert office.beat(bob, SPRING + 3 * MINUTE).seat == "overflow"

    def test_needs_no_price_for_what_is_not_charged(self, db: None) -> None:
        office = Office(seats=1, heartbeat="PT1H")
        ann, bob = office.take("ann"), office.take("bob")
        office.leave_without_a_rate(SPRING + MINUTE)

        kept = [office.beat(each, SPRING + 30 * MINUTE) for each in (ann, bob)]

        assert [each.alive_until for each in kept] == [SPRING + 90 * MINUTE] * 2
        with pytest.raises(NoRate):
            office.beat(bob, SPRING + HOUR)
        office.give_back(ann, SPRING + HOUR)
        assert office.beat(bob, SPRING + HOUR).seat == "base"

    def test_is_not_for_another_product(self, office: Office) -> None:
        seat = office.take("ann")

        with pytest.raises(CheckoutMissing):
            seating.beat(
                checkout_id=seat.id,
                product_id=Shop(since=SPRING).product.pk,
                api_key_id=1,
                received_at=SPRING,
            )


class TestPeak:
    def test_a_team_of_ten_runs_fourteen_for_a_week_and_pays_tokens_for_four(self, db: None) -> None:
        """Eight hours a day from Monday to Friday: four seats beyond the ten, two intervals each, 6 tokens each."""
        office = Office(seats=10, granted="1000", interval="PT4H", heartbeat="PT4H")
        for day in range(5):
            begins = SPRING + day * DAY
            team = [office.take(f"user {n}", now=begins) for n in range(14)]
            for hours in (3, 6):
                for seat in team:
                    office.beat(seat, begins + hours * HOUR)
            for seat in team:
                office.give_back(seat, begins + 8 * HOUR)

        assert office.spent == 5 * 4 * 2 * 6
        shown = seats_over_time(
            office.account.pk,
            Checkout.objects.first().feature_id,
            SPRING,
            SPRING + 7 * DAY,  # type: ignore[union-attr]
        )
        assert max((each.base, each.overflow) for each in shown) == (10, 4)
        assert (shown[-1].base, shown[-1].overflow) == (0, 0)


@pytest.mark.committed
class TestRace:
    def test_base_seats_never_exceed_the_entitlement(self) -> None:
        office = Office(now=None, seats=5, granted="1000")

        taken = together([office.take] * 30)

        assert sorted(each.seat for each in taken) == ["base"] * 5 + ["overflow"] * 25
        assert office.spent == 25 * 6

    def test_one_person_gets_one_seat_however_often_it_is_asked_for(self) -> None:
        office = Office(now=None, seats=0, granted="1000")

        taken = together([lambda: office.take("ann")] * 20)

        assert len({each.id for each in taken}) == 1
        assert office.spent == 6

    def test_a_seat_ends_once(self) -> None:
        office = Office(now=None, seats=0, granted="1000", refund_unused="prorata")
        seat = office.take("ann")

        def end() -> str:
            try:
                office.give_back(seat)
            except CheckoutOver:
                return "over"
            return "ended"

        assert sorted(together([end] * 10)) == ["ended"] + ["over"] * 9
