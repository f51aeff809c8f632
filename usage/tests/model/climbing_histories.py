"""Random histories of accounts under policies with steps: tokens run out, calls come fast, edges are near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from usage.tests.model import held_histories as held
from usage.tests.model import histories as h
from usage.tests.model import ladder_deeds as ladders
from usage.tests.model import rules
from usage.tests.model.deeds import (
    AskPrice,
    GiveGrant,
    HoldTokens,
    Invoice,
    LookBack,
    Move,
    RateEvents,
    SayAgain,
    SetState,
    SetTable,
    Spend,
    Step,
    Sweep,
    TakeBack,
    Undo,
)

STEPS = 60
WAITS = (
    *(h.INSTANT,) * 8,
    *(h.BLINK, h.SECOND, 20 * h.SECOND, 20 * h.SECOND, h.MINUTE, h.MINUTE, 2 * h.MINUTE),
    *(h.HOUR, h.HOUR, h.DAY),
)
SOON = (*(h.INSTANT,) * 3, h.BLINK, h.SECOND, h.MINUTE)
WAYS = {(None,): 20, WAITS: 80}
OFTEN = ("chat.input", "chat.input", "chat.input", "chat.output", "picture")


def climbing_history(dice: Random, length: int = STEPS) -> list[Step]:
    """Begins with a policy that rules all accounts, and tokens."""
    deeds: list[Any] = [ladders.Share(ladders.DEPLOYMENT, ladders.a_ladder(dice))]
    deeds += [_grant(dice) for _ in range(4)]
    makers, weights = zip(*DEEDS.items(), strict=True)
    deeds += [make(dice) for make in dice.choices(makers, weights, k=length - len(deeds))]
    waits = dice.choices(tuple(WAYS), tuple(WAYS.values()), k=len(deeds))
    steps = [Step(_wait(dice, wait, deed), deed) for wait, deed in zip(waits, deeds, strict=True)]
    return list(_followed_up(dice, steps))


def _wait(dice: Random, otherwise: tuple[timedelta | None, ...], before: Any) -> timedelta | None:
    """The job that looks comes often just when something ends."""
    return None if isinstance(before, ladders.Observe) and dice.random() < 0.5 else dice.choice(otherwise)


def _followed_up(dice: Random, story: list[Step]) -> Iterator[Step]:
    """The story, in which work that was held for is done soon, and some grants are taken back before they start."""
    for step in story:
        deed = step.deed
        if isinstance(deed, HoldTokens) and dice.random() < 0.5:
            yield Step(h.INSTANT, held.paying(dice, deed))
        yield step
        if isinstance(deed, GiveGrant) and deed.starts > h.INSTANT and dice.random() < 0.3:
            yield Step(h.INSTANT, TakeBack(-1))
        elif isinstance(deed, HoldTokens) or (isinstance(deed, ladders.Reach) and deed.verb == "hold"):
            for _ in range(dice.choice((0, 1, 1, 2, 3))):
                yield Step(dice.choice(SOON), _work(dice, deed.account))


def _work(dice: Random, account: str) -> Any:
    """A capture of the last hold, or something meanwhile."""
    reached = ladders.reach(dice, account, dice.choice(("capture", "capture", "capture", "spend", "report")))
    does = replace(held.a_capture(dice), hold=-1), reached, held.a_release(dice), _spend(dice)
    return dice.choices(does, (4, 5, 1, 1))[0]


def _grant(dice: Random) -> GiveGrant:
    """Mostly bought, for everything, from now on."""
    if dice.random() < 0.4:
        return h.a_grant(dice)
    kind = dice.choice(("purchase", "purchase", "purchase", "adjustment", "trial"))
    tokens = dice.choice((h.micro(dice, 20), *map(Decimal, (10, 20, 100, 100))))
    lasts = dice.choice((None, None, h.MINUTE, h.HOUR, h.DAY))
    starts = dice.choice((*(h.INSTANT,) * 6, -h.HOUR, h.SECOND, h.MINUTE))
    return GiveGrant(
        h.an_account(dice), h.UNITS[0], kind, tokens, starts, lasts and lasts + h.MINUTE, 50, (), None
    )


def _spend(dice: Random) -> Spend:
    items = h.some_items(dice, OFTEN)[: dice.choice((1, 1, 2, 3))]
    occurred = None if dice.random() < 0.7 else h.occurred(dice)
    return Spend(h.an_account(dice), items, occurred, subject=dice.choice(rules.SUBJECTS))


def _ask(dice: Random) -> AskPrice:
    return AskPrice(h.an_account(dice), h.some_items(dice, OFTEN), h.occurred(dice))


def _table(dice: Random) -> SetTable:
    return SetTable(h.an_account(dice), dice.choice((None, "standard", "gold", "gems")))


DEEDS: dict[h.Maker, int] = {
    _grant: 18,
    _spend: 34,
    _ask: 3,
    lambda dice: Undo(dice.randint(0, 99), None if dice.random() < 0.5 else dice.randint(1, 105)): 8,
    lambda dice: SayAgain(dice.randint(0, 99), dice.choice(("same", "same", "other body"))): 3,
    lambda dice: TakeBack(dice.choice((-1, -1, -2, dice.randint(0, 99)))): 6,
    lambda dice: Sweep(h.an_account(dice)): 3,
    lambda dice: Invoice(h.an_account(dice), h.UNITS[0], dice.choice((1, 2, 9))): 4,
    lambda dice: Move(*dice.choice(h.PAIRS), h.UNITS[0], h.micro(dice, 5)): 4,
    lambda dice: LookBack(h.an_account(dice), h.UNITS[0], dice.choice((h.INSTANT, h.MINUTE, h.HOUR))): 2,
    lambda dice: SetState(h.an_account(dice), dice.choice(("active", "active", "suspended"))): 1,
    lambda dice: RateEvents(dice.random() < 0.5): 6,
    _table: 2,
    h.a_publish: 1,
    held.a_hold: 8,
    held.a_capture: 3,
    held.a_release: 1,
    held.an_extension: 1,
    **dict.fromkeys(rules.DEEDS, 1),
    **ladders.DEEDS,
}
