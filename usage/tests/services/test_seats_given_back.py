"""Seats that are given back: what is unused of their interval comes back, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from usage.errors import CheckoutOver
from usage.tests.made import HOUR
from usage.tests.office import MINUTE, SPRING, Office

QUARTER = 15 * MINUTE


class TestGiveBack:
    def test_gives_back_nothing_where_the_rate_says_so(self, db: None) -> None:
        office = Office(seats=0)
        seat = office.take("ann")

        told = office.give_back(seat, SPRING + MINUTE)

        assert (told.state, told.ended_at, told.refunded) == ("ended", SPRING + MINUTE, 0)
        assert office.spent == 6

    def test_gives_back_the_unused_part_rounded_down(self, db: None) -> None:
        office = Office(seats=0, tokens="1", refund_unused="prorata")
        seat = office.take("ann")

        told = office.give_back(seat, SPRING + 7 * MINUTE)

        assert told.refunded == Decimal("0.883333")
        assert office.spent == Decimal("0.116667")

    def test_gives_back_no_millionth_that_was_used_however_long_the_interval(self, db: None) -> None:
        """What is left is worth one microsecond less than a whole millionth more."""
        office = Office(seats=0, tokens="7.000001", interval="P1D", heartbeat="P1D", refund_unused="prorata")
        seat = office.take("ann")
        day = 24 * 3600 * 10**6
        left = -pow(7000001, -1, day) % day

        told = office.give_back(seat, SPRING + timedelta(microseconds=day - left))

        assert (7000001 * left) % day == day - 1
        assert told.refunded == Decimal(7000001 * left // day).scaleb(-6)

    def test_goes_by_the_rate_that_charged_the_interval(self, db: None) -> None:
        office = Office(seats=0, refund_unused="prorata", heartbeat="PT1H")
        seats = [office.take("ann"), office.take("bob")]
        office.reprice(SPRING + MINUTE, refund_unused="none", heartbeat="PT1H")
        for seat in seats:
            office.beat(seat, SPRING + 30 * MINUTE)
        office.beat(seats[1], SPRING + HOUR)

        told = [
            office.give_back(seats[0], SPRING + 30 * MINUTE),
            office.give_back(seats[1], SPRING + 61 * MINUTE),
        ]

        assert [each.refunded for each in told] == [3, 0]

    def test_happens_once_a_key_and_once_at_all(self, db: None) -> None:
        office = Office(seats=0, refund_unused="prorata", heartbeat="PT1H")
        seat = office.take("ann")
        first = office.give_back(seat, SPRING + 30 * MINUTE, key="in")

        again = office.give_back(seat, SPRING + 40 * MINUTE, key="in")

        assert (again.refunded, again.is_replay) == (first.refunded, True) == (3, True)
        with pytest.raises(CheckoutOver):
            office.give_back(seat, SPRING + 40 * MINUTE)
        assert office.spent == 3

    def test_answers_a_known_key_as_it_did_whatever_was_reversed_since(self, db: None) -> None:
        office = Office(seats=0, refund_unused="prorata")
        seat = office.take("ann")
        first = office.give_back(seat, SPRING + 10 * MINUTE, key="in")
        office.reverse(seat, SPRING + 11 * MINUTE)

        assert office.give_back(seat, SPRING + 12 * MINUTE, key="in") == replace(first, is_replay=True)
        assert (first.tokens, office.spent) == (1, 0)

    def test_gives_nothing_back_of_a_seat_that_was_lost(self, db: None) -> None:
        office = Office(seats=0, refund_unused="prorata")
        seat = office.take("ann")

        with pytest.raises(CheckoutOver):
            office.give_back(seat, SPRING + QUARTER)
        assert office.spent == 6
