"""What accounts spent, by whom and on what: of the roll-ups of usage, a minute old at most.

What pages ask is None where it can't be told while they wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.queries.recent import in_time
from billing.rules.usage_view import midnight
from pricing.models import Feature
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion, UsageRow, quarter_after
from wallets.models import Account

WINDOWS = (7, 30, 90)
"""Days that may be looked at."""
USUAL_DAYS = 30
SHOWN = 50
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class SpentOn:
    """What one feature, user or team came to: charged, less what was given back. code: empty where none was told.

    unit: of the quantity, that of the feature. share: of the largest, 0 to 1.
    """

    code: str
    name: str
    unit: str
    quantity: Decimal
    tokens: Decimal
    calls: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Spent:
    """rows: the most first, at most SHOWN. others: of all that are not shown. total: of everything."""

    rows: Sequence[SpentOn]
    others: Decimal
    total: Decimal


def by_feature(account_id: UUID, unit_id: int, since: datetime, until: datetime) -> Spent | None:
    """By feature, of usage that occurred then."""
    answer = in_time(lambda: _most(_question("feature", account_id, unit_id, since, until)))
    if answer is None:
        return None
    rows, total = answer
    found = Feature.objects.in_bulk([row.keys[0] for row in rows])
    features = [found[row.keys[0]] for row in rows]
    return _spent([(each.code, each.name, each.unit) for each in features], rows, total)


def by_subject(account_id: UUID, unit_id: int, field: str, since: datetime, until: datetime) -> Spent | None:
    """By a field of the usage's subject, `user` or `team`."""
    answer = in_time(lambda: _most(_question(f"subject.{field}", account_id, unit_id, since, until)))
    if answer is None:
        return None
    rows, total = answer
    return _spent([(row.keys[0] or "", "", "") for row in rows], rows, total)


def beginning(account: Account, now: datetime, days: int) -> datetime:
    """When so many days of the account's calendar began, today the last of them."""
    return midnight(_days(account, now, days)[0], account.time_zone)


def by_day(account: Account, unit_id: int, now: datetime, days: int) -> list[tuple[date, Decimal]] | None:
    """Of each of so many days of the account's calendar, today last."""
    each = _days(account, now, days)
    asked = _question("day", account.pk, unit_id, beginning(account, now, days), now)
    rows = in_time(lambda: usage_reader().rows(replace(asked, zone=account.time_zone)))
    if rows is None:
        return None
    found = {row.keys[0]: row.tokens for row in rows}
    return [(day, found.get(day, NOTHING)) for day in each]


def by_whole_day(
    accounts: Iterable[UUID], today: date, days: int
) -> Mapping[tuple[UUID, int], dict[date, Decimal]]:
    """Of each of so many days of UTC before today, by account and token unit; without days of nothing."""
    until = midnight(today, "UTC")
    since, groups = until - timedelta(days=days), ("account", "token", "day")
    found: dict[tuple[UUID, int], dict[date, Decimal]] = {}
    for row in usage_reader().rows(UsageQuestion(since, until, groups, accounts=frozenset(accounts))):
        account_id, unit_id, day = row.keys
        if unit_id is not None:
            found.setdefault((account_id, unit_id), {})[day] = row.tokens
    return found


def _days(account: Account, now: datetime, days: int) -> list[date]:
    today = now.astimezone(ZoneInfo(account.time_zone)).date()
    return [today - timedelta(days=back) for back in reversed(range(days))]


def _question(group: str, account_id: UUID, unit_id: int, since: datetime, until: datetime) -> UsageQuestion:
    """To the end of the quarter of an hour that `until` is in: so the sums alone answer."""
    own, unit = frozenset({account_id}), frozenset({unit_id})
    return UsageQuestion(since, quarter_after(until), [group], accounts=own, units=unit)


def _most(question: UsageQuestion) -> tuple[Sequence[UsageRow], Decimal]:
    """The groups that took the most, and what all come to."""
    reader = usage_reader()
    [everything] = reader.rows(replace(question, groups=()))
    return reader.most(question, SHOWN), everything.tokens


def _spent(names: Sequence[tuple[str, str, str]], rows: Sequence[UsageRow], total: Decimal) -> Spent:
    """names: code, name and unit of each row's."""
    largest = rows[0].tokens if rows and rows[0].tokens > 0 else None
    listed = [
        SpentOn(
            code,
            name or code,
            unit,
            row.quantity,
            row.tokens,
            row.calls,
            max(row.tokens, NOTHING) / largest if largest else NOTHING,
        )
        for (code, name, unit), row in zip(names, rows, strict=True)
    ]
    return Spent(listed, total - sum((row.tokens for row in listed), NOTHING), total)
