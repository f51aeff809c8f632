"""How recorded usage is cut into slices that are rated one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

RECORDED_BEFORE = timedelta(minutes=5)
"""How long before it occurred usage may be recorded."""
RECORDED_AFTER = timedelta(days=35)
"""How long after it occurred usage may be recorded."""
MONTH_AT_MOST = timedelta(days=33)
"""More than any month lasts, in whatever time zone, and one in which the zone was changed."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which recorded usage: that of a rate table, by when it occurred, half-open; recorded before `horizon`."""

    table_id: int
    since: datetime
    until: datetime
    horizon: datetime

    @property
    def recorded_from(self) -> datetime:
        """Nothing of it was recorded earlier."""
        return self.since - RECORDED_BEFORE

    @property
    def recorded_until(self) -> datetime:
        """Nothing of it was recorded then or later."""
        return min(self.horizon, self.until + RECORDED_AFTER)

    @property
    def counted_from(self) -> datetime:
        """Nothing that its months count was recorded earlier."""
        return self.since - MONTH_AT_MOST


@dataclass(frozen=True, slots=True)
class Slice:
    """Usage of the accounts from `first` to `last`, by identity; of one account perhaps only a part.

    begins, ends: when the part was recorded, half-open; None where it has no end to that side. lines: about how many.
    """

    first: UUID
    last: UUID
    lines: int
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def is_part(self) -> bool:
        """Whether other slices hold usage of the same account."""
        return self.begins is not None or self.ends is not None

    def as_json(self) -> list[Any]:
        """As the plan keeps it."""
        instants = [each and each.isoformat() for each in (self.begins, self.ends)]
        return [str(self.first), str(self.last), self.lines, *instants]

    @classmethod
    def from_json(cls, kept: Sequence[Any]) -> Slice:
        """As the plan kept it."""
        first, last, lines, begins, ends = kept
        return cls(UUID(first), UUID(last), lines, _instant(begins), _instant(ends))


@dataclass(frozen=True, slots=True)
class Carried:
    """Units that a month has counted of a feature by a row of tiers, before the next slice of the same account.

    counter: the place of the row among those with tiers.
    """

    month: date
    feature_id: int
    counter: int
    units: Decimal

    def as_json(self) -> list[Any]:
        """As the rehearsal keeps it."""
        return [self.month.isoformat(), self.feature_id, self.counter, str(self.units)]

    @classmethod
    def from_json(cls, kept: Sequence[Any]) -> Carried:
        """As the rehearsal kept it."""
        month, feature_id, counter, units = kept
        return cls(date.fromisoformat(month), feature_id, counter, Decimal(units))


def slices(counted: Iterable[tuple[UUID, int]], at_most: int) -> Iterator[Slice]:
    """Put accounts together, in order, until they have about `at_most` lines; one that has more stands alone.

    counted: accounts in order of their identities, each with its lines.
    """
    first, last, lines = None, None, 0
    for account, count in counted:
        if first is not None and last is not None and lines + count > at_most:
            yield Slice(first, last, lines)
            first, lines = None, 0
        first, last, lines = first or account, account, lines + count
    if first is not None and last is not None:
        yield Slice(first, last, lines)


def parts(whole: Slice, cuts: Sequence[datetime]) -> list[Slice]:
    """The slice of one account, cut at instants of recording."""
    if not cuts:
        return [whole]
    instants = [None, *cuts, None]
    shares = [whole.lines // (len(cuts) + 1)] * len(cuts)
    shares.append(whole.lines - sum(shares))
    spans = zip(shares, instants[:-1], instants[1:], strict=True)
    return [Slice(whole.first, whole.last, share, begins, ends) for share, begins, ends in spans]


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
