"""Policies as a ladder of steps from soft to hard, and which of them rule a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

ZERO = Decimal(0)
MILLIONTH = Decimal("0.000001")
SECOND = timedelta(seconds=1)
Scope = tuple[str, str]
"""`feature`, `product` or `rate table` and its code, or `deployment` and nothing."""
DEPLOYMENT: Scope = ("deployment", "")
OWN: Scope = ("account", "")
WITHOUT_ANY: Scope = ("default", "")


@dataclass(frozen=True)
class Throttle:
    """So many `calls` or `tokens` a minute, once `start` per cent are gone; 0 is always."""

    start: int
    measure: str
    per_minute: Decimal


@dataclass(frozen=True)
class Ladder:
    """mode: `block`, or `overage` up to `limit`, none is any amount. percent: of the last purchase.

    money: an amount and the price of a token. grace_lasts, grace_tokens: of its grace, where it has either.
    """

    mode: str
    limit: Decimal | None = None
    notify: tuple[int, ...] = ()
    throttles: tuple[Throttle, ...] = ()
    grace_lasts: timedelta | None = None
    grace_tokens: Decimal | None = None
    percent: Decimal | None = None
    money: tuple[Decimal, Decimal] | None = None

    @property
    def has_grace(self) -> bool:
        return self.grace_lasts is not None or self.grace_tokens is not None

    @property
    def may_overdraw(self) -> bool:
        return self.mode == "overage"

    @property
    def plain_limit(self) -> Decimal | None:
        """By mode and limit alone."""
        return self.limit if self.may_overdraw else ZERO

    def limits(self, bought: Decimal) -> Iterator[Decimal]:
        """How much may be owed by each of its limits. bought: the tokens of the last purchase."""
        if not self.may_overdraw and not self.has_grace:
            yield ZERO
        if self.may_overdraw and self.limit is not None:
            yield self.limit
        if self.percent is not None:
            yield _down(Fraction(bought) * Fraction(self.percent) / 100)
        if self.money is not None:
            yield _down(Fraction(self.money[0]) / Fraction(self.money[1]))


def scaled(ladder: Ladder, by: Decimal) -> Ladder:
    """The same steps with other amounts. A throttle keeps a whole number of calls, a grace of seconds, 1 at least."""

    def times(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else max(MILLIONTH, (amount * by).quantize(MILLIONTH))

    def rate(each: Throttle) -> Throttle:
        calls = max(Decimal(1), each.per_minute * by // 1)
        per_minute = calls if each.measure == "calls" else times(each.per_minute)
        return replace(each, per_minute=per_minute)

    return replace(
        ladder,
        limit=times(ladder.limit),
        throttles=tuple(rate(each) for each in ladder.throttles),
        grace_lasts=ladder.grace_lasts and max(SECOND, ladder.grace_lasts * float(by) // SECOND * SECOND),
        grace_tokens=times(ladder.grace_tokens),
        percent=times(ladder.percent),
    )


def _down(tokens: Fraction) -> Decimal:
    return Decimal(tokens * 10**6 // 1).scaleb(-6)


BLOCK = Ladder("block")
Rulings = Mapping[Scope, Ladder]
"""The policies that rule a request, by whose they are."""


@dataclass
class SharedLadders:
    """What was said of the policies that accounts share, in its order; none ends what was before it."""

    said: list[tuple[datetime, Scope, Ladder | None]] = field(default_factory=list)

    def say(self, scope: Scope, ladder: Ladder | None, now: datetime) -> None:
        self.said.append((now, scope, ladder))

    def at(self, moment: datetime) -> dict[Scope, Ladder]:
        latest = {scope: ladder for at, scope, ladder in self.said if at <= moment}
        return {scope: ladder for scope, ladder in latest.items() if ladder is not None}

    def nearest(self, moment: datetime, *near: Scope) -> tuple[Scope, Ladder]:
        """The first of these scopes that has one, before the deployment's; a block where none has."""
        held = self.at(moment)
        scope = next((each for each in (*near, DEPLOYMENT) if each in held), None)
        return (scope, held[scope]) if scope else (WITHOUT_ANY, BLOCK)


def ruling(
    own: Ladder | None,
    shared: SharedLadders,
    now: datetime,
    product: str,
    table: str,
    features: Sequence[str],
) -> Rulings:
    """An account's own policy, or else of each feature the nearest of those that accounts share."""
    if own is not None:
        return {OWN: own}
    of_all = ("product", product), ("rate table", table)
    return dict(shared.nearest(now, ("feature", feature), *of_all) for feature in features)
