"""Prices that change with the quantity of the month: tiers, what makes them invalid, and how they are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm

from config.kernel.amounts import plain

MODES = ("graduated", "volume", "package")
TIERS_A_RATE = 50
QUANTITY_CEILING = Decimal(10) ** 18
PRICE_CEILING = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class Tier:
    """A price beyond a quantity of the month: `tokens` for `per` units beyond `tier_from`."""

    tier_from: Decimal
    tokens: Decimal
    per: Decimal = Decimal(1)

    def __str__(self) -> str:
        price = plain(self.tokens) + ("" if self.per == 1 else f" per {plain(self.per)}")
        return f"beyond {plain(self.tier_from)}: {price}"


def told(tiers: Sequence[Tier]) -> str:
    """The tiers in words, as in `beyond 100: 2; beyond 1000: 15 per 10`."""
    return "; ".join(map(str, tiers))


def tier_faults(mode: str, tiers: Sequence[Tier]) -> Iterator[tuple[str, str]]:
    """Name what is wrong with the tiers beyond the first: field and sentence."""
    if mode not in ("", *MODES):
        yield "tier_mode", f"{mode!r} is none of {', '.join(MODES)}."
    elif tiers and not mode:
        yield "tier_mode", f"Tiers are counted in one of these ways: {', '.join(MODES)}."
    if len(tiers) >= TIERS_A_RATE:
        yield "tier_from", f"A rate has at most {TIERS_A_RATE} tiers."
    if not _have_a_common_measure([tier.per for tier in tiers]):
        yield "per", "The tiers are for quantities that have no common measure; choose rounder ones."
    former = Decimal(0)
    for tier in tiers:
        if not tier.tier_from.is_finite() or not former < tier.tier_from < QUANTITY_CEILING:
            yield "tier_from", f"Tiers begin at 0 and rise; {plain(tier.tier_from)} does not."
            return
        former = tier.tier_from
        yield from _price_faults(tier)


def _have_a_common_measure(pers: Sequence[Decimal]) -> bool:
    """Whether the least quantity that is a whole number of times each of these has a hundred digits at most."""
    scaled = [int(per.scaleb(9)) for per in pers if per.is_finite() and per > 0]
    return lcm(*scaled) < 10**100


def _price_faults(tier: Tier) -> Iterator[tuple[str, str]]:
    for name, amount in (("tokens", tier.tokens), ("per", tier.per)):
        if not amount.is_finite() or abs(amount) >= PRICE_CEILING:
            yield name, f"{name} is not a number of at most 18 digits."
        elif amount < 0:
            yield name, f"{name} is negative."
        elif name == "per" and amount == 0:
            yield name, "per is zero."
