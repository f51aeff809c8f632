"""Random histories: fifty steps in the life of a few accounts, with everything crowded around the same few instants.

A step names things by a number that is taken modulo what there is, so that any step is possible at any time and a
failing history shrinks freely. Amounts are small and instants lie on a coarse grid on purpose: that is where limits,
starts and expiries meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from usage.tests.model.costs import WORTHS
from usage.tests.model.deeds import (
    Arrive,
    AskPrice,
    CallOff,
    GiveGrant,
    Invoice,
    Keep,
    LookBack,
    Move,
    Near,
    Prolong,
    Publish,
    RateEvents,
    Report,
    SayAgain,
    ScheduleTable,
    SetOwnPrice,
    SetPolicy,
    SetState,
    SetTable,
    Spend,
    Step,
    Sweep,
    TakeBack,
    Undo,
    Withdraw,
)
from usage.tests.model.facts import Item
from usage.tests.model.grants import KINDS
from usage.tests.model.invented_rates import DIMENSIONS, FLAT, PER, PRICES, a_rate, without_ties
from usage.tests.model.ladders import Ladder
from usage.tests.model.prices import OwnPrice
from usage.tests.model.rules import DEEDS as DEEDS_OF_RULES
from usage.tests.model.rules import SUBJECTS

Maker = Callable[[Random], Any]

STEPS = 50
ACCOUNTS = ("acme", "acme-team", "solo")
UNITS = ("AIT", "GEM")
NEWCOMER = "newcomer"
FEATURES = {
    "chat.input": "bot",
    "chat.output": "bot",
    "chat.deep.think": "bot",
    "picture": "bot",
    "pass.chat": "bot",
    "pass.picture": "bot",
    "rival.call": "rival",
}
PAIRS = (*(("acme", "acme-team"), ("acme-team", "acme")) * 4, ("acme", "solo"), ("solo", "solo"))
ZONES = {"acme": "UTC", "acme-team": "Asia/Kathmandu", "solo": "America/New_York"}
TABLES = {"standard": "AIT", "gold": "AIT", "gems": "GEM"}


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INSTANT = timedelta(0)
BLINK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)

WAITS = (INSTANT, INSTANT, BLINK, MINUTE, MINUTE, MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR, HOUR, HOUR, DAY)
LEAPS = (12 * DAY, 30 * DAY)
RECENTLY = (
    *(-BLINK, -MINUTE, -2 * MINUTE, -5 * MINUTE, -HOUR, -2 * HOUR),
    *(-DAY, -2 * DAY, -12 * DAY, 2 * MINUTE, 5 * MINUTE),
)
AT_THE_EDGE = (-35 * DAY, -35 * DAY - BLINK, 5 * MINUTE + BLINK)
STARTS = (INSTANT, INSTANT, INSTANT, -MINUTE, -HOUR, -DAY, -12 * DAY, MINUTE, 2 * MINUTE, HOUR, DAY)
LASTS = (None, None, MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR, HOUR, 2 * HOUR, DAY, 2 * DAY, 13 * DAY)
SCOPES = (
    (),
    (),
    (),
    (),
    ("*",),
    ("chat.*",),
    ("chat.*",),
    ("chat.input",),
    ("chat.deep.*", "picture"),
    ("rival.*",),
)
COSTS = (None, None, Decimal(0), Decimal("0.01"), Decimal("0.02"))
CALLED = (
    *("chat.input", "chat.input", "chat.output", "chat.deep.think", "picture") * 3,
    "pass.chat",
    "pass.picture",
)
STRAY = (
    (Item("nothing.known", Decimal(1)),),
    (Item("rival.call", Decimal(1)),),
    (Item("chat.input", Decimal(1)), Item("rival.call", Decimal(2))),
    (Item("chat.input", Decimal(1), cost=Decimal(1), currency="XXX"),),
)
SAID = (None, None, None, *map(Decimal, ("0", "0.5", "0.000000000001", "3.333333333333")))


def history(dice: Random, steps: int = STEPS, *, of: Mapping[Maker, int] | None = None) -> list[Step]:
    """of: what happens, and how often; all there is where it is absent."""
    makers, weights = zip(*(of or DEEDS).items(), strict=True)
    deeds = [*(a_grant for _ in range(4)), *dice.choices(makers, weights, k=steps - 4)]
    waits = dice.choices((WAITS, LEAPS, (None,)), (83, 2, 15), k=steps)
    return [Step(dice.choice(wait), deed(dice)) for wait, deed in zip(waits, deeds, strict=True)]


def micro(dice: Random, most: int) -> Decimal:
    """An amount of tokens: half of the time a whole one."""
    return (
        Decimal(dice.randint(1, most))
        if dice.random() < 0.5
        else Decimal(dice.randint(1, most * 10**6)).scaleb(-6)
    )


def an_account(dice: Random) -> str:
    return dice.choices(ACCOUNTS, (6, 2, 2))[0]


def some_items(dice: Random, called: tuple[str, ...] = CALLED) -> tuple[Item, ...]:
    def quantity(feature: str) -> Decimal:
        """Mostly whole ones; of what is sold by whole periods nearly always, and few."""
        is_pass = feature.startswith("pass.")
        if dice.random() < (0.95 if is_pass else 0.6):
            return Decimal(dice.randint(1, 2 if is_pass else 8))
        return Decimal(dice.randint(1, 8 * 10**9)).scaleb(-9)

    def said() -> tuple[Decimal | None, str | None]:
        cost, currency = dice.choice(SAID), dice.choice((None, *WORTHS))
        return (cost, None) if cost is None else (cost, currency)

    features = [dice.choice(called) for _ in range(dice.choice((1, 1, 2, 3, 4)))]
    return tuple(Item(feature, quantity(feature), dice.choice(DIMENSIONS), *said()) for feature in features)


def occurred(dice: Random) -> timedelta | Near | None:
    near = Near(dice.randint(0, 99), dice.choice((INSTANT, INSTANT, -BLINK, BLINK, -MINUTE, MINUTE)))
    return dice.choices((None, near, dice.choice(RECENTLY), dice.choice(AT_THE_EDGE)), (35, 40, 21, 4))[0]


def a_grant(dice: Random) -> GiveGrant:
    """Mostly one that ends ahead: any other is refused."""
    starts, lasts = dice.choice(STARTS), dice.choice(LASTS)
    if lasts and starts + lasts <= INSTANT and dice.random() < 0.95:
        lasts -= starts
    return GiveGrant(
        an_account(dice),
        dice.choices(UNITS, (6, 1))[0],
        dice.choice(KINDS),
        micro(dice, 60),
        starts,
        lasts,
        dice.choice((50, 50, 50, 50, 0, 10, 100)),
        dice.choice(SCOPES),
        dice.choice(COSTS),
    )


def _stray(dice: Random) -> Spend:
    return Spend(an_account(dice), dice.choice(STRAY), occurred(dice), dice.choice(("bot", "rival")))


def _report(dice: Random) -> Report:
    """Mostly of what is known; some of whom nobody knows yet, of other products, of the same event again."""
    account = NEWCOMER if dice.random() < 0.1 else an_account(dice)
    stray = dice.choice((*(item for items in STRAY[:2] for item in items),))
    item = stray if dice.random() < 0.05 else some_items(dice)[0]
    happened = dice.choice((40 * -DAY, HOUR)) if dice.random() < 0.06 else occurred(dice)
    again = (dice.randint(0, 99), dice.choice(("same", "same", "other"))) if dice.random() < 0.15 else None
    return Report(account, item, happened, dice.choice(("bot", "bot", "bot", "rival")), again)


def _undo(dice: Random) -> Undo:
    return Undo(dice.randint(0, 99), None if dice.random() < 0.4 else dice.randint(1, 105))


def _policy(dice: Random) -> SetPolicy:
    policy = dice.choice(
        (None, Ladder("overage"), Ladder("overage", micro(dice, 30)), Ladder("overage", micro(dice, 30)))
    )
    return SetPolicy(an_account(dice), policy)


def a_publish(dice: Random) -> Publish:
    """Mostly prices for everything; sometimes only for a few features, sometimes with rows that tie."""
    rates = [a_rate(dice) for _ in range(dice.randint(1, 5))]
    kind = dice.choice(("all", "all", "all", "few", "tied"))
    if kind == "all":
        rates = [replace(FLAT, tokens=dice.choice(PRICES)), *rates]
    begins = dice.choice((None, None, MINUTE, 2 * MINUTE, HOUR, DAY, -MINUTE))
    return Publish(
        dice.choice(tuple(TABLES)), tuple(rates) if kind == "tied" else without_ties(rates), begins
    )


OWN = (("*", ()), ("chat.*", ()), ("chat.input", ()), ("chat.input", (("model", "gpt"),)))
"""Patterns and dimensions of own prices: no two of them could match one usage with equal right."""


def an_own_price(dice: Random) -> SetOwnPrice:
    kind = dice.choice(("fixed", "multiplier", "multiplier", "free", "none"))
    amount = dice.choice(PRICES) if kind in ("fixed", "multiplier") else Decimal(0)
    pattern, dimensions = dice.choice(OWN)
    price = OwnPrice(pattern, kind, amount, dice.choice(PER) if kind == "fixed" else Decimal(1), dimensions)
    return SetOwnPrice(
        an_account(dice), price, dice.choice((INSTANT, INSTANT, MINUTE, HOUR)), dice.choice((None, HOUR, DAY))
    )


def _spend(dice: Random) -> Spend:
    return Spend(an_account(dice), some_items(dice), occurred(dice), subject=dice.choice(SUBJECTS))


def _ask_price(dice: Random) -> AskPrice:
    return AskPrice(an_account(dice), some_items(dice), occurred(dice), dice.choice(SUBJECTS))


def _set_table(dice: Random) -> SetTable:
    return SetTable(an_account(dice), dice.choice((None, "standard", "gold", "gold", "gems")))


def _schedule(dice: Random) -> ScheduleTable:
    starts = dice.choice((INSTANT, MINUTE, MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR, HOUR, DAY, -MINUTE))
    return ScheduleTable(an_account(dice), dice.choice((None, "standard", "gold", "gold", "gems")), starts)


def _call_off(dice: Random) -> CallOff:
    return CallOff(dice.randint(0, 99), dice.random() < 0.8)


DEEDS: dict[Maker, int] = {
    a_grant: 18,
    _spend: 40,
    _ask_price: 4,
    _undo: 12,
    lambda dice: SayAgain(dice.randint(0, 99), dice.choice(("same", "same", "other body", "other verb"))): 6,
    _policy: 6,
    lambda dice: TakeBack(dice.randint(0, 99)): 4,
    lambda dice: Prolong(dice.randint(0, 99), dice.choice((None, MINUTE, HOUR, DAY, 12 * DAY))): 4,
    lambda dice: Sweep(an_account(dice)): 7,
    lambda dice: Invoice(an_account(dice), UNITS[0], dice.choice((1, 1, 2, 9))): 5,
    lambda dice: Move(*dice.choice(PAIRS), dice.choices(UNITS, (5, 1))[0], micro(dice, 5)): 6,
    lambda dice: LookBack(
        an_account(dice), UNITS[0], dice.choice((INSTANT, BLINK, MINUTE, HOUR, DAY, 12 * DAY))
    ): 5,
    a_publish: 4,
    lambda dice: Withdraw(dice.randint(0, 99), dice.random() < 0.8): 3,
    _set_table: 2,
    _schedule: 4,
    _call_off: 3,
    lambda dice: SetState(
        an_account(dice), dice.choice(("active", "active", "active", "suspended", "closed"))
    ): 2,
    _stray: 2,
    an_own_price: 3,
    lambda dice: Keep(an_account(dice), dice.choice((None, MINUTE, HOUR, DAY, 13 * DAY))): 2,
    _report: 16,
    lambda dice: RateEvents(dice.random() < 0.5): 8,
    lambda dice: Arrive(NEWCOMER): 1,
    **DEEDS_OF_RULES,
}
OF_TERMS: dict[Maker, int] = {
    a_grant: 10,
    _spend: 40,
    _ask_price: 20,
    _schedule: 18,
    _call_off: 12,
    _set_table: 4,
    a_publish: 2,
    an_own_price: 1,
}
"""Mostly usage, and rate tables that are scheduled and called off again."""
