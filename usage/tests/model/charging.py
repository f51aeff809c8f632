"""Debits and quotes: price every line, judge by the policy, draw, and remember."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from usage.tests.model.costs import WORTHS, currency_of
from usage.tests.model.facts import Account, Answer, Counter, Debit, Draw, Item, Line, Refused, standing
from usage.tests.model.prices import OwnPrice, Version, charge, prices
from usage.tests.model.purse import WINDOW_BACK, ZERO
from usage.tests.model.world import World

WINDOW_AHEAD = timedelta(minutes=5)


def debit(
    world: World,
    product: str,
    reference: str,
    key: str,
    body: Hashable,
    now: datetime,
    items: Sequence[Item],
    occurred_at: datetime | None = None,
) -> Answer:
    def settle() -> tuple[str, dict[str, Any]]:
        lines, unit = price(world, account, product, items, now, occurred_at or now)
        account.settle(now)
        return "debit", take(world, account, product, unit, lines, now, occurred_at or now)

    account = world.account(reference)
    return world.once((reference, product, key), body, now, settle)


def quote(
    world: World,
    product: str,
    reference: str,
    now: datetime,
    items: Sequence[Item],
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """What the debit would answer, on a copy of the account. Raises what it would be refused for.

    What the items say that they cost makes no difference.
    """
    account = world.account(reference).copy()
    bare = [replace(item, cost=None, currency=None) for item in items]
    lines, unit = price(world, account, product, bare, now, occurred_at or now)
    account.settle(now)
    facts = take(world, account, product, unit, lines, now, occurred_at or now)
    del world.debits[facts["debit"]]
    return facts


def price(
    world: World,
    account: Account,
    product: str,
    items: Sequence[Item],
    now: datetime,
    occurred_at: datetime,
    *,
    is_done: bool = False,
) -> tuple[tuple[Line, ...], str]:
    """The lines of these items and the unit they are charged in; refuses what cannot be charged at all.

    is_done: it is reported after the fact, so nobody asks whether the account may; the window is looked at elsewhere.
    """
    faults = [] if account.state == "active" or is_done else ["account_suspended"]
    if not is_done and not now - WINDOW_BACK <= occurred_at <= now + WINDOW_AHEAD:
        faults.append("invalid_request")
    faults += ["unknown_feature" for item in items if item.feature not in world.features]
    faults += ["forbidden" for item in items if world.features.get(item.feature, product) != product]
    faults += ["unknown_reference" for item in items if currency_of(item) not in (None, *WORTHS)]
    code = account.table_at(occurred_at) or world.default_table
    version = _version(world, account, code, occurred_at)
    counts = dict(account.counts)
    known = [item for item in items if item.feature in world.features]
    month = f"{occurred_at:%Y-%m}"
    lines = [
        _line(code, version, item, month, counts, account.own_price(item, occurred_at)) for item in known
    ]
    if None in lines:
        faults.append("no_rate")
    if faults:
        raise Refused(*faults)
    assert code is not None
    return tuple(line for line in lines if line), world.tables[code].unit


def _version(world: World, account: Account, code: str | None, occurred_at: datetime) -> Version | None:
    """The version that the account stays on, else the one in force."""
    if code is None:
        return None
    table = world.tables[code]
    kept = account.kept_version(code, occurred_at)
    return table.version_at(occurred_at) if kept is None else table.versions[kept - 1]


def _line(
    table: str | None,
    version: Version | None,
    item: Item,
    month: str,
    counts: dict[Counter, Decimal],
    own: OwnPrice | None,
) -> Line | None:
    """One line, which counts into `counts` where it has tiers."""
    carried = dict(item.dimensions)
    rate = version.rate_for(item.feature, carried) if version else None
    if table is None or version is None or rate is None or not prices(rate, item.quantity, carried, own):
        return None
    counter = (month, item.feature, rate.pattern, rate.dimensions) if rate.tier_mode else None
    counted = counts.get(counter, ZERO) if counter else ZERO
    if counter:
        counts[counter] = counted + item.quantity
    tokens = charge(rate, item.quantity, counted, carried, own)
    said = item.cost, currency_of(item)
    return Line(item.feature, item.quantity, tokens, table, version.number, rate, counter, *said)


def _judge(asked: Decimal, owed: Decimal, room: Decimal | None) -> None:
    """Refuse what would owe more than there is room for. room: None is without end."""
    if room is not None and owed > room:
        figures = {"required": asked, "available": asked - owed, "shortfall": owed - room}
        raise Refused("insufficient_tokens", figures=figures)


def _count(account: Account, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.counter:
            account.counts[line.counter] = account.counts.get(line.counter, ZERO) + line.quantity


def take(
    world: World,
    account: Account,
    product: str,
    unit: str,
    lines: tuple[Line, ...],
    now: datetime,
    occurred_at: datetime,
    *,
    is_done: bool = False,
) -> dict[str, Any]:
    """Draw line by line in the order sent; what the grants lack is overage, if the policy has room for all of it.

    is_done: it is reported after the fact, and what there is no room for is overage all the same, beyond policy.
    """
    purse = account.purse(unit)
    asked = sum((line.tokens for line in lines), ZERO)
    drawn, lacking = purse.plan([(line.feature, line.tokens) for line in lines], occurred_at)
    owed = sum(lacking, ZERO)
    room = account.room(unit)
    if not is_done:
        _judge(asked, owed, room)
    _count(account, lines)
    draws = [Draw(grant, part) for grant, tokens in drawn.items() for part in purse.draw(grant, tokens, now)]
    short = [(line.feature, tokens) for line, tokens in zip(lines, lacking, strict=True) if tokens]
    lots = [purse.overdraw(feature, tokens, now) for feature, tokens in short]
    number, left = len(world.debits) + 1, [line.tokens for line in lines]
    world.debits[number] = Debit(number, account.reference, product, unit, lines, draws, lots, left)
    return {
        "debit": number,
        "unit": unit,
        "outcome": "overage" if owed else "charged",
        "tokens": asked,
        "lines": [each.told for each in lines],
        "draws": list(drawn.items()),
        "overage": owed,
        "balance": standing(purse, now),
        "notices": ["overage"] if owed else [],
        "beyond": max(owed - room, ZERO) if is_done and room is not None else ZERO,
    }
