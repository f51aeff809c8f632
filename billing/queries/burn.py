"""What an account spent, by whom and on what: of the roll-ups of usage, a minute old at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pricing.models import Feature
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion, UsageRow

WINDOWS = (7, 30, 90)
"""Days that may be looked at."""
USUAL_DAYS = 30
SHOWN = 50
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Burned:
    """What one feature, user or team came to: charged, less what was given back. code: empty where none was told."""

    code: str
    name: str
    tokens: Decimal
    calls: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Burn:
    """rows: the most first, at most SHOWN. others: of all that are not shown. total: of everything."""

    rows: Sequence[Burned]
    others: Decimal
    total: Decimal


def by_feature(account_id: UUID, unit_id: int, since: datetime, until: datetime) -> Burn:
    """By feature, of usage that occurred then."""
    rows, total = _most(_question("feature", account_id, unit_id, since, until))
    found = Feature.objects.in_bulk([row.keys[0] for row in rows])
    return _burn([(found[row.keys[0]].code, found[row.keys[0]].name) for row in rows], rows, total)


def by_subject(account_id: UUID, unit_id: int, field: str, since: datetime, until: datetime) -> Burn:
    """By a field of the usage's subject, `user` or `team`."""
    rows, total = _most(_question(f"subject.{field}", account_id, unit_id, since, until))
    return _burn([(row.keys[0] or "", "") for row in rows], rows, total)


def by_day(account_id: UUID, unit_id: int, today: date, days: int) -> list[tuple[date, Decimal]]:
    """Of each of so many days of UTC, today last."""
    each = [today - timedelta(days=back) for back in reversed(range(days))]
    since, until = (
        datetime.combine(day, datetime.min.time(), UTC) for day in (each[0], today + timedelta(days=1))
    )
    rows = usage_reader().rows(_question("day", account_id, unit_id, since, until))
    found = {row.keys[0]: row.tokens for row in rows}
    return [(day, found.get(day, NOTHING)) for day in each]


def _question(group: str, account_id: UUID, unit_id: int, since: datetime, until: datetime) -> UsageQuestion:
    return UsageQuestion(since, until, [group], accounts=frozenset({account_id}), units=frozenset({unit_id}))


def _most(question: UsageQuestion) -> tuple[Sequence[UsageRow], Decimal]:
    """The groups that took the most, and what all come to."""
    reader = usage_reader()
    [everything] = reader.rows(replace(question, groups=()))
    return reader.most(question, SHOWN), everything.tokens


def _burn(names: Sequence[tuple[str, str]], rows: Sequence[UsageRow], total: Decimal) -> Burn:
    """names: code and name of each row's."""
    largest = rows[0].tokens if rows and rows[0].tokens > 0 else None
    listed = [
        Burned(
            code,
            name or code,
            row.tokens,
            row.calls,
            max(row.tokens, NOTHING) / largest if largest else NOTHING,
        )
        for (code, name), row in zip(names, rows, strict=True)
    ]
    return Burn(listed, total - sum((row.tokens for row in listed), NOTHING), total)
