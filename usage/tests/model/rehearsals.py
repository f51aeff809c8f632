"""A rehearsal the plain way, and random stories to rehearse: months of usage by two tables, late and given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random

from usage.tests.model import histories as h
from usage.tests.model.costs import cost_of
from usage.tests.model.facts import Account, Item, Refused, Terms
from usage.tests.model.grants import ZERO
from usage.tests.model.playing import BEGINNING
from usage.tests.model.prices import FORMULAS, OwnPrice, Rate, Version, charge, prices, ties
from usage.tests.model.rehearsal_deeds import CallOff, Deed, GiveBack, Keep, Move, SetOwn, Spend

STEPS = 40
FOR_ALL = tuple(formula for formula in FORMULAS if "model" not in formula)
"""The formulas that have a price for every usage."""
ASKED = "standard"
OTHER = "gold"


@dataclass(frozen=True)
class Standing:
    """What paid for a spend: the table, whether the account stayed on a version, its own price of each item."""

    table: str = ""
    is_kept: bool = False
    own: tuple[OwnPrice | None, ...] = ()


@dataclass(frozen=True)
class Story:
    """deeds: each with its time. rates: of the table asked for, of the other one, and of the draft."""

    deeds: tuple[tuple[datetime, Deed], ...]
    live: tuple[Rate, ...]
    other: tuple[Rate, ...]
    draft: tuple[Rate, ...]
    since: datetime
    until: datetime

    @cached_property
    def standings(self) -> list[Standing]:
        return standings_of(self)


@dataclass
class Told:
    """What one feature came to for one account; costed: the tokens of the lines whose cost is known."""

    lines: int = 0
    quantity: Decimal = ZERO
    before: Decimal = ZERO
    after: Decimal = ZERO
    unpriced_lines: int = 0
    unpriced_tokens: Decimal = ZERO
    cost_before: Decimal = ZERO
    costed_before: Decimal = ZERO
    cost_after: Decimal = ZERO
    costed_after: Decimal = ZERO


@dataclass
class Counts:
    """Units of months, by account, month, feature, pattern and dimensions."""

    units: dict[tuple[object, ...], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def before(self, spend: Spend, item: Item, rate: Rate) -> Decimal:
        return self.units[self._key(spend, item, rate)]

    def add(self, spend: Spend, item: Item, rate: Rate | None, sign: int = 1) -> None:
        if rate is not None and rate.tier_mode:
            self.units[self._key(spend, item, rate)] += sign * item.quantity

    def _key(self, spend: Spend, item: Item, rate: Rate) -> tuple[object, ...]:
        return spend.account, f"{spend.occurred_at:%Y-%m}", item.feature, rate.pattern, rate.dimensions


def story(dice: Random) -> Story:
    now = ahead = BEGINNING + timedelta(days=25)
    deeds: list[tuple[datetime, Deed]] = []
    spends: list[int] = []
    for place in range(STEPS):
        now += dice.choice((timedelta(0), h.BLINK, h.MINUTE, h.HOUR, h.HOUR, h.DAY, h.DAY))
        now = max(now, ahead)
        deed = _deed(dice, now + h.BLINK, spends)
        if not isinstance(deed, Spend | GiveBack):
            now += h.BLINK  # what is arranged at the instant of usage, and after it, nobody tells from before
        if isinstance(deed, Spend):
            spends.append(place)
            ahead = max(ahead, deed.occurred_at)
        deeds.append((now, deed))
    instants = [at for at, _ in deeds] + [each.occurred_at for _, each in deeds if isinstance(each, Spend)]
    since = dice.choice((BEGINNING, *instants))
    until = dice.choice([at for at in (*instants, now + h.DAY) if at > since] or [since + h.HOUR])
    return Story(tuple(deeds), _rates(dice), _rates(dice), _rates(dice, is_whole=False), since, until)


def standings_of(told: Story) -> list[Standing]:
    """What each spend of the story was paid by, as said by then and at the time of the usage."""
    accounts = {reference: Account(reference, told.deeds[0][0]) for reference in h.ACCOUNTS}
    found = []
    for now, deed in told.deeds:
        if isinstance(deed, Move):
            _move(accounts[deed.account], deed, now)
        elif isinstance(deed, CallOff):
            _call_off(accounts[deed.account], now)
        elif isinstance(deed, SetOwn):
            accounts[deed.account].own_prices.append((deed.begins, deed.ends, deed.price))
        elif isinstance(deed, Keep):
            accounts[deed.account].kept.append((now, deed.until, ASKED, 1))
        found.append(_standing(deed, accounts[deed.account]) if isinstance(deed, Spend) else Standing())
    return found


def _move(account: Account, deed: Move, now: datetime) -> None:
    if deed.begins is None:
        account.terms.append(Terms(now, deed.table))
        return
    with suppress(Refused):
        account.schedule(deed.table, now, deed.begins)


def _call_off(account: Account, now: datetime) -> None:
    waiting = [place for place, each in enumerate(account.terms) if each.waits(now)]
    if waiting:
        account.call_off(min(waiting, key=lambda place: account.terms[place].begins or now), now)


def _standing(spend: Spend, account: Account) -> Standing:
    table = account.table_at(spend.occurred_at) or ASKED
    is_kept = table == ASKED and account.kept_version(ASKED, spend.occurred_at) is not None
    return Standing(table, is_kept, tuple(account.own_price(each, spend.occurred_at) for each in spend.items))


def is_asked(told: Story, place: int) -> bool:
    """Whether the deed is usage of the period by the table, of an account that does not stay on a version."""
    spend, standing = told.deeds[place][1], told.standings[place]
    if not isinstance(spend, Spend) or not told.since <= spend.occurred_at < told.until:
        return False
    return standing.table == ASKED and not standing.is_kept


def is_told(told: Story, place: int) -> bool:
    """Whether a rehearsal tells of the deed: usage that was not given back whole."""
    whole = {each.spend for _, each in told.deeds if isinstance(each, GiveBack) and each.share is None}
    return place not in whole and is_asked(told, place)


def is_priced(told: Story, rates: Sequence[Rate]) -> bool:
    """Whether the rates have a price for all the usage asked for."""
    version = version_of(rates)
    for place, (_, deed) in enumerate(told.deeds):
        if isinstance(deed, Spend) and is_asked(told, place):
            for item, own in zip(deed.items, told.standings[place].own, strict=True):
                rate = version.rate_for(item.feature, dict(item.dimensions))
                if rate is None or not prices(rate, item.quantity, dict(item.dimensions), own):
                    return False
    return True


def rehearsed(
    told: Story, rates: Sequence[Rate], charged: Mapping[int, Sequence[Decimal]]
) -> dict[tuple[str, str], Told]:
    """What the rates make of the story's usage in its period. charged: tokens of each line, by place of the spend."""
    paid, counts, live = Paid(told, rates), Counts(), version_of(told.live)
    found: dict[tuple[str, str], Told] = defaultdict(Told)
    for place, (_, deed) in enumerate(told.deeds):
        if isinstance(deed, GiveBack) and deed.share is None:
            spend = told.deeds[deed.spend][1]
            assert isinstance(spend, Spend)
            for item in spend.items:
                counts.add(spend, item, paid.by(deed.spend, item), -1)
        if not isinstance(deed, Spend):
            continue
        own = told.standings[place].own
        for item, before, price in zip(deed.items, charged[place], own, strict=True):
            rate = paid.by(place, item)
            counted = counts.before(deed, item, rate) if rate else ZERO
            counts.add(deed, item, rate)
            if is_told(told, place):
                former = live.rate_for(item.feature, dict(item.dimensions))
                _tell(found[deed.account, item.feature], item, (former, rate), counted, before, price)
    return dict(found)


