"""Holds: an estimate priced and judged as a debit, then charged, in steps or at once, or given back."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from usage.tests.model.charging import (
    Basis,
    Priced,
    Subject,
    judge,
    price,
    price_lines,
    rule,
)
from usage.tests.model.facts import Account, Answer, Debit, Draw, Item, Line, Refused, standing
from usage.tests.model.faults import faults_of
from usage.tests.model.grants import ZERO
from usage.tests.model.judging import (
    Judgement,
    caps_of,
    judge_room,
    judged_by,
    note,
    note_spent,
    observe,
    room,
)
from usage.tests.model.keeping import Hold
from usage.tests.model.purse import Purse
from usage.tests.model.world import World


def hold(
    world: World,
    product: str,
    reference: str,
    key: str,
    body: Hashable,
    now: datetime,
    items: Sequence[Item],
    occurred_at: datetime | None,
    lasts: timedelta,
    subject: Subject = (),
) -> Answer:
    """Pin what a debit of these items would draw, and room for what it would owe."""

    def make() -> tuple[str, dict[str, Any]]:
        at = occurred_at or now
        priced = price(world, account, product, items, now, at, dict(subject))
        account.settle(now)
        purse = account.purse(priced.unit)
        drawn, lacking = purse.plan([(line.feature, line.tokens) for line in priced.lines], at)
        judged = judge(world, account, product, priced, sum(lacking, ZERO), now)
        judged.take(account, now)
        made = _made(world, account, product, priced, judged, items, now, at)
        made.subject, made.expires_at = dict(subject), now + lasts
        made.overage = made.room = sum(lacking, ZERO)
        for grant, tokens in drawn.items():
            purse.pin(made, grant, tokens, now)
        _keep(account, priced, made)
        purse.holds.append(made)
        note(account, purse.stock.look(purse.available(now)), now)
        world.holds[made.number] = made
        told = {"hold": made.number, "unit": made.unit, "tokens": made.tokens, "overage": made.overage}
        told |= {"lines": _told(priced.lines), "draws": list(drawn.items())}
        return "hold", {**told, "balance": standing(purse, now), **_standing(made)}

    account = world.account(reference)
    return world.once((reference, product, key), body, now, make)


def _made(
    world: World,
    account: Account,
    product: str,
    priced: Priced,
    judged: Judgement,
    items: Sequence[Item],
    now: datetime,
    occurred_at: datetime,
) -> Hold:
    """A hold that remembers its prices, its policies and its places in the month."""
    return Hold(
        1 + len(world.holds),
        account.reference,
        product,
        priced.unit,
        table=priced.lines[0].table,
        version=priced.lines[0].version,
        own_prices=list(account.own_prices),
        ruled=judged.ruled,
        caps=judged.caps,
        asked=tuple(items),
        tokens=priced.tokens,
        occurred_at=occurred_at,
        created_at=now,
        places={
            line.counter: account.counts.get(line.counter, ZERO) for line in priced.lines if line.counter
        },
    )


def _keep(account: Account, priced: Priced, made: Hold) -> None:
    """Room in the windows that cover it and in the budgets that count it."""
    for _, key, units in priced.covers:
        account.allowances.rooms.keep(made, key, units)
    for each in priced.takes:
        account.budgets.rooms.keep(made, each.counter, each.tokens)


def capture(
    world: World,
    product: str,
    number: int,
    key: str,
    body: Hashable,
    now: datetime,
    items: Sequence[Item] | None,
    is_final: bool,
) -> Answer:
    """Charge what was used, at the hold's prices, by its policy, in its place of the month. No items: as estimated.

    Budgets count it and refuse nothing; allowances cover what the hold keeps, then what they have left; what it buys
    is opened.
    """
    kept = _hold(world, product, number)
    account = world.account(kept.account)

    def charge() -> tuple[str, dict[str, Any]]:
        account.settle(now)
        priced = _priced(world, account, kept, kept.asked if items is None else items, now)
        purse = account.purse(kept.unit)
        debit, facts = _take(world, account, purse, kept, priced, now)
        if is_final:
            purse.end(kept, "captured", now, now)
        judged = judged_by(purse, kept.ruled, now, kept.caps)
        notices = note_spent(account, purse, judged, facts["overage"], debit, now)
        return "debit", {
            **facts,
            "notices": notices + rule(world, account, priced, debit, now),
            "debit": debit,
            "hold": number,
            "balance": standing(purse, now),
            **_standing(kept),
        }

    return world.once((kept.account, product, key), body, now, charge)


def release(
    world: World, product: str, number: int, key: str, body: Hashable, now: datetime, as_capture: bool
) -> Answer:
    """Give all back. What has ended by itself keeps nothing, which is no fault but to a capture."""
    kept = _hold(world, product, number)
    account = world.account(kept.account)

    def give_back() -> tuple[str, dict[str, Any]]:
        account.settle(now)
        if kept.state in ("captured", "released") or (kept.state == "expired" and as_capture):
            raise Refused("conflict")
        if kept.state == "held":
            account.purse(kept.unit).end(kept, "released", now, now)
            observe(account, now)
        return "release", {"hold": number, **_standing(kept)}

    return world.once((kept.account, product, key), body, now, give_back)


def extend(world: World, product: str, number: int, now: datetime, lasts: timedelta) -> dict[str, Any]:
    """Let it last longer, never shorter; each time anew."""
    kept = _hold(world, product, number)
    account = world.account(kept.account)
    account.settle(now)
    if kept.state != "held":
        raise Refused("conflict")
    kept.expires_at = max(kept.expires_at, now + lasts)
    world.remember(account, now)
    return {"hold": number, **_standing(kept)}


def _hold(world: World, product: str, number: int) -> Hold:
    kept = world.holds.get(number)
    if kept is None or kept.product != product:
        raise Refused("not_found")
    return kept


def _standing(kept: Hold) -> dict[str, Any]:
    names = ("state", "held", "room", "captured", "expires_at")
    return {name: getattr(kept, name) for name in names}


def _told(lines: Sequence[Line]) -> list[tuple[object, ...]]:
    return [each.told for each in lines]


def _priced(world: World, account: Account, kept: Hold, items: Sequence[Any], now: datetime) -> Priced:
    """The lines at the hold's version. Counting goes on from the hold's place; where it has none, from the month's."""
    version = world.tables[kept.table].versions[kept.version - 1]
    then = Account(kept.account, kept.created_at, own_prices=kept.own_prices)
    own = [then.own_price(item, kept.occurred_at) for item in items]
    faults = faults_of(world, kept.product, items, own, version)
    faults += ["conflict"] if kept.state != "held" else []
    if faults:
        raise Refused(*faults)
    counts = dict(account.counts)
    for counter, place in kept.places.items():
        counts[counter] = place + kept.charged.get(counter, ZERO)
    basis = Basis(kept.table, kept.unit, version, kept.occurred_at, counts)
    return price_lines(account, basis, items, own, kept.subject, now, kept)


