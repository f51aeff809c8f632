"""The deeds of a history that are about seats, and who sits where by both after each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

from usage.tests.model.comparing import equal
from usage.tests.model.facts import Item
from usage.tests.model.playing import BEGINNING, Play
from usage.tests.model.seat_deeds import Beat, GiveBack, GiveSeats, SweepSeats, TakeSeat
from usage.tests.model.seating import beat, shown
from usage.tests.model.seats import BaseSeats, Checkout

BLINK = timedelta(microseconds=1)


class Seating(Protocol):
    """What the product must offer of seats. They go by the model's numbers."""

    def give_seats(self, account: str, said: BaseSeats, now: Any) -> None: ...
    def beat(self, seat: int, by: str, now: Any) -> dict[str, Any]: ...
    def sweep_seats(self, now: Any) -> None: ...
    def sitting(self, account: str, now: Any) -> dict[int, dict[str, Any]]: ...
    def peaks(self, account: str, feature: str, since: Any, until: Any) -> list[tuple[Any, int, int]]: ...
    def lies_of_seats(self) -> dict[str, list[Any]]: ...


@dataclass
class SeatedPlay(Play):
    """A history with seats. office: the product, once more, as far as seats concern it."""

    office: Seating = field(kw_only=True)

    def do_GiveSeats(self, deed: GiveSeats) -> None:
        self._pass_an_instant()
        begins = self.now + deed.starts
        said = BaseSeats(
            deed.pattern, deed.count, begins, None if deed.lasts is None else begins + deed.lasts
        )
        self.world.seats.say(deed.account, said)
        self.office.give_seats(deed.account, said, self.now)
        self._note(begins, said.ends)

    def do_TakeSeat(self, deed: TakeSeat) -> None:
        item = Item(deed.feature, Decimal(1), deed.dimensions)
        self.call("check_out", deed.account, deed.product, item=item, subject=deed.subject)
        self._note_seats(deed.account)

    def do_Beat(self, deed: Beat) -> None:
        kept = self._seat(deed)
        if kept is None:
            return
        if deed.is_late and kept.is_open(self.now):
            last = kept.alive_until - BLINK
            self.now = max(self.now, min(kept.charged_until or last, last))
        self.same(
            lambda: beat(self.world, deed.by, kept.number, self.now),
            lambda: self.office.beat(kept.number, deed.by, self.now),
        )
        self.note_refusal(kept.account)
        self.compare_books(kept.account)
        self._note_seats(kept.account)

    def do_GiveBack(self, deed: GiveBack) -> None:
        kept = self._seat(deed)
        if kept is not None:
            self.call("check_in", kept.account, checkout=kept.number)

    def do_SweepSeats(self, _: SweepSeats) -> None:
        self.office.sweep_seats(self.now)
        for account in self.world.accounts:
            self._compare_seats(account)

    def _seat(self, deed: Beat | GiveBack) -> Checkout | None:
        every = self.world.seats.checkouts
        still = [each for each in every if each.is_open(self.now)]
        some = still if deed.among == "open" and still else every
        return some[deed.seat % len(some)] if some else None

    def _note_seats(self, account: str) -> None:
        """When seats end and their intervals do, and the last instant before."""
        for each in self.world.seats.of(account):
            if each.is_open(self.now):
                ends = each.alive_until, each.charged_until
                self._note(*(at - by for at in ends if at is not None for by in (timedelta(0), BLINK)))

    def compare_books(self, account: str) -> None:
        super().compare_books(account)
        self._compare_seats(account)

    def _compare_seats(self, account: str) -> None:
        told = self.office.sitting(account, self.now)
        mine = {each.number: each for each in self.world.seats.of(account)}
        equal(f"the seats of {account}", sorted(told), sorted(mine))
        for number, seat in told.items():
            expected = self._sitting(mine[number])
            for name, value in seat.items():
                equal(f"{name} of seat {number} of {account}", value, expected[name])

    def _sitting(self, kept: Checkout) -> dict[str, Any]:
        intervals = [(each.begins, each.ends, each.debit) for each in kept.intervals]
        return {**shown(self.world, kept, self.now), "pool": kept.pool or "", "intervals": intervals}

    def compare_everything(self) -> None:
        super().compare_everything()
        self.do_SweepSeats(SweepSeats())
        self._compare_peaks()
        equal("lies by the audit of seats", self.office.lies_of_seats(), {})

    def _compare_peaks(self) -> None:
        """How many sat on base seats and beyond them at each instant at which that changed."""
        features = sorted({(each.account, each.feature) for each in self.world.seats.checkouts})
        for account, feature in features:
            for at, base, overflow in self.office.peaks(account, feature, BEGINNING, self.now + BLINK):
                sat = [
                    each.sits(at, self.now)
                    for each in self.world.seats.of(account)
                    if each.feature == feature
                ]
                taken = sat.count("base"), sat.count("overflow")
                equal(f"seats of {feature} of {account} at {at}", (base, overflow), taken)
