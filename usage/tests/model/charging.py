"""Debits and quotes: cover and price every line, judge by access, budgets and policy, draw, and remember."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from usage.tests.model.allowances import Use
from usage.tests.model.budgets import Taken
from usage.tests.model.costs import currency_of
from usage.tests.model.facts import Account, Answer, Debit, Draw, Item, Line, Noted, Refused, standing
from usage.tests.model.faults import faults_of
from usage.tests.model.grants import WINDOW_AHEAD, WINDOW_BACK, ZERO
from usage.tests.model.judging import (
    Judgement,
    date_grace,
    judge_ladder,
    judged_by,
    note_spent,
    past,
)
from usage.tests.model.keeping import Counter, Hold
from usage.tests.model.prices import OwnPrice, Version, charge
from usage.tests.model.windows import local_day
from usage.tests.model.world import World

Subject = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Priced:
    """What is asked for, priced: its lines, the unit they are charged in, and what allowances cover of them."""

    lines: tuple[Line, ...]
    unit: str
    covers: Sequence[Use]
    takes: Sequence[Taken]

    @property
    def tokens(self) -> Decimal:
        return sum((line.tokens for line in self.lines), ZERO)

    def outcome(self, owed: Decimal) -> str:
        if owed:
            return "overage"
        return "covered" if self.covers and not self.tokens else "charged"


def debit(
    world: World,
    product: str,
    reference: str,
    key: str,
    body: Hashable,
    now: datetime,
    items: Sequence[Item],
    occurred_at: datetime | None = None,
    subject: Subject = (),
) -> Answer:
    def settle() -> tuple[str, dict[str, Any]]:
        priced = price(world, account, product, items, now, occurred_at or now, dict(subject))
        account.settle(now)
        return "debit", take(world, account, product, priced, now, occurred_at or now)

    account = world.account(reference)
    return world.once((reference, product, key), body, now, settle)


def quote(
    world: World,
    product: str,
    reference: str,
    now: datetime,
    items: Sequence[Item],
    occurred_at: datetime | None = None,
    subject: Subject = (),
) -> dict[str, Any]:
    """What the debit would answer, on a copy of the account. Raises what it would be refused for.

    What the items say that they cost makes no difference.
    """
    account = world.account(reference).copy()
    bare = [replace(item, cost=None, currency=None) for item in items]
    priced = price(world, account, product, bare, now, occurred_at or now, dict(subject))
    account.settle(now)
    facts = take(world, account, product, priced, now, occurred_at or now)
    del world.debits[facts["debit"]], world.floors[facts["debit"]]
    return facts


def price(
    world: World,
    account: Account,
    product: str,
    items: Sequence[Item],
    now: datetime,
    occurred_at: datetime,
    subject: Mapping[str, str],
    *,
    is_done: bool = False,
) -> Priced:
    """What these items come to; refuses what cannot be charged at all, and what the account may not use.

    is_done: it is reported after the fact, so nobody asks whether the account may; the window is looked at elsewhere.
    """
    code = account.table_at(occurred_at) or world.default_table
    version = _version(world, account, code, occurred_at)
    own = [account.own_price(item, occurred_at) for item in items]
    faults = faults_of(world, product, items, own, version)
    if not is_done:
        faults += _asked_wrongly(account, now, occurred_at)
    if faults:
        raise Refused(*faults)
    if not is_done and not all(account.access.is_open(item.feature, occurred_at) for item in items):
        raise Refused("not_entitled")
    assert code is not None
    assert version is not None
    basis = Basis(code, world.tables[code].unit, version, occurred_at, dict(account.counts))
    return price_lines(account, basis, items, own, subject, now)


@dataclass
class Basis:
    """What lines are priced by. counts: units that each counter has before them; they count into it."""

    table: str
    unit: str
    version: Version
    occurred_at: datetime
    counts: dict[Counter, Decimal]


def price_lines(
    account: Account,
    by: Basis,
    items: Sequence[Item],
    own: Sequence[OwnPrice | None],
    subject: Mapping[str, str],
    now: datetime,
    hold: Hold | None = None,
) -> Priced:
    """A line an item, less what allowances cover of it, and what it takes of budgets."""
    at = by.occurred_at
    asked = [(item.feature, item.quantity) for item in items]
    covered, covers = account.allowances.cover(asked, at, now, hold)
    month = f"{local_day(account.zone, at):%Y-%m}"
    lines = tuple(
        _line(by.table, by.version, item, month, by.counts, price, units)
        for item, price, units in zip(items, own, covered, strict=True)
    )
    costs = [
        (item.feature, dict(item.dimensions), line.tokens) for item, line in zip(items, lines, strict=True)
    ]
    return Priced(lines, by.unit, covers, account.budgets.takes(by.unit, costs, subject, at))


def _asked_wrongly(account: Account, now: datetime, occurred_at: datetime) -> list[str]:
    """What keeps the account from asking for usage of this time."""
    faults = [] if account.state == "active" else ["account_suspended"]
    if not now - WINDOW_BACK <= occurred_at <= now + WINDOW_AHEAD:
        faults.append("invalid_request")
    return faults


def _version(world: World, account: Account, code: str | None, occurred_at: datetime) -> Version | None:
    """The version that the account stays on, else the one in force."""
    if code is None:
        return None
    table = world.tables[code]
    kept = account.kept_version(code, occurred_at)
    return table.version_at(occurred_at) if kept is None else table.versions[kept - 1]


def _line(
    table: str,
    version: Version,
    item: Item,
    month: str,
    counts: dict[Counter, Decimal],
    own: OwnPrice | None,
    covered: Decimal,
) -> Line:
    """One line, which counts into `counts` where it has tiers."""
    carried = dict(item.dimensions)
    rate = version.rate_for(item.feature, carried)
    assert rate is not None
    counter = (month, item.feature, rate.pattern, rate.dimensions) if rate.tier_mode else None
    counted = counts.get(counter, ZERO) if counter else ZERO
    if counter:
        counts[counter] = counted + item.quantity - covered
    tokens = charge(rate, item.quantity, counted, carried, own, covered)
    said = item.cost, currency_of(item)
    return Line(item.feature, item.quantity, tokens, table, version.number, rate, counter, *said, covered)


def judge(
    world: World,
    account: Account,
    product: str,
    priced: Priced,
    owed: Decimal,
    now: datetime,
    *,
    is_done: bool = False,
) -> Judgement:
    """Refuse what would pass a hard budget, then what the policies that rule it do not let through.

    is_done: nothing is refused, and nothing asked of buckets.
    """
    purse, features = account.purse(priced.unit), [line.feature for line in priced.lines]
    ruled = world.ruled(account, product, priced.lines[0].table, features, now)
    if is_done:
        return judged_by(purse, ruled, now)
    over = account.budgets.passed(priced.takes, now)
    if over is not None:
        spent = account.budgets.spent.get(over.counter, ZERO)
        figures = {
            "required": over.tokens,
            "available": max(ZERO, over.limit - account.budgets.gone(over.counter, now)),
            "limit": over.limit,
            "used": spent,
        }
        raise Refused("limit_reached", figures=figures)
    return judge_ladder(account, purse, ruled, priced.tokens, owed, now)


def _count(account: Account, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.counter:
            account.counts[line.counter] = account.counts.get(line.counter, ZERO) + line.charged


def rule(world: World, account: Account, priced: Priced, number: int, now: datetime) -> list[str]:
    """Count what the account's own rules concern; answers what the caller is told of it."""
    account.allowances.use(priced.covers)
    notices = account.budgets.take(priced.takes)
    account.noted += [Noted("limit.reached", name, now, number) for name in notices]
    for line in priced.lines:
        if line.feature in world.unlocks:
            account.access.buy(world.unlocks[line.feature], line.quantity, number, now)
    return notices


