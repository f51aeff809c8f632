"""Deeds that say how far accounts may go, and random policies: so small that they are met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from usage.tests.model.deeds import SetPolicy
from usage.tests.model.ladders import DEPLOYMENT, Ladder, Scope, Throttle

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCOPES: tuple[Scope, ...] = (
    ("feature", "chat.input"),
    ("feature", "chat.input"),
    ("feature", "picture"),
    ("product", "bot"),
    ("rate table", "standard"),
    DEPLOYMENT,
)
SHARES = (1, 20, 50, 80, 90, 99, 100)
MILLIONTH = Decimal("0.000001")
SLIGHTLY = (*(Decimal(0),) * 4, MILLIONTH, -MILLIONTH, Decimal(1))


@dataclass(frozen=True)
class Share:
    """`policy`: none ends what was before it."""

    scope: Scope
    policy: Ladder | None


@dataclass(frozen=True)
class Observe:
    """What the job does that notes what time alone has changed."""

    account: str


@dataclass(frozen=True)
class Reach:
    """Ask for just as much as reaches one of the places where something changes, or for a little more or less.

    verb: `spend`, `hold`, `report`, `ask`, or `capture` of the last hold. edge: one of those there are, in tokens.
    """

    account: str
    verb: str
    edge: int
    by: Decimal


@dataclass(frozen=True)
class Alter:
    """Other amounts in the policies that rule an account's chats, by a factor."""

    account: str
    by: Decimal


def a_policy(dice: Random) -> Ladder | None:
    """None of its own, a plain one, or one with steps."""
    plain = Ladder("block"), Ladder("overage"), Ladder("overage", _tokens(dice, 30))
    kinds = (None, dice.choice(plain), a_ladder(dice))
    return dice.choices(kinds, (2, 2, 6))[0]


def a_ladder(dice: Random) -> Ladder:
    """Some of all steps; or one that lets go as far as anybody wants, and only so fast."""
    if dice.random() < 0.35:
        return Ladder("overage", notify=(50,), throttles=_throttles(dice, 0.8))
    mode = dice.choice(("block", "overage", "overage"))
    lasts, amount = dice.choice(
        (
            (None, None),
            (None, None),
            (HOUR, None),
            (MINUTE, None),
            (None, _tokens(dice, 12)),
            (DAY, _tokens(dice, 12)),
        )
    )
    limits: dict[str, Any] = {}
    if mode == "overage":
        money = _tokens(dice, 9), dice.choice((Decimal("0.3"), Decimal("0.7"), Decimal("0.0125")))
        limits = {
            "limit": dice.choice((None, None, _tokens(dice, 30))),
            "percent": dice.choice((None, None, Decimal(dice.randint(0, 150)), _tokens(dice, 50))),
            "money": dice.choice((None, None, None, money)),
        }
    notify = tuple(sorted(dice.sample(SHARES, dice.choice((0, 1, 2, 3)))))
    return Ladder(
        mode,
        notify=notify,
        throttles=_throttles(dice, 0.35),
        grace_lasts=lasts,
        grace_tokens=amount,
        **limits,
    )


def _tokens(dice: Random, most: int) -> Decimal:
    """Half of the time a whole amount."""
    if dice.random() < 0.5:
        return Decimal(dice.randint(1, most))
    return Decimal(dice.randint(1, most * 10**6)).scaleb(-6)


def _throttles(dice: Random, chance: float) -> tuple[Throttle, ...]:
    """Such that a second or third call within the minute meets them; the steps in the order of their shares."""
    some = [
        Throttle(dice.choice((0, 0, 50, 80)), "calls", Decimal(dice.choice((1, 2, 2, 3, 7)))),
        Throttle(dice.choice((0, 0, 80, 100)), "tokens", 5 + _tokens(dice, 40)),
        Throttle(dice.choice((90, 99)), "calls", Decimal(1)),
    ]
    kept = [each for each in some if dice.random() < chance]
    return tuple(sorted(kept, key=lambda each: (each.start, each.measure)))


def _set_policy(dice: Random) -> SetPolicy:
    return SetPolicy(_account(dice), a_policy(dice))


def _share(dice: Random) -> Share:
    policy = dice.choices((None, Ladder("overage"), a_policy(dice), a_ladder(dice)), (2, 1, 2, 5))[0]
    return Share(dice.choice(SCOPES), policy)


def _account(dice: Random) -> str:
    return dice.choices(("acme", "acme-team", "solo"), (6, 2, 2))[0]


def _reach(dice: Random) -> Reach:
    verb = dice.choices(("spend", "hold", "report", "ask"), (10, 5, 4, 1))[0]
    return reach(dice, _account(dice), verb)


def reach(dice: Random, account: str, verb: str) -> Reach:
    return Reach(account, verb, dice.randint(0, 99), dice.choice(SLIGHTLY))


DEEDS: dict[Callable[[Random], Any], int] = {
    _set_policy: 8,
    _share: 5,
    lambda dice: Alter(_account(dice), dice.choice((Decimal("0.5"), Decimal(2)))): 5,
    lambda dice: Observe(_account(dice)): 4,
    _reach: 26,
}