class Paid:
    """Which rate prices what: one of those rehearsed, or the one that did. anew: what the former price, if not all."""

    def __init__(self, told: Story, rates: Sequence[Rate], anew: Collection[int] | None = None) -> None:
        by_table = {ASKED: version_of(told.live), OTHER: version_of(told.other), "": version_of(())}
        self._versions = [
            version_of(rates)
            if (is_asked(told, place) if anew is None else place in anew)
            else by_table[standing.table]
            for place, standing in enumerate(told.standings)
        ]

    def by(self, place: int, item: Item) -> Rate | None:
        return self._versions[place].rate_for(item.feature, dict(item.dimensions))


def _tell(
    told: Told,
    item: Item,
    rates: tuple[Rate | None, Rate | None],
    counted: Decimal,
    before: Decimal,
    own: OwnPrice | None,
) -> None:
    former, rate = rates
    told.lines += 1
    told.quantity += item.quantity
    told.before += before
    dimensions = dict(item.dimensions)
    if rate is None or not prices(rate, item.quantity, dimensions, own):
        told.unpriced_lines += 1
        told.unpriced_tokens += before
        return
    after = charge(rate, item.quantity, counted, dimensions, own)
    told.after += after
    assert former is not None
    costs = cost_of(item, former), cost_of(item, rate)
    if costs[0] is not None:
        told.cost_before += costs[0]
        told.costed_before += before
    if costs[1] is not None:
        told.cost_after += costs[1]
        told.costed_after += after


def _deed(dice: Random, now: datetime, spends: list[int]) -> Deed:
    kind = dice.choices(("spend", "back", "move", "call off", "own", "keep"), (64, 10, 11, 7, 6, 2))[0]
    if kind == "back" and spends:
        return GiveBack(spends.pop(dice.randrange(len(spends))), dice.choice((None, None, None, 30, 90)))
    account = dice.choice(h.ACCOUNTS)
    if kind == "move":
        begins = dice.choice((None, None, now + h.MINUTE, now + h.HOUR, now + h.DAY, now + 3 * h.DAY))
        return Move(account, dice.choice((ASKED, OTHER)), begins)
    if kind == "call off":
        return CallOff(account)
    if kind == "own":
        said = h.an_own_price(dice)
        begins = now + said.starts
        return SetOwn(account, said.price, begins, begins + said.lasts if said.lasts else None)
    if kind == "keep":
        return Keep(account, dice.choice((None, now + h.HOUR, now + 3 * h.DAY)))
    late = dice.choice((h.BLINK, h.BLINK, h.BLINK, h.MINUTE, h.DAY, 5 * h.DAY, 12 * h.DAY, -h.MINUTE))
    called = tuple(code for code in h.CALLED if not code.startswith("pass."))
    return Spend(account, h.some_items(dice, called), now - late)


def _rates(dice: Random, *, is_whole: bool = True) -> tuple[Rate, ...]:
    """Prices without ties; whole ones have a price for everything, by a formula too."""
    while True:
        rates = [h.a_rate(dice) for _ in range(dice.randint(1, 5))]
        if is_whole:
            rates = [replace(each, formula=dice.choice(FOR_ALL)) if each.formula else each for each in rates]
        if is_whole or dice.random() < 0.7:
            rates = [h.FLAT, *rates]
        keys = [(rate.pattern, rate.dimensions) for rate in rates]
        if len(set(keys)) == len(keys) and not ties(rates):
            return tuple(rates)


def version_of(rates: Sequence[Rate]) -> Version:
    return Version(1, tuple(rates), BEGINNING, BEGINNING)
