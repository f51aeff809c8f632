"""What somebody looks at on the usage page, as its address says it: whose usage, of what, and over which time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from usage.rules.usage_asked import Clock, quarter_after

DAY = timedelta(days=1)
SPANS = (7, 30, 90, 365)
MOST_DAYS = 1830
_TEXTS = ("account", "product", "feature", "segment", "token", "value")


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open. before: where the time of the same length begins with which it is compared."""

    since: datetime
    until: datetime

    @property
    def before(self) -> datetime:
        return self.since - (self.until - self.since)


@dataclass(frozen=True, slots=True)
class UsageView:
    """days: the last so many, today included; None where `first` and `last` name them, both included.

    account, product, feature, segment, token: by reference or code; empty is all, of tokens the default unit.
    dimension: by which money is told apart; value: alone what carries it. clock: by which instant usage is counted.
    """

    days: int | None = 30
    first: date | None = None
    last: date | None = None
    account: str = ""
    product: str = ""
    feature: str = ""
    segment: str = ""
    token: str = ""
    dimension: str = "model"
    value: str = ""
    zone: str = "UTC"
    clock: Clock = Clock.OCCURRED

    def span(self, now: datetime) -> Span:
        """The time that is looked at, by midnights of its time zone, to the end of the present quarter of an hour."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        first, last = self.first, self.last
        if self.days is not None or first is None or last is None:
            first, last = today - (self.days or 30) * DAY + DAY, today
        since = midnight(first, self.zone)
        return Span(
            since,
            max(min(midnight(last + DAY, self.zone), quarter_after(now)), since + timedelta(minutes=15)),
        )

    def as_query(self) -> dict[str, str]:
        """The view as an address says it, without what goes without saying."""
        usual = UsageView()
        said = {each: getattr(self, each) for each in (*_TEXTS, "dimension")}
        found = {name: text for name, text in said.items() if text != getattr(usual, name)}
        if self.zone != usual.zone or self.account:  # without it an account's own zone is meant
            found["tz"] = self.zone
        if self.clock is not usual.clock:
            found["by"] = self.clock.value
        if self.days is None and self.first and self.last:
            return found | {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return found if self.days == usual.days else found | {"days": str(self.days)}


def view_of(query: Mapping[str, str]) -> UsageView:
    """The view that `as_query` told."""
    texts = {
        each.name: query[each.name]
        for each in fields(UsageView)
        if each.name in (*_TEXTS, "dimension") and each.name in query
    }
    first, last = (date.fromisoformat(query[name]) if name in query else None for name in ("from", "to"))
    days = None if first and last else int(query.get("days", "30"))
    clock = Clock(query.get("by", Clock.OCCURRED))
    return UsageView(days=days, first=first, last=last, zone=query.get("tz", "UTC"), clock=clock, **texts)


def midnight(day: date, zone: str) -> datetime:
    """When a day begins there: where midnight does not exist, the first instant after the gap; of two the first."""
    place = ZoneInfo(zone)
    told = datetime.combine(day, time(), place).astimezone(UTC)
    while told.astimezone(place).date() < day:
        told += timedelta(minutes=15)
    while (told - timedelta(minutes=15)).astimezone(place).date() >= day:
        told -= timedelta(minutes=15)
    return told
