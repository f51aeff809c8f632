"""Judging by ladders, the plain way: what is refused, what is taken from buckets, told and noted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from usage.tests.model.facts import Account, Noted, Refused
from usage.tests.model.ladders import Ladder, Rulings, Scope, Throttle
from usage.tests.model.purse import Purse
from usage.tests.model.stock import Caps, Grace

ZERO = Decimal(0)
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
NAMES = {
    "balance.depleted": "depleted",
    "balance.recovered": "recovered",
    "overage.started": "overage",
    "grace.started": "grace",
    "grace.ended": "grace",
    "limit.reached": "overage",
}


def caps_of(purse: Purse, ruled: Rulings, now: datetime) -> Caps:
    limits = [limit for ladder in ruled.values() for limit in ladder.limits(purse.stock.bought)]
    limit = min(limits, default=None)
    graces = [ladder for ladder in ruled.values() if ladder.has_grace]
    if not graces:
        return Caps(limit, None, None, may_begin=False)
    amounts, terms = _amounts(graces), _terms(graces)
    last = purse.stock.graces[-1] if purse.stock.graces else None
    if last is not None and last.overage == purse.stock.overage:
        is_over = any(now >= last.started + term for term in terms) or any(
            last.reached >= amount for amount in amounts
        )
        return Caps(limit, ZERO if is_over else min(amounts, default=None), last, may_begin=False)
    is_over = last is not None and last.purchases == purse.stock.purchases
    return Caps(limit, ZERO if is_over else min(amounts, default=None), None, may_begin=not is_over)


def _amounts(graces: Sequence[Ladder]) -> list[Decimal]:
    return [ladder.grace_tokens for ladder in graces if ladder.grace_tokens is not None]


def _terms(graces: Sequence[Ladder]) -> list[timedelta]:
    return [ladder.grace_lasts for ladder in graces if ladder.grace_lasts is not None]


def room(purse: Purse, caps: Caps) -> Decimal | None:
    """What may still be owed beside what is owed and what holds keep; none is any amount."""
    cap = caps.strictest
    return None if cap is None else max(ZERO, cap - purse.overage - purse.room_held)


def past(purse: Purse, caps: Caps, owed: Decimal) -> Decimal:
    """What of `owed` there is no room for."""
    free = room(purse, caps)
    return ZERO if free is None else max(ZERO, owed - free)


def judge_room(asked: Decimal, owed: Decimal, room: Decimal | None) -> None:
    """Refuse what would owe more than there is room for. room: None is without end."""
    if room is not None and owed > room:
        figures = {"required": asked, "available": asked - owed, "shortfall": owed - room}
        raise Refused("insufficient_tokens", figures=figures)


@dataclass
class Judgement:
    """What let a request through. end: where its limit ends overage; none: nowhere, or a grace does before.

    takes: of each bucket what it has now, and what is asked of it.
    """

    ruled: Rulings
    caps: Caps
    end: Decimal | None
    takes: dict[str, tuple[Fraction, Fraction]] = field(default_factory=dict)

    def floor(self, owed: Decimal) -> Decimal | None:
        """The lowest that the balance might go; none is without end. A grace is asked only for what is owed."""
        cap = self.caps.strictest if owed else self.caps.limit
        return None if cap is None else -cap

    def take(self, account: Account, now: datetime) -> None:
        account.buckets |= {code: (level - need, now) for code, (level, need) in self.takes.items()}


def judged_by(purse: Purse, ruled: Rulings, now: datetime, kept: Caps | None = None) -> Judgement:
    """Without asking buckets. kept: what was let be owed when a hold was made."""
    caps = caps_of(purse, ruled, now)
    return Judgement(ruled, caps, (kept or caps).end)


def judge_ladder(
    account: Account, purse: Purse, ruled: Rulings, asked: Decimal, owed: Decimal, now: datetime
) -> Judgement:
    """Refuse what a bucket can never hold, then what would owe too much, then what comes too soon."""
    judgement = judged_by(purse, ruled, now)
    waits: list[Refused] = []
    for scope, throttle in _throttles(purse, ruled, now):
        code = bucket_of(scope, throttle, purse.unit)
        level = _level(account, code, throttle, now)
        need = Fraction(1) if throttle.measure == "calls" else Fraction(asked)
        judgement.takes[code] = level, need
        if need > level:
            waits.append(_too_soon(throttle, level, need))
    for wait in waits:
        if "limit_reached" in wait.codes:
            raise wait
    judge_room(asked, owed, room(purse, judgement.caps))
    if waits:
        raise max(waits, key=lambda wait: wait.figures["retry_after"])
    return judgement


def bucket_of(scope: Scope, throttle: Throttle, unit: str) -> str:
    """Calls are counted together, tokens of each unit apart."""
    code = f"{' '.join(filter(None, scope))}:{throttle.measure}:{throttle.start}"
    return code if throttle.measure == "calls" else f"{code}:{unit}"


def _throttles(purse: Purse, ruled: Rulings, now: datetime) -> Iterator[tuple[Scope, Throttle]]:
    """Those that hold. Where nothing could go, nothing is there to be slowed for: all is gone, or all is there."""
    available = purse.available(now)
    gone = purse.stock.gone(available)
    if gone is None:
        gone = Fraction(0 if available else 100)
    for scope, ladder in ruled.items():
        yield from ((scope, each) for each in ladder.throttles if gone >= each.start)


def _level(account: Account, code: str, throttle: Throttle, now: datetime) -> Fraction:
    whole = Fraction(throttle.per_minute)
    level, at = account.buckets.get(code, (whole, now))
    return min(whole, level + whole * Fraction((now - at) // MICROSECOND, MINUTE // MICROSECOND))


def _too_soon(throttle: Throttle, level: Fraction, need: Fraction) -> Refused:
    is_calls = throttle.measure == "calls"
    places = 0 if is_calls else 6
    whole = Fraction(throttle.per_minute)
    figures = {
        "required": _told(need, places),
        "available": _told(level, places),
        "limit": throttle.per_minute,
    }
    if need > whole:
        return Refused("limit_reached", figures=figures)
    after = Decimal(ceil((need - level) / whole * 60))
    return Refused("throttled", figures={**figures, "retry_after": after})


def _told(amount: Fraction, places: int) -> Decimal:
    return Decimal(amount * 10**places // 1).scaleb(-places)


def note_spent(
    account: Account, purse: Purse, judged: Judgement, owed: Decimal, debit: int, now: datetime
) -> list[str]:
    """Take from buckets, and note what a debit changed, after it has drawn; answers what the caller is told of it.

    owed: what it owes beyond grants.
    """
    judged.take(account, now)
    owed_before = purse.overage - owed
    available = purse.available(now)
    notify = sorted({share for ladder in judged.ruled.values() for share in ladder.notify})
    notices = [f"threshold:{share}" for share in purse.stock.reach(available, notify)]
    account.noted += [Noted("balance.threshold", name, now, debit) for name in notices]
    note(account, purse.stock.look(available), now, debit)
    if not owed:
        return notices
    if not owed_before:
        note(account, ["overage.started"], now, debit)
    if _in_grace(account, purse, judged, now, debit):
        notices.append("grace")
    if judged.end is not None and owed_before < judged.end <= purse.overage:
        note(account, ["limit.reached"], now, debit)
    return [*notices, "overage"]


def date_grace(account: Account, purse: Purse, judged: Judgement, owed: Decimal, now: datetime) -> None:
    """Let the grace that an overage is in end by the term that a debit beyond zero was judged by, however it began.

    owed: what the debit owes beyond grants.
    """
    graces = [ladder for ladder in judged.ruled.values() if ladder.has_grace]
    given = judged.caps.running
    if not owed or given is None or given.ended:
        return
    terms = _terms(graces)
    given.ends = given.started + min(terms) if terms else None
    if terms and given.ends is not None and given.ends <= now:
        note(account, given.end("term", now), now)


def _in_grace(account: Account, purse: Purse, judged: Judgement, now: datetime, debit: int) -> bool:
    """Begin a grace with the first token beyond zero, and end one whose amount is used up. Whether there is one."""
    graces = [ladder for ladder in judged.ruled.values() if ladder.has_grace]
    amounts, terms, caps = _amounts(graces), _terms(graces), judged.caps
    grace = caps.running
    if grace is None and caps.may_begin:
        for earlier in purse.stock.graces:
            note(account, earlier.end("zero", now), now)
        ends = now + min(terms) if terms else None
        grace = Grace(debit, purse.stock.overage, purse.stock.purchases, now, ends)
        purse.stock.graces.append(grace)
        note(account, ["grace.started"], now, debit)
    if grace is None or caps.grace == 0:
        return False
    if amounts and purse.overage >= min(amounts):
        grace.reached = purse.overage
        note(account, grace.end("amount", now), now, debit)
    return True


def note(account: Account, kinds: Sequence[str], now: datetime, debit: int | None = None) -> None:
    account.noted += [Noted(kind, NAMES[kind], now, debit) for kind in kinds]


def observe(account: Account, now: datetime) -> None:
    """Note what changed beside debits: something is available again or nothing any more, a grace is over."""
    account.settle(now)
    for purse in account.purses.values():
        note(account, purse.stock.look(purse.available(now)), now)
        note(account, purse.stock.end_graces(now), now)
