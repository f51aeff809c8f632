"""What a ladder would say to a request now, for reads: as `usage_ladder_v1` judges, without making one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from wallets.rules.funds import Funds

Ladder = Mapping[str, Any]

SCALE = 60_000_000
"""Microseconds in a minute: a level is kept in amounts of 1/SCALE, so that refilling it needs no division."""
NOTHING, MILLIONTH, A_HUNDRED = Decimal(0), Decimal("0.000001"), Decimal(100)
MORE_THAN_CAN_BE_OWED = Decimal(10) ** 18
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LastGrace:
    """The grace that a wallet was given last. reached: overage at which its amount was used up."""

    overdrawn_from: int
    purchases: int
    started_at: datetime
    reached: Decimal | None


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket had left, times SCALE, when it was last taken from."""

    level: Decimal
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an account stands on its ladder. available: tokens of grants for any feature together.

    stocked, bought, purchases, overdrawn_from: as of `wallets.models.Wallet`; nothing where there is no wallet yet.
    """

    available: Decimal = NOTHING
    stocked: Decimal | None = None
    bought: Decimal | None = None
    purchases: int | None = None
    overdrawn_from: int = 0
    grace: LastGrace | None = None
    buckets: Mapping[str, Level] = field(default_factory=dict)

    def is_gone(self, share: int) -> bool:
        """Whether so many per cent are spent of what was available when the last grant came into force."""
        if not share:
            return True
        if not self.stocked:
            return not self.available
        return (self.stocked - self.available) * 100 >= share * self.stocked


def refused_by_bucket(ladder: Ladder, stand: Stand, tokens: Decimal, now: datetime) -> str:
    """The word of the refusal of a throttle, `limit_reached` where it can never let as much through; else empty."""
    word = ""
    for each in ladder.get("throttles", ()):
        if not stand.is_gone(each["share"]):
            continue
        need = Decimal(1) if each["measure"] == "calls" else tokens
        if need > each["per_minute"]:
            return "limit_reached"
        if need * SCALE > _level(stand.buckets.get(each["bucket"]), each["per_minute"], now):
            word = "throttled"
    return word


def _level(last: Level | None, per_minute: Decimal, now: datetime) -> Decimal:
    if last is None:
        return per_minute * SCALE
    passed = max((now - last.taken_at) // MICROSECOND, 0)
    return min(per_minute * SCALE, last.level + per_minute * passed)


def floor_of(ladder: Ladder, stand: Stand, funds: Funds, now: datetime, *, is_beyond: bool) -> Decimal | None:
    """The lowest that overage may take the wallet; None is without limit. is_beyond: the request goes beyond zero."""
    floors = []
    for cap in ladder.get("caps", ()):
        share = cap.get("percent")
        room = cap["tokens"] if share is None else _share(stand.bought, share)
        if room < MORE_THAN_CAN_BE_OWED:
            floors.append(-Decimal(room))
    if is_beyond and "graces" in ladder:
        floors += _graces(ladder, stand, funds, now)
    return max(floors, default=None)


def _share(bought: Decimal | None, percent: Decimal) -> Decimal:
    return ((bought or NOTHING) * percent / A_HUNDRED).quantize(MILLIONTH, rounding=ROUND_DOWN)


def _graces(ladder: Ladder, stand: Stand, funds: Funds, now: datetime) -> list[Decimal]:
    """The floors of the graces; none of one that has no amount and is not over."""
    last = stand.grace
    is_running = last is not None and funds.owed > 0 and last.overdrawn_from == stand.overdrawn_from
    is_over = not is_running and last is not None and last.purchases >= (stand.purchases or 0)
    floors = []
    for grace in ladder["graces"]:
        amount = grace["tokens"]
        if is_running and last is not None:
            lasts = _seconds(grace["lasts"])
            is_late = lasts is not None and lasts <= now - last.started_at
            is_used_up = amount is not None and last.reached is not None and amount <= last.reached
            is_over = is_over or is_late or is_used_up
        if is_over:
            floors.append(NOTHING)
        elif amount is not None:
            floors.append(-amount)
    return floors


def _seconds(lasts: str | None) -> timedelta | None:
    return None if lasts is None else timedelta(seconds=int(lasts.split()[0]))
