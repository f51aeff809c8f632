"""Questions about usage: over which time, by what it is told apart, and of which sums the answer is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from config.kernel.utc import month_of
from usage.errors import HoursForgotten

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
TIMES = ("hour", "day", "month")
DIMENSION = "dimension."
WORDS = ("feature", "product", "account", "token", "subject.user", "subject.team", *TIMES)
OF_ALL = frozenset({"feature", "product", "token", "day", "month"})
"""What the sums over all accounts are told apart by."""
MOST_GROUPS = 10


class Clock(StrEnum):
    """By which instant usage is counted."""

    OCCURRED = "occurred_at"
    RECORDED = "recorded_at"


class Source(StrEnum):
    """What answers: sums of quarters of an hour, of days, or of days over all accounts; of what a bound cuts, lines."""

    LINES = "lines"
    SLOTS = "slots"
    DAYS = "days"
    TOTALS = "totals"


@dataclass(frozen=True, slots=True)
class UsageQuestion:
    """since, until: half-open, and exact.

    groups: of WORDS, or dimension.<name>.
    accounts, products, features, units: identities; None asks for all. zone: by IANA, whose hours, days and months
    groups of time are.
    """

    since: datetime
    until: datetime
    groups: Sequence[str] = ()
    accounts: frozenset[UUID] | None = None
    products: frozenset[int] | None = None
    features: frozenset[int] | None = None
    units: frozenset[int] | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = Clock.OCCURRED
    zone: str = "UTC"

    @property
    def is_by_subject(self) -> bool:
        return any(group.startswith("subject.") for group in self.groups)

    @property
    def counts_items(self) -> bool:
        """Whether a call of several features or dimensions counts at each of them."""
        named = any(group == "feature" or group.startswith(DIMENSION) for group in self.groups)
        return named or self.features is not None or bool(self.dimensions)

    @property
    def needs_quarters(self) -> bool:
        """Whether days of UTC are too coarse for its groups of time."""
        return "hour" in self.groups or (self.zone != "UTC" and any(each in self.groups for each in TIMES))

    @property
    def is_of_all(self) -> bool:
        """Whether sums over all accounts answer it."""
        return self.accounts is None and not self.dimensions and OF_ALL.issuperset(self.groups)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Sums of one group. keys: in the order of the groups; an hour is an instant, a day and a month a date.

    cost: in the reporting currency, at present rates. uncosted: units of which no cost is known. calls: debits; where
    features or dimensions are told apart, their items.
    """

    keys: tuple[Any, ...]
    quantity: Decimal
    covered: Decimal
    tokens: Decimal
    cost: Decimal
    uncosted: Decimal
    calls: int
    refused: int


@dataclass(frozen=True, slots=True)
class AdoptionWeek:
    """A week since a beginning, 0 the first. accounts: that used it then; newcomers: of them, for the first time."""

    week: int
    accounts: int
    newcomers: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How many accounts used something: of each group, by its key, and of all. largest: that took the most tokens."""

    by_key: Mapping[Any, int]
    accounts: int
    largest: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Portion:
    """An amount that is shared out over what an account used of a product in a month of UTC. unit: its tokens'."""

    account: UUID
    product: int
    unit: int
    month: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a question's time that one source answers."""

    source: Source
    since: datetime
    until: datetime


def parts(question: UsageQuestion, hours_since: datetime) -> list[Part]:
    """The stretches of the question's time, whole days by sums of days where those tell enough.

    hours_since: a midnight of UTC; before it there are days alone. Of a quarter of an hour that a bound cuts, of a day
    where quarters are gone, the lines answer.

    Raises HoursForgotten.
    """
    if "hour" in question.groups and question.since < hours_since:
        raise HoursForgotten.at("from", f"Hours are kept since {hours_since:%Y-%m-%d}; ask for days.")
    since = _whole(question.since, hours_since, up=True)
    until = _whole(question.until, hours_since)
    if since >= until:
        found = [Part(Source.LINES, question.since, question.until)]
    else:
        found = [
            Part(Source.LINES, question.since, since),
            *_summed(question, since, until, hours_since),
            Part(Source.LINES, until, question.until),
        ]
    return [each for each in found if each.since < each.until]


def _summed(question: UsageQuestion, since: datetime, until: datetime, hours_since: datetime) -> list[Part]:
    begins, ends = _midnight(since, up=True), _midnight(until)
    if question.needs_quarters:
        ends = min(ends, max(hours_since, begins))
    if begins >= ends:
        return [Part(Source.SLOTS, since, until)]
    days = Source.TOTALS if question.is_of_all else Source.DAYS
    return [Part(Source.SLOTS, since, begins), Part(days, begins, ends), Part(Source.SLOTS, ends, until)]


def months_around(question: UsageQuestion) -> tuple[datetime, datetime]:
    """The whole months of UTC in which the question's time lies: the first instant of the first, and after the last."""
    last = month_of(question.until - timedelta(microseconds=1))
    return month_of(question.since), month_of(last + timedelta(days=32))


def is_group(word: str) -> bool:
    """Whether usage can be told apart by this word."""
    return word in WORDS or (len(word) > len(DIMENSION) and word.startswith(DIMENSION) and word.isprintable())


def quarter_after(moment: datetime) -> datetime:
    """The first quarter of an hour of UTC that begins at that instant or later."""
    return _cut(moment, QUARTER, up=True)


def _whole(moment: datetime, hours_since: datetime, *, up: bool = False) -> datetime:
    """To a bound of what sums are kept of at that time."""
    return _cut(moment, QUARTER if moment >= hours_since else DAY, up)


def _midnight(moment: datetime, *, up: bool = False) -> datetime:
    return _cut(moment, DAY, up)


def _cut(moment: datetime, by: timedelta, up: bool) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    over = (moment - start) % by
    return moment - over + (by if up and over else timedelta(0))
