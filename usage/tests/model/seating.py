"""Taking, keeping and giving back seats: by base seats while one is free, by tokens for an interval beyond them."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from usage.tests.model.charging import Priced, Subject, price, take
from usage.tests.model.facts import Account, Answer, Item, Refused
from usage.tests.model.grants import ZERO
from usage.tests.model.seats import Checkout, Interval
from usage.tests.model.undoing import reverse
from usage.tests.model.world import World

MICROSECOND = timedelta(microseconds=1)


def check_out(
    world: World,
    product: str,
    reference: str,
    key: str,
    body: Hashable,
    now: datetime,
    item: Item,
    subject: Subject,
) -> Answer:
    """Take one seat, or answer the one that the person has. What may not be used at all is refused before."""

    def sit() -> tuple[str, dict[str, Any]]:
        priced = price(world, account, product, [item], now, now, dict(subject))
        person = dict(subject).get("user", "")
        taken = world.seats.of_person(reference, item.feature, person, now)
        return "check_out", (taken or _take(world, account, product, priced, item, subject, now)).first

    account = world.account(reference)
    return world.once((reference, product, key), body, now, sit)


def _take(
    world: World,
    account: Account,
    product: str,
    priced: Priced,
    item: Item,
    subject: Subject,
    now: datetime,
) -> Checkout:
    number, window = len(world.seats.checkouts) + 1, priced.lines[0].rate.seats.window
    whose = number, account.reference, product
    made = Checkout(*whose, item.feature, item.dimensions, subject, window, now, now)
    made.pool = world.seats.free(account.reference, item.feature, now)
    if made.pool is None:
        _begin_interval(world, account, made, now, now)
    else:
        made.seat = "base"
    made.moves.append((now, made.seat))
    world.seats.checkouts.append(made)
    made.first = shown(world, made, now)
    return made


def beat(world: World, product: str, number: int, now: datetime) -> dict[str, Any]:
    """Keep a seat. Only an interval that begins needs a price, tokens, or an account that may ask for them."""
    kept = _open(world, product, number, now)
    account, refunded = world.account(kept.account), ZERO
    pool = world.seats.free(kept.account, kept.feature, now) if kept.seat == "overflow" else None
    if pool is not None:
        refunded = _give_back(world, kept, now)
        kept.seat, kept.pool = "base", pool
        kept.moves.append((now, "base"))
    elif kept.charged_until is not None and kept.charged_until <= now:
        _begin_interval(world, account, kept, kept.charged_until, now)
    kept.last_beat = now
    world.remember(account, now)
    return {**shown(world, kept, now), "refunded": refunded}


def check_in(world: World, product: str, number: int, key: str, body: Hashable, now: datetime) -> Answer:
    """End a seat, once."""
    kept = _seat(world, product, number)

    def end() -> tuple[str, dict[str, Any]]:
        _open(world, product, number, now)
        refunded = _give_back(world, kept, now)
        kept.ended = now
        return "check_in", {**shown(world, kept, now), "refunded": refunded}

    return world.once((kept.account, product, key), body, now, end)


def shown(world: World, kept: Checkout, now: datetime) -> dict[str, Any]:
    """A seat as callers see it."""
    debits = [world.debits[each.debit] for each in kept.intervals if each.debit is not None]
    return {
        "checkout": kept.number,
        "feature": kept.feature,
        "seat": kept.seat,
        "state": "open" if kept.is_open(now) else "ended",
        "subject": dict(kept.subject),
        "started_at": kept.started,
        "alive_until": kept.alive_until,
        "charged_until": kept.charged_until,
        "ended_at": kept.ended_at(now),
        "tokens": sum((sum(debit.left, ZERO) for debit in debits), ZERO),
    }


def _begin_interval(world: World, account: Account, kept: Checkout, begins: datetime, now: datetime) -> None:
    """Charge one interval, at the price and by the terms of now; not twice to one person within the time they say."""
    asked = kept.product, [Item(kept.feature, Decimal(1), kept.dimensions)], now, now, dict(kept.subject)
    terms = price(world, account, *asked, is_done=True).lines[0].rate.seats
    once = terms.once if kept.person else None
    paid = world.seats.paid(kept, begins - once) if once else None
    if once and paid:
        kept.intervals.append(Interval(begins, paid.begins + once, None, refunds=False))
        return
    priced = price(world, account, *asked)
    account.settle(now)
    facts = take(world, account, kept.product, priced, now, now)
    key = f"checkout {kept.number} {len(kept.intervals) + 1}"
    world.claims[kept.account, kept.product, key] = None, Answer("debit", facts)
    ends = begins + max(terms.length, once or terms.length)
    kept.intervals.append(Interval(begins, ends, facts["debit"], bool(terms.refunds)))


def _give_back(world: World, kept: Checkout, now: datetime) -> Decimal:
    """What is unused of the paid interval, to the millionth below: where its rate gives back, and of what is left."""
    last = kept.intervals[-1] if kept.seat == "overflow" else None
    if last is None or last.debit is None or not last.refunds or last.ends <= now:
        return ZERO
    debit = world.debits[last.debit]
    unused = Fraction((last.ends - now) // MICROSECOND, (last.ends - last.begins) // MICROSECOND)
    tokens = min(Decimal(Fraction(debit.tokens) * unused * 10**6 // 1).scaleb(-6), sum(debit.left, ZERO))
    if tokens:
        key = f"unused {kept.number} {len(kept.intervals)}"
        reverse(world, kept.product, last.debit, key, None, now, tokens)
    return tokens


def _seat(world: World, product: str, number: int) -> Checkout:
    kept = world.seats.checkouts[number - 1]
    if kept.product != product:
        raise Refused("not_found")
    return kept


def _open(world: World, product: str, number: int, now: datetime) -> Checkout:
    kept = _seat(world, product, number)
    if not kept.is_open(now):
        raise Refused("conflict")
    return kept