def take(
    world: World,
    account: Account,
    product: str,
    priced: Priced,
    now: datetime,
    occurred_at: datetime,
    *,
    is_done: bool = False,
) -> dict[str, Any]:
    """Draw line by line in the order sent; what the grants lack is overage, if the policy has room for all of it.

    is_done: it is reported after the fact, and what there is no room for is overage all the same, beyond policy.
    """
    lines, purse = priced.lines, account.purse(priced.unit)
    drawn, lacking = purse.plan([(line.feature, line.tokens) for line in lines], occurred_at)
    owed = sum(lacking, ZERO)
    judged = judge(world, account, product, priced, owed, now, is_done=is_done)
    beyond = past(purse, judged.caps, owed)
    _count(account, lines)
    draws = [Draw(grant, part) for grant, tokens in drawn.items() for part in purse.draw(grant, tokens, now)]
    lots = [purse.overdraw(at.feature, each, now) for at, each in zip(lines, lacking, strict=True) if each]
    number, left = len(world.debits) + 1, [line.tokens for line in lines]
    whose = (number, account.reference, product, priced.unit)
    world.debits[number] = Debit(*whose, lines, draws, lots, left, 0, priced.covers, priced.takes)
    world.floors[number] = None if beyond else judged.floor(owed)
    date_grace(account, purse, judged, owed, now)
    notices = note_spent(account, purse, judged, owed, number, now)
    return {
        "debit": number,
        "unit": priced.unit,
        "outcome": priced.outcome(owed),
        "tokens": priced.tokens,
        "lines": [each.told for each in lines],
        "draws": list(drawn.items()),
        "overage": owed,
        "balance": standing(purse, now),
        "notices": notices + rule(world, account, priced, number, now),
        "beyond": beyond,
    }
