"""Base seats that orders give beside those that people give, in plain words; nothing of it is the product's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from usage.tests.model import histories as h
from usage.tests.model.deeds import Step
from usage.tests.model.facts import Refused
from usage.tests.model.judging import observe
from usage.tests.model.seat_deeds import GiveSeats
from usage.tests.model.seated_histories import seated_history
from usage.tests.model.seats import BaseSeats
from usage.tests.model.world import World

SOLD = {
    "one chat": {"chat.input": 1},
    "two desks": {"*": 2},
    "a team": {"chat.input": 2, "picture": 1},
    "chats": {"chat.*": 1},
}
"""Offers by their names: seats by pattern."""
PERIODS = {"a team": "month", "chats": "year"}
"""How often those are paid that are not paid once. Whatever the period, seats come and go with their line."""
PATTERNS = sorted({pattern for seats in SOLD.values() for pattern in seats})


@dataclass(frozen=True)
class PlaceOrder:
    """The next version of an account's order of this number: `quantity` of an offer, or that it is cancelled (0).

    starts: of the first version alone, from now. lasts: from now; none is without end.
    """

    account: str
    order: int
    offer: str
    quantity: int
    starts: timedelta
    lasts: timedelta | None


@dataclass(frozen=True)
class WorkOrders:
    """What the job does that lets lines begin and end, and adds to what people have changed."""


@dataclass
class Line:
    offer: str
    quantity: int
    begins: datetime
    ends: datetime | None

    def counts(self, now: datetime) -> bool:
        return self.begins <= now and (self.ends is None or now < self.ends)


@dataclass
class Bought:
    """lines: the one of each order that is not cancelled. pushed: what orders had last added, by account and pattern.

    said: the base seats by which that was done; whatever else an account has, people gave.
    """

    lines: dict[tuple[str, int], Line] = field(default_factory=dict)
    pushed: dict[tuple[str, str], int | None] = field(default_factory=dict)
    said: list[BaseSeats] = field(default_factory=list)

    def place(self, world: World, deed: PlaceOrder, now: datetime) -> None:
        """Raises Refused."""
        account, named = world.accounts[deed.account], (deed.account, deed.order)
        if deed.quantity and account.state == "closed":
            raise Refused("conflict")
        known = self.lines.get(named)
        begins = now + deed.starts if known is None else known.begins
        ends = None if deed.lasts is None else now + deed.lasts
        if known and known.ends is not None and known.ends <= now and known.ends != ends:
            begins = now  # it had ended: this is another one
        if deed.quantity and ends is not None and ends <= begins:
            raise Refused("invalid_request")
        if deed.quantity:
            self.lines[named] = Line(deed.offer, deed.quantity, begins, ends)
        else:
            self.lines.pop(named, None)
        self.push(world, deed.account, now)
        self.look(world, deed.account, now)

    @staticmethod
    def look(world: World, account: str, now: datetime) -> None:
        """Note what the account has, as whatever changes it does."""
        observe(world.accounts[account], now)
        world.remember(world.accounts[account], now)

    def push(self, world: World, account: str, now: datetime) -> None:
        """Let the account have what people give and its orders add."""
        wanted: dict[str, int] = {}
        for (whose, _), line in self.lines.items():
            if whose == account and line.counts(now):
                for pattern, seats in SOLD[line.offer].items():
                    wanted[pattern] = wanted.get(pattern, 0) + seats * line.quantity
        for pattern in PATTERNS:
            self._push(world, account, pattern, wanted.get(pattern), now)

    def _push(self, world: World, account: str, pattern: str, share: int | None, now: datetime) -> None:
        before, self.pushed[account, pattern] = self.pushed.get((account, pattern)), share
        if share is None and before is None:
            return
        begun = [s for s in world.seats.said.get(account, ()) if s.pattern == pattern and s.begins <= now]
        people = seats_of([each for each in begun if not any(each is ours for ours in self.said)], now)
        total = None if share is None and people is None else (share or 0) + (people or 0)
        if total != seats_of(begun, now):
            self.said.append(BaseSeats(pattern, total, now, None))
            world.seats.say(account, self.said[-1])


def seats_of(said: list[BaseSeats], now: datetime) -> int | None:
    """What the last of them gives now."""
    last = said[-1] if said else None
    return None if last is None or (last.ends is not None and last.ends <= now) else last.count


def ordered_history(dice: Random) -> list[Step]:
    """A history of offices in which most base seats come with orders, change with their versions, and go with them."""
    story: list[Step] = []
    for step in seated_history(dice):
        if isinstance(step.deed, GiveSeats) and dice.random() < 0.7:
            story += _changed(dice, Step(step.after, _order(dice, step.deed)))
        else:
            story.append(step)
        if dice.random() < 0.25:
            wait = dice.choice((h.INSTANT, h.MINUTE, None, None))
            story += _changed(dice, Step(wait, _order(dice, None))) if dice.random() < 0.5 else [_work(dice)]
    return story


def _changed(dice: Random, step: Step) -> Iterator[Step]:
    """An order, and often what becomes of it: more seats, fewer, or others in its course, and none in the end."""
    yield step
    while step.deed.quantity and dice.random() < 0.45:
        deed = replace(step.deed, starts=h.INSTANT, **_other(dice, step.deed))
        step = Step(dice.choice((h.INSTANT, None, h.MINUTE, 5 * h.MINUTE, h.HOUR, 10 * h.DAY)), deed)
        yield step
        if dice.random() < 0.3:
            yield _work(dice)


def _other(dice: Random, placed: PlaceOrder) -> dict[str, Any]:
    fewer, more = max(placed.quantity - 1, 0), placed.quantity + dice.choice((1, 2, 4))
    return dice.choice(
        (
            {"quantity": more},
            {"quantity": fewer},
            {"quantity": 0},
            {"offer": dice.choice(tuple(SOLD))},
            {"offer": dice.choice(tuple(SOLD)), "quantity": more},
            {"lasts": dice.choice((None, h.MINUTE, 20 * h.DAY))},
        )
    )


def _work(dice: Random) -> Step:
    return Step(dice.choice((h.INSTANT, h.MINUTE, None)), WorkOrders())


def _order(dice: Random, instead: GiveSeats | None) -> PlaceOrder:
    quantity = dice.choice((0, 1, 1, 2, 3, 5))
    lasts = dice.choice((None, None, None, h.MINUTE, 5 * h.MINUTE, h.HOUR, 40 * h.DAY))
    starts = instead.starts if instead else dice.choice((h.INSTANT, h.INSTANT, h.MINUTE))
    account = instead.account if instead else dice.choices(h.ACCOUNTS, (8, 1, 1))[0]
    return PlaceOrder(account, dice.randint(0, 2), dice.choice(tuple(SOLD)), quantity, starts, lasts)
