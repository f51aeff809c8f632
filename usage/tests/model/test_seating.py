"""The model's own seats, by cases reckoned by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from usage.tests.model.bench import Town, hours, moved
from usage.tests.model.facts import Answer, Item, Refused
from usage.tests.model.prices import Rate, SeatTerms
from usage.tests.model.seating import beat, check_in, check_out, shown
from usage.tests.model.seats import BaseSeats

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRORATA = SeatTerms(HOUR, HOUR, refunds=True)


class Office(Town):
    """A town whose chats are seats of six tokens an hour."""

    def __init__(self, terms: SeatTerms = PRORATA, *, seats: int = 0, has: str = "100") -> None:
        super().__init__(Rate("chat.*", Decimal(6), seats=terms))
        self.have(seats)
        self.grant(has)

    def have(self, seats: int | None, *, now: float = -1, ends: float | None = None) -> None:
        until = None if ends is None else hours(ends)
        self.world.seats.say("acme", BaseSeats("chat.*", seats, hours(now), until))

    def sit(self, person: str = "", *, now: float = 0, key: str = "") -> Answer:
        subject = (("user", person),) if person else ()
        item = Item("chat.in", Decimal(1))
        return check_out(self.world, "bot", "acme", key or self.key(), None, hours(now), item, subject)

    def stay(self, taken: Answer, *, now: float) -> dict[str, object]:
        return beat(self.world, "bot", taken.facts["checkout"], hours(now))

    def leave(self, taken: Answer, *, now: float, key: str = "") -> Answer:
        return check_in(self.world, "bot", taken.facts["checkout"], key or self.key(), None, hours(now))

    def seat(self, taken: Answer, *, now: float) -> dict[str, object]:
        return shown(self.world, self.world.seats.checkouts[taken.facts["checkout"] - 1], hours(now))


class TestCheckOut:
    def test_takes_base_seats_first_and_charges_for_the_peak(self) -> None:
        office = Office(seats=1)

        taken = [office.sit("ann").facts, office.sit("bob").facts]

        assert [(seat["seat"], seat["charged_until"]) for seat in taken] == [
            ("base", None),
            ("overflow", hours(1)),
        ]
        assert moved(office.purse)[1:] == [("draw", 6, 94)]

    def test_answers_the_first_seat_of_a_person(self) -> None:
        office = Office()
        first = office.sit("ann")
        office.stay(first, now=0.5)

        again = office.sit("ann", now=0.75)

        assert (again.facts, again.replayed) == (first.facts, False)
        assert len(office.world.debits) == 1

    def test_frees_the_seat_of_who_gave_no_sign_of_life(self) -> None:
        office = Office(seats=1)
        lost = office.sit("ann")

        assert office.sit("bob", now=1).facts["seat"] == "base"
        assert office.seat(lost, now=2)["ended_at"] == hours(0)

    def test_charges_a_person_once_in_the_time_of_the_rate(self) -> None:
        office = Office(SeatTerms(HOUR, HOUR, once=DAY))
        office.leave(office.sit("ann"), now=0.5)

        again = office.sit("ann", now=3)

        assert (again.facts["tokens"], again.facts["charged_until"]) == (0, hours(24))
        assert office.sit("ann", now=24).facts["tokens"] == 6

    def test_charges_whoever_is_not_named_by_the_interval(self) -> None:
        assert Office(SeatTerms(HOUR, HOUR, once=DAY)).sit().facts["charged_until"] == hours(1)

    def test_charges_for_an_interval_where_that_is_longer(self) -> None:
        assert Office(SeatTerms(DAY, HOUR, once=HOUR)).sit("ann").facts["charged_until"] == hours(24)

    def test_refuses_a_suspended_account_also_who_has_a_seat(self) -> None:
        office = Office()
        office.sit("ann")
        office.world.accounts["acme"].state = "suspended"

        with pytest.raises(Refused, match="account_suspended"):
            office.sit("ann")


class TestBeat:
    def test_charges_the_next_interval_once(self) -> None:
        office = Office()
        taken = office.sit("ann")

        told = [office.stay(taken, now=at)["tokens"] for at in (0.9, 1, 1.1)]

        assert told == [6, 12, 12]

    def test_moves_to_a_base_seat_and_gives_back_what_is_unused(self) -> None:
        office = Office()
        taken = office.sit("ann")
        office.have(1, now=0.1)

        told = office.stay(taken, now=0.25)

        assert (told["seat"], told["charged_until"], told["refunded"]) == ("base", None, Decimal("4.5"))

    def test_needs_an_account_that_may_ask_only_for_an_interval_that_begins(self) -> None:
        office = Office()
        taken = office.sit("ann")
        office.world.accounts["acme"].state = "suspended"

        office.stay(taken, now=0.5)

        with pytest.raises(Refused, match="account_suspended"):
            office.stay(taken, now=1)
        assert office.seat(taken, now=1)["alive_until"] == hours(1.5)


class TestCheckIn:
    def test_gives_back_no_more_than_is_left(self) -> None:
        office = Office()
        taken = office.sit("ann")
        office.reverse(Answer("debit", {"debit": 1}), "4", now=0.1)

        assert office.leave(taken, now=0.5).facts["refunded"] == 2

    def test_rounds_down_to_the_millionth(self) -> None:
        office = Office()
        microseconds = 7 / 3_600_000_000

        assert office.leave(office.sit("ann"), now=microseconds).facts["refunded"] == Decimal("5.999999")

    def test_happens_once(self) -> None:
        office = Office()
        taken = office.sit("ann")
        first = office.leave(taken, now=0.5, key="in")

        assert office.leave(taken, now=0.75, key="in").facts == first.facts
        with pytest.raises(Refused, match="conflict"):
            office.leave(taken, now=0.75)
