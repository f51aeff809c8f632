"""Random histories of accounts with many tokens and many rules: windows turn, budgets fill, access comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from usage.tests.model import histories as h
from usage.tests.model import rules
from usage.tests.model.deeds import AskPrice, GiveGrant, SayAgain, SetPolicy, Spend, Step, Undo
from usage.tests.model.ladders import Ladder

STEPS = 70
WAITS = (h.BLINK, h.MINUTE, h.MINUTE, h.HOUR, h.HOUR, 6 * h.HOUR, h.DAY, h.DAY, 3 * h.DAY, 20 * h.DAY)
WAYS = {(None,): 25, WAITS: 75}
OFTEN = ("chat.input", "chat.input", "chat.input", "chat.output", "picture", "pass.chat", "pass.picture")
OCCURRED = (None, None, None, -h.MINUTE, -h.HOUR, -h.DAY, -12 * h.DAY, 2 * h.MINUTE, 5 * h.MINUTE)
UNLIMITED = Ladder("overage")
Deeds = dict[Callable[[Random], Any], int]


def ruled_history(dice: Random, steps: int = STEPS, of: Deeds | None = None) -> list[Step]:
    """Each account begins with tokens, and may go below zero."""
    deeds = [deed for account in h.ACCOUNTS for deed in _beginnings(account)]
    makers, weights = zip(*(of or DEEDS).items(), strict=True)
    deeds += [make(dice) for make in dice.choices(makers, weights, k=steps - len(deeds))]
    waits = dice.choices(tuple(WAYS), tuple(WAYS.values()), k=len(deeds))
    return [Step(dice.choice(wait), deed) for wait, deed in zip(waits, deeds, strict=True)]


def _beginnings(account: str) -> tuple[Any, ...]:
    many = Decimal(2000)
    grant = GiveGrant(account, "AIT", "trial", many, timedelta(0), None, 50, (), None)
    return grant, SetPolicy(account, UNLIMITED)


def _spend(dice: Random) -> Spend:
    occurred = dice.choice(OCCURRED) if dice.random() < 0.5 else h.occurred(dice)
    return Spend(h.an_account(dice), h.some_items(dice, OFTEN), occurred, subject=dice.choice(rules.SUBJECTS))


def _ask(dice: Random) -> AskPrice:
    return AskPrice(
        h.an_account(dice), h.some_items(dice, OFTEN), h.occurred(dice), dice.choice(rules.SUBJECTS)
    )


DEEDS: Deeds = {
    _spend: 55,
    _ask: 4,
    lambda dice: Undo(dice.randint(0, 99), None if dice.random() < 0.6 else dice.randint(1, 105)): 12,
    lambda dice: SayAgain(dice.randint(0, 99), dice.choice(("same", "other body"))): 3,
    h.an_own_price: 1,
    h.a_publish: 1,
    **{make: 3 * weight for make, weight in rules.DEEDS.items()},
}