def _take(
    world: World, account: Account, purse: Purse, kept: Hold, priced: Priced, now: datetime
) -> tuple[int, dict[str, Any]]:
    """Draw held tokens line by line in the order sent, then what is free; then owe, the held room first.

    Beyond that room nothing is owed once the grace of the hold's policies is over.
    """
    lines, asked = priced.lines, priced.tokens
    pinned, rest = _of_pins(purse, kept, lines)
    more, lacking = purse.plan(rest, kept.occurred_at)
    owed = sum(lacking, ZERO)
    own = min(owed, kept.room)
    if owed > own:
        is_over = caps_of(purse, kept.ruled, now).grace == 0
        free = ZERO if is_over else room(purse, kept.caps)
        judge_room(asked, owed, None if free is None else free + own)
    draws = [_draw_pinned(purse, kept, grant, tokens, now) for grant, tokens in pinned.items()]
    draws += [Draw(grant, part) for grant, tokens in more.items() for part in purse.draw(grant, tokens, now)]
    kept.room -= own
    short = [(line.feature, tokens) for line, tokens in zip(lines, lacking, strict=True) if tokens]
    lots = [purse.overdraw(feature, tokens, now) for feature, tokens in short]
    _count(account, kept, lines)
    kept.captured += asked
    number, left = len(world.debits) + 1, [line.tokens for line in lines]
    whose = number, account.reference, kept.product, kept.unit
    world.debits[number] = Debit(*whose, lines, draws, lots, left, 0, priced.covers, priced.takes, kept)
    for _, key, units in priced.covers:
        account.allowances.rooms.take(kept, key, units)
    for each in priced.takes:
        account.budgets.rooms.take(kept, each.counter, each.tokens)
    together = {grant: pinned.get(grant, ZERO) + more.get(grant, ZERO) for grant in (*pinned, *more)}
    return number, {
        "unit": kept.unit,
        "outcome": priced.outcome(owed),
        "tokens": asked,
        "lines": _told(lines),
        "draws": list(together.items()),
        "overage": owed,
    }


def _of_pins(
    purse: Purse, kept: Hold, lines: tuple[Line, ...]
) -> tuple[dict[int, Decimal], list[tuple[str, Decimal]]]:
    """What each pin pays, item after item, and what of each item none pays."""
    pinned: dict[int, Decimal] = {}
    rest = []
    for line in lines:
        left = line.tokens
        for pin in kept.pins:
            taken = min(left, pin.held - pinned.get(pin.grant, ZERO))
            if taken and purse.grant(pin.grant).covers(line.feature):
                pinned[pin.grant] = pinned.get(pin.grant, ZERO) + taken
                left -= taken
        rest.append((line.feature, left))
    return pinned, rest


def _count(account: Account, kept: Hold, lines: tuple[Line, ...]) -> None:
    for line in lines:
        if line.counter:
            for counts in (account.counts, kept.charged):
                counts[line.counter] = counts.get(line.counter, ZERO) + line.charged


def _draw_pinned(purse: Purse, kept: Hold, number: int, tokens: Decimal, now: datetime) -> Draw:
    pin = next(pin for pin in kept.pins if pin.grant == number)
    grant = purse.grant(number)
    pin.held -= tokens
    pin.captured += tokens
    grant.held -= tokens
    purse.post("draw", tokens, now, grant)
    return Draw(number, tokens)
