"""Random histories in which tokens are held: estimates, work that begins soon after, and everything else meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from usage.tests.model import histories as h
from usage.tests.model import ruled_histories as ruled
from usage.tests.model import rules
from usage.tests.model.deeds import Capture, Extend, GiveGrant, HoldTokens, Release, Spend, Step
from usage.tests.model.prices import covers

LASTS = (h.SECOND, h.MINUTE, 2 * h.MINUTE, 5 * h.MINUTE, h.HOUR, h.HOUR, h.DAY, h.DAY)
SOON = (*(h.INSTANT,) * 3, h.BLINK, h.MINUTE, h.MINUTE, 2 * h.MINUTE, h.HOUR)


def held_history(dice: Random, steps: int = h.STEPS) -> list[Step]:
    return list(_worked_out(dice, h.history(dice, steps, of=DEEDS)))


def roomy_history(dice: Random, steps: int = ruled.STEPS) -> list[Step]:
    """Holds of accounts with many tokens under many budgets and allowances: what is scarce is room in those."""
    return list(_worked_out(dice, ruled.ruled_history(dice, steps, of=RULED)))


def _worked_out(dice: Random, story: list[Step]) -> Iterator[Step]:
    """The story, in which tokens are there to be held, and work begins soon after: mostly while they still are."""
    left, held = 0, HoldTokens(h.ACCOUNTS[0], (), None, h.HOUR)
    for step in story:
        if isinstance(step.deed, HoldTokens):
            held, left = step.deed, dice.choice((0, 2, 3, 4, 6))
            if dice.random() < 0.6:
                yield Step(h.INSTANT, paying(dice, held))
                held = replace(held, occurred=None)
                step = replace(step, deed=held)
        elif left:
            left -= 1
            besides = Spend(held.account, held.items, held.occurred, subject=held.subject)
            works = (a_capture(dice), a_release(dice), besides, step.deed)
            step = Step(dice.choice(SOON), dice.choices(works, (8, 1, 3, 2))[0])
        yield step


def paying(dice: Random, held: HoldTokens) -> GiveGrant:
    """A grant that may pay for the estimate."""
    given = h.a_grant(dice)
    is_for_it = not given.features or any(
        covers(pattern, item.feature) for pattern in given.features for item in held.items
    )
    scope = given.features if is_for_it else ()
    return replace(given, account=held.account, unit=h.UNITS[0], starts=h.INSTANT, features=scope)


def a_hold(dice: Random) -> HoldTokens:
    return HoldTokens(
        h.an_account(dice),
        h.some_items(dice),
        h.occurred(dice),
        dice.choice(LASTS),
        dice.choice(rules.SUBJECTS),
    )


def _hold_of_few(dice: Random) -> HoldTokens:
    """Of features that rules concern, mostly for longer than until the next deed."""
    items, subject = h.some_items(dice, ruled.OFTEN), dice.choice(rules.SUBJECTS)
    return HoldTokens(h.an_account(dice), items, h.occurred(dice), dice.choice((h.HOUR, h.DAY)), subject)


def a_capture(dice: Random) -> Capture:
    """Mostly of one of the last holds: the others have ended."""
    kind = dice.choice(("as estimated", "part", "part", "part", "more", "nothing", "other"))
    share = {"part": dice.randint(1, 100), "more": dice.randint(101, 400), "nothing": 0}.get(kind)
    items = h.some_items(dice) if kind == "other" else ()
    return Capture(_recent(dice), share, items, kind == "nothing" or dice.random() < 0.6)


def a_release(dice: Random) -> Release:
    return Release(_recent(dice))


def an_extension(dice: Random) -> Extend:
    return Extend(_recent(dice), dice.choice(LASTS))


def _recent(dice: Random) -> int:
    """Of what there is the last, or one before it."""
    return dice.choice((-1, -1, -1, -2, -2, -3, dice.randint(0, 99)))


DEEDS: dict[h.Maker, int] = {**h.DEEDS, a_hold: 24, a_capture: 8, a_release: 3, an_extension: 3}
RULED: ruled.Deeds = {
    **ruled.DEEDS,
    _hold_of_few: 30,
    a_capture: 20,
    a_release: 4,
    an_extension: 3,
    rules.a_budget: 30,
}
