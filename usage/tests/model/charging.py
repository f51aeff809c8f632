"""Debits and quotes: price every line, judge by the policy, draw, and remember."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Any

from usage.tests.model.facts import Account, Answer, Debit, Draw, Item, Line, Refused, standing
from usage.tests.model.prices import Version, charge
from usage.tests.model.purse import ZERO
from usage.tests.model.world import World

WINDOW_BACK = timedelta(days=35)
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
        account.purse(unit).settle(now)
        return "debit", _take(world, account, product, unit, lines, now, occurred_at or now)

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
    """What the debit would answer, on a copy of the account. Raises what it would be refused for."""
    account = world.account(reference).copy()
    lines, unit = price(world, account, product, items, now, occurred_at or now)
    account.purse(unit).settle(now)
    facts = _take(world, account, product, unit, lines, now, occurred_at or now)
    del world.debits[facts["debit"]]
    return facts


def price(
    world: World, account: Account, product: str, items: Sequence[Item], now: datetime, occurred_at: datetime
) -> tuple[tuple[Line, ...], str]:
    """The lines of these items and the unit they are charged in; refuses what cannot be charged at all."""
    faults = [] if account.state == "active" else ["account_suspended"]
    if not now - WINDOW_BACK <= occurred_at <= now + WINDOW_AHEAD:
        faults.append("invalid_request")
    faults += ["unknown_feature" for item in items if item.feature not in world.features]
    faults += ["forbidden" for item in items if world.features.get(item.feature, product) != product]
    code = account.table_at(occurred_at) or world.default_table
    version = world.tables[code].version_at(occurred_at) if code else None
    lines = [_line(code, version, item) for item in items if item.feature in world.features]
    if None in lines:
        faults.append("no_rate")
    if faults:
        raise Refused(*faults)
    assert code is not None
    return tuple(line for line in lines if line), world.tables[code].unit


def _line(table: str | None, version: Version | None, item: Item) -> Line | None:
    rate = version.rate_for(item.feature, dict(item.dimensions)) if version else None
    if table is None or version is None or rate is None:
        return None
    return Line(item.feature, item.quantity, charge(rate, item.quantity), table, version.number, rate)


def _take(
    world: World,
    account: Account,
    product: str,
    unit: str,
    lines: tuple[Line, ...],
    now: datetime,
    occurred_at: datetime,
) -> dict[str, Any]:
    """Draw line by line in the order sent; what the grants lack is overage, if the policy has room for all of it."""
    purse, room = account.purse(unit), account.room(unit)
    trial = purse.copy()
    asked = sum((line.tokens for line in lines), ZERO)
    held = ZERO
    for line in lines:
        held += sum((taken for _, taken in trial.draw(line.feature, line.tokens, occurred_at, now)), ZERO)
    if room is not None and asked - held > room:
        figures = {"required": asked, "available": held, "shortfall": asked - held - room}
        raise Refused("insufficient_tokens", figures=figures)
    draws: dict[int, Draw] = {}
    lots: list[int] = []
    for line in lines:
        missing = line.tokens
        for grant, taken in purse.draw(line.feature, line.tokens, occurred_at, now):
            draws.setdefault(grant, Draw(grant, ZERO)).tokens += taken
            missing -= taken
        if missing:
            lots.append(purse.overdraw(line.feature, missing, now))
    number = len(world.debits) + 1
    left = [line.tokens for line in lines]
    owed = asked - held
    world.debits[number] = Debit(
        number,
        account.reference,
        product,
        unit,
        lines,
        list(draws.values()),
        lots,
        owed,
        occurred_at,
        now,
        left,
    )
    return {
        "debit": number,
        "unit": unit,
        "outcome": "overage" if owed else "charged",
        "tokens": asked,
        "lines": lines,
        "draws": [(draw.grant, draw.tokens) for draw in draws.values()],
        "overage": owed,
        "balance": standing(purse, now),
        "notices": ["overage"] if owed else [],
    }
