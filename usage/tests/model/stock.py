"""What a purse was stocked with last, and when it began to owe: what shares spent and graces go by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

ZERO = Decimal(0)


@dataclass
class Grace:
    """Given to the overage that began with entry `overage`, when so many `purchases` had come into force.

    ends: by the policies that judged it last, none is never. reached: what was owed when an amount was used up.
    ended: how, and when that was noted.
    """

    debit: int
    overage: int
    purchases: int
    started: datetime
    ends: datetime | None
    reached: Decimal = ZERO
    ended: tuple[str, datetime] | None = None

    def end(self, by: str, now: datetime) -> list[str]:
        """What is to be noted of its end: once."""
        if self.ended:
            return []
        self.ended = by, now
        return ["grace.ended"]


@dataclass(frozen=True)
class Caps:
    """How much may be owed. limit: by the strictest limit. grace: by the strictest amount of graces, 0 where over.

    None is any amount. running: the grace that this overage is in. may_begin: whether one would begin.
    """

    limit: Decimal | None
    grace: Decimal | None
    running: Grace | None
    may_begin: bool

    @property
    def strictest(self) -> Decimal | None:
        return min((cap for cap in (self.limit, self.grace) if cap is not None), default=None)

    @property
    def end(self) -> Decimal | None:
        """Where a limit ends overage, and no grace does before."""
        return self.limit if self.limit == self.strictest else None


@dataclass
class Stock:
    """available: what was when the last grant came into force; none: there was no grant yet. starts: of grants.

    bought: the tokens of the last purchase. overage: the entry with which the present one began, or 0.
    had: whether there was `nothing` or `something` when it was noted last; `never` where there was never anything.
    told: thresholds, each with the start that it goes by.
    """

    available: Decimal | None = None
    starts: int = 0
    bought: Decimal = ZERO
    purchases: int = 0
    overage: int = 0
    had: str = "never"
    told: set[tuple[int, int]] = field(default_factory=set)
    graces: list[Grace] = field(default_factory=list)

    def copy(self) -> Stock:
        return replace(self, told=set(self.told), graces=[replace(grace) for grace in self.graces])

    def begin(self, available: Decimal, bought: Decimal | None) -> None:
        """A grant came into force. bought: its tokens, where it is a purchase."""
        self.available = available
        self.starts += 1
        if bought is not None:
            self.bought, self.purchases = bought, self.purchases + 1
        if self.had == "never" and available:
            self.had = "something"

    def owe(self, overage: Decimal, entry: int) -> None:
        """So much is owed after an entry."""
        self.overage = (self.overage or entry) if overage else 0

    def gone(self, available: Decimal) -> Fraction | None:
        """Hundredths that are gone, none of them where there is more; none where there was nothing that could go."""
        if not self.available:
            return None
        return Fraction(max(ZERO, self.available - available)) / Fraction(self.available) * 100

    def reach(self, available: Decimal, notify: list[int]) -> list[int]:
        """The thresholds that are reached and were not told since the last start; told from now on."""
        gone = self.gone(available)
        if gone is None:
            return []
        new = [share for share in notify if gone >= share and (self.starts, share) not in self.told]
        self.told |= {(self.starts, share) for share in new}
        return new

    def look(self, available: Decimal) -> list[str]:
        """What is to be noted of what is available now."""
        had, has = self.had, "something" if available else "nothing"
        if has == had or (had == "never" and has == "nothing"):
            return []
        self.had = has
        return {"something": ["balance.depleted"], "nothing": ["balance.recovered"], "never": []}[had]

    def end_graces(self, now: datetime) -> list[str]:
        """Graces whose time is over, or whose overage is, and that were not told of yet."""
        told: list[str] = []
        for grace in self.graces:
            if grace.overage != self.overage:
                told += grace.end("zero", now)
            elif grace.ends is not None and grace.ends <= now:
                told += grace.end("term", now)
        return told
