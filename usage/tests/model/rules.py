"""Deeds that say what an account may use, has included and may spend, and random ones of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from usage.tests.model.access import Opens

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
INSTANT = timedelta(0)

PASSES = {"pass.chat": Opens("chat.*", 1, "days"), "pass.picture": Opens("picture", 1, "months")}
OTHERWISE = (Opens("chat.input", 2, "hours"), Opens("*", 1, "hours"), Opens("chat.*", 1, "days"))
PERIODS = ("day", "day", "week", "month", "total")
ANCHORS = (None, None, date(2025, 12, 31), date(2026, 1, 15), date(2024, 2, 2))
INCLUDED = ("*", "chat.*", "chat.input", "chat.input", "picture")
NAMED = ("*", "chat.*", "chat.input", "chat.deep.*", "picture")
SUBJECTS = (
    (),
    (),
    (("user", "ann"),),
    (("user", "ann"), ("team", "red")),
    (("team", "blue"),),
)
STARTS = (INSTANT, INSTANT, INSTANT, MINUTE, HOUR, DAY)
TO_THE_TURN = timedelta(-1)
"""Until the end of the window in which it begins."""
LASTS = (None, None, HOUR, DAY, 13 * DAY, TO_THE_TURN)


@dataclass(frozen=True)
class Include:
    """`units`: none ends what the pattern has."""

    account: str
    pattern: str
    units: Decimal | None
    period: str
    anchor: date | None
    carries: Decimal
    starts: timedelta
    lasts: timedelta | None


@dataclass(frozen=True)
class SetBudget:
    """Open it, or, where it is open already, change what it allows. `tokens`: none ends it."""

    account: str
    code: str
    feature: str
    dimensions: tuple[tuple[str, str], ...]
    subject: tuple[tuple[str, str], ...]
    per: str
    period: str
    tokens: Decimal | None
    is_hard: bool


@dataclass(frozen=True)
class SayAccess:
    account: str
    pattern: str
    kind: str
    starts: timedelta
    lasts: timedelta | None


@dataclass(frozen=True)
class AskWhatMayBeUsed:
    account: str
    quantity: Decimal


@dataclass(frozen=True)
class SetMode:
    account: str
    mode: str


@dataclass(frozen=True)
class SetUnlock:
    """`opens`: none switches it off."""

    feature: str
    opens: Opens | None


def _account(dice: Random) -> str:
    return dice.choices(("acme", "acme-team", "solo"), (6, 2, 2))[0]


def _quantity(dice: Random, most: int) -> Decimal:
    if dice.random() < 0.6:
        return Decimal(dice.randint(1, most))
    return Decimal(dice.randint(1, most * 10**9)).scaleb(-9)


def _tokens(dice: Random, most: int) -> Decimal:
    if dice.random() < 0.6:
        return Decimal(dice.randint(0, most))
    return Decimal(dice.randint(1, most * 10**6)).scaleb(-6)


def _include(dice: Random) -> Include:
    period = dice.choice((*PERIODS, "year"))
    carries = dice.choice((Decimal(0), Decimal(0), Decimal(5), _quantity(dice, 30)))
    return Include(
        _account(dice),
        dice.choice(INCLUDED),
        None if dice.random() < 0.12 else _quantity(dice, 20),
        period,
        dice.choice(ANCHORS) if period in ("month", "year") else None,
        carries,
        dice.choice(STARTS),
        dice.choice(LASTS),
    )


def a_budget(dice: Random) -> SetBudget:
    return SetBudget(
        _account(dice),
        dice.choice(("all", "team", "model")),
        dice.choice(("*", "*", "chat.*", "chat.input")),
        dice.choice(((), (), (("model", "gpt"),))),
        dice.choice(((), (), (("team", "red"),))),
        dice.choice(("", "", "user", "team")),
        dice.choice(PERIODS),
        None if dice.random() < 0.15 else _tokens(dice, 40),
        dice.random() < 0.6,
    )


def _access(dice: Random) -> SayAccess:
    kind = dice.choices(("open", "closed", "none"), (5, 3, 2))[0]
    lasts = None if kind == "none" else dice.choice((None, MINUTE, HOUR, HOUR, DAY, 13 * DAY))
    return SayAccess(_account(dice), dice.choice(NAMED), kind, dice.choice(STARTS), lasts)


def _mode(dice: Random) -> SetMode:
    return SetMode(_account(dice), dice.choice(("portfolio", "portfolio", "bought")))


def _unlock(dice: Random) -> SetUnlock:
    return SetUnlock(dice.choice(tuple(PASSES)), dice.choice((None, *OTHERWISE, *PASSES.values())))


def _ask(dice: Random) -> AskWhatMayBeUsed:
    return AskWhatMayBeUsed(
        _account(dice), dice.choice((Decimal(1), Decimal(1), Decimal(1), _quantity(dice, 8)))
    )


DEEDS: dict[Callable[[Random], Any], int] = {
    _include: 5,
    a_budget: 4,
    _access: 4,
    _mode: 1,
    _unlock: 1,
    _ask: 4,
}
