"""Random histories of offices: seats are taken by a few people, kept to the last moment, lost and given back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from usage.tests.model import climbing_histories as climbing
from usage.tests.model import held_histories as held
from usage.tests.model import histories as h
from usage.tests.model import ladder_deeds as ladders
from usage.tests.model import rules
from usage.tests.model.deeds import (
    GiveGrant,
    Publish,
    SayAgain,
    SetPolicy,
    SetState,
    SetTable,
    Spend,
    Step,
    Sweep,
    TakeBack,
    Undo,
)
from usage.tests.model.grants import KINDS
from usage.tests.model.invented_rates import FLAT, PRICES, a_rate, without_ties
from usage.tests.model.ladders import Ladder
from usage.tests.model.prices import SeatTerms
from usage.tests.model.seat_deeds import Beat, GiveBack, GiveSeats, SweepSeats, TakeSeat

STEPS = 32
WAITS = (
    *(h.INSTANT,) * 5,
    *(h.BLINK, h.MINUTE, h.MINUTE, 2 * h.MINUTE, 5 * h.MINUTE, 5 * h.MINUTE, 10 * h.MINUTE, h.HOUR),
)
LEAPS = (h.DAY, 20 * h.DAY)
WAYS = {(None,): 25, WAITS: 72, LEAPS: 3}
SEATS = (*("chat.input",) * 4, "chat.deep.think", "picture", "picture")
POOLS = ("chat.input", "chat.input", "chat.*", "*", "picture")
PEOPLE = ("", "ann", "ann", "ann", "bob", "bob", "cid")
LENGTHS = (None, 10 * h.MINUTE, 10 * h.MINUTE, h.HOUR, h.HOUR, h.DAY)
ONCE = (5 * h.MINUTE, h.HOUR, 2 * h.HOUR, h.DAY)
MILLIONTHS = tuple(map(Decimal, ("1", "6", "0.333333", "2.000001", "7.7")))


def seated_history(dice: Random, steps: int = STEPS) -> list[Step]:
    """Begins with prices by the interval, base seats, and tokens."""
    deeds: list[Any] = [_publish(dice, "standard"), _seats(dice)]
    if dice.random() < 0.5:
        pools = ("chat.input", "picture", dice.choice(("*", "chat.*")))
        deeds += [GiveSeats(h.ACCOUNTS[0], pattern, 1, h.INSTANT, None) for pattern in pools]
    deeds += [_grant(dice) for _ in range(4)]
    if dice.random() < 0.5:
        deeds.append(SetPolicy(h.ACCOUNTS[0], dice.choice((Ladder("overage"), ladders.a_ladder(dice)))))
    makers, weights = zip(*DEEDS.items(), strict=True)
    deeds += [make(dice) for make in dice.choices(makers, weights, k=steps - len(deeds))]
    waits = dice.choices(tuple(WAYS), tuple(WAYS.values()), k=len(deeds))
    steps_ = [Step(dice.choice(wait), deed) for wait, deed in zip(waits, deeds, strict=True)]
    return list(_followed_up(dice, steps_))


def _followed_up(dice: Random, story: list[Step]) -> Iterator[Step]:
    """The story, in which many of those who sit down stay for a while, and some move to a base seat."""
    for step in story:
        yield step
        if isinstance(step.deed, TakeSeat):
            for _ in range(dice.choice((0, 1, 2, 3, 4, 5))):
                wait = dice.choice((h.INSTANT, h.INSTANT, None, None, h.MINUTE, 5 * h.MINUTE))
                yield Step(wait, _meanwhile(dice))
            if dice.random() < 0.4:
                yield Step(h.MINUTE, GiveBack(-1))
                again = replace(step.deed, feature=dice.choice((step.deed.feature, *SEATS)))
                yield Step(dice.choice((h.MINUTE, h.MINUTE, None, h.HOUR)), again)
            if dice.random() < 0.3:
                more = GiveSeats(
                    step.deed.account,
                    step.deed.feature,
                    dice.randint(1, 3),
                    h.INSTANT,
                    dice.choice((None, h.MINUTE)),
                )
                yield Step(dice.choice((h.INSTANT, h.MINUTE)), more)
                yield Step(dice.choice((h.INSTANT, h.MINUTE, None)), Beat(-1))


def _meanwhile(dice: Random) -> Any:
    does = (
        Beat(dice.choice((-1, -1, -2)), is_late=dice.random() < 0.6),
        GiveBack(dice.choice((-1, -2))),
        TakeSeat(h.ACCOUNTS[0], SEATS[0], (), (("user", "ann"),)),
        Undo(-1, dice.choice((None, 50))),
    )
    return dice.choices(does, (12, 2, 1, 1))[0]


def _terms(dice: Random) -> SeatTerms:
    """Within what a rate may say: a heartbeat is no longer than an interval, and what is charged once is kept."""
    length = dice.choice(LENGTHS)
    longest = length or h.HOUR
    window = dice.choice((None, 5 * h.MINUTE, longest, longest, longest))
    if dice.random() < 0.4:
        return SeatTerms(length, window, dice.choice((None, False)), dice.choice(ONCE))
    return SeatTerms(length, window, dice.choice((None, False, True, True, True)))


def _publish(dice: Random, table: str = "") -> Publish:
    """Mostly prices for everything."""
    rates = [a_rate(dice) for _ in range(dice.randint(0, 3))]
    if table or dice.random() < 0.7:
        rates = [replace(FLAT, tokens=dice.choice((*PRICES, *MILLIONTHS, *MILLIONTHS))), *rates]
    rates = [replace(rate, seats=_terms(dice)) for rate in rates] or [FLAT]
    begins = None if table else dice.choice((None, None, None, h.MINUTE, h.HOUR))
    return Publish(table or dice.choice((*("standard",) * 4, "gold", "gems")), without_ties(rates), begins)


def _seats(dice: Random) -> GiveSeats:
    return GiveSeats(
        _account(dice),
        dice.choice(POOLS),
        dice.choice((None, 0, 0, 1, 1, 2)),
        dice.choice((*(h.INSTANT,) * 4, h.MINUTE, 10 * h.MINUTE, h.HOUR)),
        dice.choice((None, None, None, h.MINUTE, h.HOUR, h.DAY)),
    )


def _take(dice: Random) -> TakeSeat:
    person = dice.choice(PEOPLE)
    subject = tuple(
        pair for pair in (("user", person), ("team", dice.choice(("", "red", "blue")))) if pair[1]
    )
    feature = dice.choice(SEATS) if dice.random() < 0.95 else dice.choice(tuple(h.FEATURES))
    dimensions = dice.choice(((), (), (("model", "gpt"),), (("region", "eu"),)))
    return TakeSeat(_account(dice), feature, dimensions, subject)


def _beat(dice: Random) -> Beat:
    among = dice.choices(("open", "all"), (9, 1))[0]
    by = dice.choices(("bot", "rival"), (30, 1))[0]
    return Beat(dice.choice((-1, -1, -2, -3, 0, 1)), among, by, is_late=dice.random() < 0.3)


def _give_back(dice: Random) -> GiveBack:
    return GiveBack(dice.choice((-1, -2, 0, 1)), dice.choices(("open", "all"), (6, 1))[0])


def _spend(dice: Random) -> Spend:
    return Spend(h.an_account(dice), h.some_items(dice, SEATS)[:2], None, subject=dice.choice(rules.SUBJECTS))


def _undo(dice: Random) -> Undo:
    return Undo(dice.choice((-1, -2, -3)), None if dice.random() < 0.5 else dice.randint(1, 105))


def _grant(dice: Random) -> GiveGrant:
    """Mostly many tokens, so that who sits down may stay."""
    if dice.random() < 0.4:
        return climbing._grant(dice)
    return GiveGrant(
        _account(dice),
        h.UNITS[0],
        dice.choice(KINDS),
        Decimal(dice.randint(20, 200)),
        h.INSTANT,
        None,
        50,
        (),
        None,
    )


def _account(dice: Random) -> str:
    return dice.choices(h.ACCOUNTS, (8, 1, 1))[0]


def _state(dice: Random) -> SetState:
    return SetState(h.an_account(dice), dice.choices(("active", "suspended", "closed"), (12, 5, 1))[0])


DEEDS: dict[h.Maker, int] = {
    _take: 34,
    _beat: 26,
    _give_back: 12,
    _seats: 7,
    lambda dice: SweepSeats(): 5,
    _publish: 9,
    _grant: 14,
    _spend: 6,
    _undo: 7,
    lambda dice: SayAgain(
        dice.choice((-1, -2, -3, dice.randint(0, 99))), dice.choice(("same", "same", "other"))
    ): 8,
    _state: 3,
    lambda dice: SetTable(h.an_account(dice), dice.choice((None, "standard", "gold", "gems"))): 2,
    lambda dice: TakeBack(dice.choice((-1, -2))): 2,
    lambda dice: Sweep(h.an_account(dice)): 2,
    h.an_own_price: 2,
    held.a_hold: 2,
    held.a_capture: 2,
    **dict.fromkeys(rules.DEEDS, 1),
    rules.a_budget: 3,
    **dict.fromkeys(ladders.DEEDS, 1),
}
