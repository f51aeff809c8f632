"""Seats as they stand: the base seats that accounts have, who sits where, and the intervals that were begun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from usage.tests.model.prices import covers


@dataclass(frozen=True)
class BaseSeats:
    """count: none ends what the pattern had before."""

    pattern: str
    count: int | None
    begins: datetime
    ends: datetime | None

    @property
    def closeness(self) -> tuple[bool, int]:
        return not self.pattern.endswith("*"), len(self.pattern)


@dataclass(frozen=True)
class Interval:
    """debit: none where its person had paid already. refunds: whether what is unused of it is given back."""

    begins: datetime
    ends: datetime
    debit: int | None
    refunds: bool


@dataclass
class Checkout:
    """pool: the pattern whose base seat it has, where it has one. heartbeat: how long it lasts without a sign of life.

    ended: when it was given back. first: what its making was answered.
    """

    number: int
    account: str
    product: str
    feature: str
    dimensions: tuple[tuple[str, str], ...]
    subject: tuple[tuple[str, str], ...]
    heartbeat: timedelta
    started: datetime
    last_beat: datetime
    seat: str = "overflow"
    pool: str | None = None
    intervals: list[Interval] = field(default_factory=list)
    ended: datetime | None = None
    moves: list[tuple[datetime, str]] = field(default_factory=list)
    first: dict[str, Any] = field(default_factory=dict)

    @property
    def person(self) -> str:
        return dict(self.subject).get("user", "")

    @property
    def alive_until(self) -> datetime:
        return self.last_beat + self.heartbeat

    @property
    def charged_until(self) -> datetime | None:
        return self.intervals[-1].ends if self.seat == "overflow" else None

    def is_open(self, now: datetime) -> bool:
        return self.ended is None and now < self.alive_until

    def ended_at(self, now: datetime) -> datetime | None:
        """Without a sign of life it ended at the last one; nobody has to notice."""
        return self.ended if self.ended or self.is_open(now) else self.last_beat

    def sits(self, at: datetime, now: datetime) -> str:
        """Which seat it had at an instant, as is known now; empty where it had none."""
        ended = self.ended_at(now)
        if ended is not None and ended <= at:
            return ""
        return next((seat for since, seat in reversed(self.moves) if since <= at), "")


@dataclass
class Seats:
    """said: of base seats, by account, in the order in which they begin."""

    said: dict[str, list[BaseSeats]] = field(default_factory=dict)
    checkouts: list[Checkout] = field(default_factory=list)

    def say(self, account: str, said: BaseSeats) -> None:
        self.said[account] = sorted([*self.said.get(account, ()), said], key=lambda each: each.begins)

    def of(self, account: str) -> Iterator[Checkout]:
        return (each for each in self.checkouts if each.account == account)

    def pool(self, account: str, feature: str, now: datetime) -> BaseSeats | None:
        """The base seats that a checkout of the feature may take: the feature's own before the longest pattern's."""
        last = {each.pattern: each for each in self.said.get(account, ()) if each.begins <= now}
        holding = [
            each
            for each in last.values()
            if each.count is not None
            and (each.ends is None or now < each.ends)
            and covers(each.pattern, feature)
        ]
        return max(holding, key=lambda each: each.closeness, default=None)

    def free(self, account: str, feature: str, now: datetime) -> str | None:
        """The pool in which a base seat is free."""
        pool = self.pool(account, feature, now)
        if pool is None or pool.count is None:
            return None
        taken = [
            each
            for each in self.of(account)
            if each.is_open(now) and each.seat == "base" and each.pool == pool.pattern
        ]
        return pool.pattern if len(taken) < pool.count else None

    def of_person(self, account: str, feature: str, person: str, now: datetime) -> Checkout | None:
        """The one seat of a feature that a person may have; nobody in particular has none."""
        same = (
            each
            for each in self.of(account)
            if each.feature == feature and each.person == person and each.is_open(now)
        )
        return next(same, None) if person else None

    def paid(self, of: Checkout, since: datetime) -> Interval | None:
        """The last interval of the feature that this person paid for and that began after an instant."""
        paid = [
            interval
            for each in self.of(of.account)
            if each.feature == of.feature and each.person == of.person
            for interval in each.intervals
            if interval.debit is not None and interval.begins > since
        ]
        return max(paid, key=lambda interval: interval.begins, default=None) if of.person else None
