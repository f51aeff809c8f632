"""What an account's days say of what it should buy: peaks over its base, and the pack that fits how much it uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

PEAK_TIMES = 3
"""A busiest day of so many times the base is a peak."""
LOOKED_BACK_DAYS = 30
"""Whole days before today in which peaks and full seats are looked for."""
DAYS_OF_BASE = 14
MONTH_DAYS = 30
CHEAPER = Decimal("0.1")
"""By which share a token of a pack is to cost less than the account last paid, for the pack to be worth a word."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest day of the last thirty, and the median of those on which tokens were used."""

    day: date
    tokens: Decimal
    base: Decimal


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on sale. price: of all its tokens, in `currency`. lasts_days: None where they do not expire."""

    code: str
    name: str
    tokens: Decimal
    price: Decimal
    currency: str
    lasts_days: int | None = None

    @property
    def a_token(self) -> Decimal:
        return self.price / self.tokens


@dataclass(frozen=True, slots=True)
class Paid:
    """What a token of the account's newest purchase cost, and that grant's identity."""

    a_token: Decimal
    currency: str
    tokens: Decimal
    grant: str


@dataclass(frozen=True, slots=True)
class Better:
    """A pack that fits better than what was bought last. saves: money a month of thirty days, in its currency."""

    pack: Pack
    paid: Paid
    a_month: Decimal
    saves: Decimal


def peak_of(days: Mapping[date, Decimal]) -> Peak | None:
    """The peak of these days, if there is one; fourteen of them with usage are needed to speak of a base."""
    used = [tokens for tokens in days.values() if tokens > 0]
    if len(used) < DAYS_OF_BASE:
        return None
    day, base = max(days, key=lambda each: days[each]), median(used)
    return Peak(day, days[day], base) if days[day] >= PEAK_TIMES * base else None


def better_pack(a_day: Decimal, paid: Paid | None, packs: Sequence[Pack]) -> Better | None:
    """The cheapest pack a token, of those in the currency that was paid which are used up before they expire.

    A pack without expiry is to last a year at most. None where no token of any is a tenth cheaper.
    """
    if paid is None or a_day <= 0:
        return None
    fitting = [
        pack
        for pack in packs
        if pack.currency == paid.currency and pack.tokens <= a_day * min(pack.lasts_days or 365, 365)
    ]
    best = min(fitting, key=lambda pack: (pack.a_token, pack.code), default=None)
    if best is None or best.a_token > paid.a_token * (1 - CHEAPER):
        return None
    a_month = a_day * MONTH_DAYS
    return Better(best, paid, a_month, a_month * (paid.a_token - best.a_token))
