"""What accounts used in one token unit, from the roll-ups: by day, and how it goes on.

All that tells how long tokens last asks here: the account's page, its people's pages, alerts, advice, outside systems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from billing.queries.recent import in_time
from billing.rules.forecasting import (
    HOURS,
    LEARNT_FROM,
    Departure,
    Forecast,
    History,
    RunOut,
    departure,
    forecast,
)
from config.kernel.utc import day_of, midnight
from usage.queries.rolled import rolled
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion, quarter_after

CARD_DAYS = 30
"""Days that the card of an account's page draws, today the last."""
ACCOUNTS_AT_ONCE = 25
"""Whose hours are read together: eight weeks of a busy account are 1,344."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOTHING = Decimal(0)


@dataclass(frozen=True)
class AccountUsage:
    """days: tokens of each day of UTC with usage, today as far as it has come; None where it can't be told while a page
    waits. history: the whole days that are learnt from."""

    today: date
    days: Mapping[date, Decimal] | None
    history: History

    @property
    def burn(self) -> Sequence[Decimal]:
        """Tokens of each of the last thirty days, today last; empty where they are not known."""
        if self.days is None:
            return []
        return [self.days.get(self.today - n * DAY, NOTHING) for n in reversed(range(CARD_DAYS))]

    @cached_property
    def forecast(self) -> Forecast | None:
        """What the whole days let expect; None where there is none yet."""
        return forecast(self.history)

    @cached_property
    def bends(self) -> Sequence[Departure]:
        """How the last seven days and yesterday left what was to be expected of them."""
        return [each for days in (7, 1) if (each := departure(self.history, days)) is not None]

    @property
    def a_day(self) -> Decimal | None:
        """Tokens that a day is expected to burn, the mean of a week; None where there is no whole day yet."""
        return self.forecast.a_day if self.forecast else None

    def runs_out(self, available: Decimal, moment: datetime) -> RunOut:
        """When what is available at `moment` is gone if burning goes on: the one answer to that in the product."""
        return self.forecast.runs_out(available, moment) if self.forecast else RunOut(None)

    def whole_days(self, count: int) -> dict[date, Decimal]:
        """Of the last so many days before today those with usage."""
        first = self.today - count * DAY
        return {day: tokens for day, tokens in (self.days or {}).items() if first <= day < self.today}


def usage_of(account_id: UUID, unit_id: int, moment: datetime) -> AccountUsage:
    """What it used until now, and what its whole days let expect."""
    found = in_time(lambda: usages_of({account_id: unit_id}, moment))
    return unknown(moment) if found is None else found[account_id]


def usages_of(units: Mapping[UUID, int], moment: datetime) -> dict[UUID, AccountUsage]:
    """The same of many accounts, each in its token unit, however long that takes."""
    since = max(midnight(moment.astimezone(UTC).date() - LEARNT_FROM * DAY), rolled().hours_since)
    accounts, found = list(units), {}
    for place in range(0, len(accounts), ACCOUNTS_AT_ONCE):
        page = {each: units[each] for each in accounts[place : place + ACCOUNTS_AT_ONCE]}
        used: dict[UUID, dict[datetime, Decimal]] = {each: {} for each in page}
        asked = UsageQuestion(
            since,
            quarter_after(moment),
            ("account", "token", "hour"),
            accounts=frozenset(page),
            units=frozenset(page.values()),
        )
        for row in usage_reader().rows(asked):
            account_id, unit_id, hour = row.keys
            if unit_id == page[account_id]:
                used[account_id][hour] = row.tokens
        found.update({each: usage_by_hour(hours, since, moment) for each, hours in used.items()})
    return found


def unknown(moment: datetime) -> AccountUsage:
    """What is said of usage that can't be told while a page waits."""
    today = moment.astimezone(UTC).date()
    return AccountUsage(today, None, History(today, []))


def usage_by_hour(used: Mapping[datetime, Decimal], since: datetime, moment: datetime) -> AccountUsage:
    """Of hours that are known. since: from when on they are.

    It is learnt from since the day after its first use; where that is not after `since`, from there on.
    """
    days: dict[date, Decimal] = {}
    for at, tokens in used.items():
        day = at.astimezone(UTC).date()
        days[day] = days.get(day, NOTHING) + tokens
    begun = min(used, default=moment)
    history = _history(used, since if begun < since + DAY else begun + DAY, moment)
    return AccountUsage(moment.astimezone(UTC).date(), days, history)


def _history(used: Mapping[datetime, Decimal], since: datetime, moment: datetime) -> History:
    """Whole days, from that of `since` to yesterday."""
    first = day_of(since)
    days = max((day_of(moment) - first).days, 0)
    hours = [used.get(first + n * HOUR, NOTHING) for n in range(days * HOURS)]
    return History(first.date(), hours)
