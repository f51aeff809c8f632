"""What one account used in one token unit, from the roll-ups: by day, and how it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.queries.recent import in_time
from billing.rules.forecasting import (
    HOURS,
    LEARNT_FROM,
    Departure,
    Forecast,
    History,
    departure,
    forecast,
    midnight,
)
from usage.queries.rolled import rolled
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion

BURN_DAYS = 30
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOTHING = Decimal(0)


@dataclass(frozen=True)
class AccountUsage:
    """burn: tokens of each of the last thirty days, today last; empty where it can't be told while a page waits."""

    burn: Sequence[Decimal]
    forecast: Forecast | None
    bends: Sequence[Departure]


UNKNOWN = AccountUsage([], None, [])


def usage_of(account_id: UUID, unit_id: int, moment: datetime) -> AccountUsage:
    """What it used until now, and what its whole days let expect."""
    first = moment.astimezone(UTC).date() - LEARNT_FROM * DAY
    since = max(midnight(first), rolled().hours_since)
    asked = UsageQuestion(
        since, moment, ("hour",), accounts=frozenset({account_id}), units=frozenset({unit_id})
    )
    rows = in_time(lambda: usage_reader().rows(asked))
    if rows is None:
        return UNKNOWN
    return usage_by_hour({row.keys[0]: row.tokens for row in rows}, since, moment)


def usage_by_hour(used: dict[datetime, Decimal], since: datetime, moment: datetime) -> AccountUsage:
    """The same of hours that are known already. since: from when on they are.

    It is learnt from since the day after its first use; where that is not after `since`, from there on.
    """
    today = moment.astimezone(UTC).date()
    begins = midnight(today - BURN_DAYS * DAY + DAY)
    burn = [NOTHING] * BURN_DAYS
    for at, tokens in used.items():
        if at >= begins:
            burn[(at - begins).days] += tokens
    begun = min(used, default=moment)
    history = _history(used, since if begun < since + DAY else begun + DAY, moment)
    bends = [each for days in (7, 1) if (each := departure(history, days)) is not None]
    return AccountUsage(burn, forecast(history), bends)


def _history(used: dict[datetime, Decimal], since: datetime, moment: datetime) -> History:
    """Whole days, from that of `since` to yesterday."""
    first = midnight(since.astimezone(UTC).date())
    days = max((midnight(moment.astimezone(UTC).date()) - first).days, 0)
    hours = [used.get(first + n * HOUR, NOTHING) for n in range(days * HOURS)]
    return History(first.date(), hours)
