"""Deeds that are about seats. Seats are named by a number modulo those there are; negative ones count from the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class GiveSeats:
    """`count`: none ends what the pattern has. `starts`: from now on; `lasts`: none is without end."""

    account: str
    pattern: str
    count: int | None
    starts: timedelta
    lasts: timedelta | None


@dataclass(frozen=True)
class TakeSeat:
    account: str
    feature: str
    dimensions: tuple[tuple[str, str], ...] = ()
    subject: tuple[tuple[str, str], ...] = ()
    product: str = "bot"


@dataclass(frozen=True)
class Beat:
    """`among`: those that are open, where any is; else all. `by`: the product that asks.

    `is_late`: not before the paid interval is over, or else at the last instant at which it is heard.
    """

    seat: int
    among: str = "open"
    by: str = "bot"
    is_late: bool = False


@dataclass(frozen=True)
class GiveBack:
    seat: int
    among: str = "open"


@dataclass(frozen=True)
class SweepSeats:
    """What the job does that ends seats without a sign of life. No caller can tell whether it ran."""
