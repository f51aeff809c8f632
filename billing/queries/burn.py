"""What an account spent, by whom and on what: told from its debits, within a window. One place, so that the source of
it may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.queries.recent import patiently

WINDOWS = (7, 30, 90)
"""Days that may be looked at."""
SHOWN = 50
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Burned:
    """What one feature, user or team came to: charged, less what was given back. name: empty where none was told."""

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


# A debit that was charged anew counts by what took its place; what was given back otherwise is taken off.
_DEBITS = """
    WITH used AS MATERIALIZED (
        SELECT d.id, d.account_id, d.tokens, d.occurred_at, d.subject FROM usage_debit d
        WHERE d.account_id = %(account)s AND d.unit_id = %(unit)s AND d.recorded_at >= %(since)s
          AND d.occurred_at >= %(since)s AND d.occurred_at < %(until)s
          AND NOT EXISTS (SELECT FROM usage_correction c WHERE c.debit_id = d.id AND c.account_id = d.account_id)),
    back AS MATERIALIZED (
        SELECT r.id, r.debit_id, r.tokens FROM used JOIN usage_reversal r
            ON r.debit_id = used.id AND r.account_id = used.account_id)
"""
_BY_FEATURE = f"""
    {_DEBITS}, lines AS (
        SELECT l.feature_id, l.tokens, l.debit_id AS call FROM used JOIN usage_debitline l
            ON l.debit_id = used.id AND l.account_id = used.account_id
        UNION ALL
        SELECT l.feature_id, -t.tokens, NULL FROM back
        JOIN usage_reversalline t ON t.reversal_id = back.id AND t.account_id = %(account)s
        JOIN usage_debitline l
            ON l.debit_id = back.debit_id AND l.account_id = t.account_id AND l.position = t.position)
    SELECT f.code, f.name, sum(lines.tokens), count(DISTINCT lines.call)
    FROM lines JOIN pricing_feature f ON f.id = lines.feature_id GROUP BY 1, 2 ORDER BY 3 DESC, 1
"""
_BY_SUBJECT = f"""
    {_DEBITS}
    SELECT coalesce(used.subject->>%(field)s, ''), coalesce(used.subject->>%(field)s, ''),
           sum(used.tokens - coalesce(given.tokens, 0)), count(*)
    FROM used LEFT JOIN (SELECT debit_id, sum(tokens) AS tokens FROM back GROUP BY 1) AS given
        ON given.debit_id = used.id
    GROUP BY 1 ORDER BY 3 DESC, 1
"""
_BY_DAY = f"""
    {_DEBITS}
    SELECT (used.occurred_at AT TIME ZONE 'UTC')::date, sum(used.tokens - coalesce(given.tokens, 0))
    FROM used LEFT JOIN (SELECT debit_id, sum(tokens) AS tokens FROM back GROUP BY 1) AS given
        ON given.debit_id = used.id
    GROUP BY 1
"""


def by_feature(account_id: UUID, unit_id: int, since: datetime, until: datetime) -> Burn | None:
    """By feature; None where there is too much to add up while a page waits."""
    return _burn(_BY_FEATURE, {"account": account_id, "unit": unit_id, "since": since, "until": until})


def by_subject(account_id: UUID, unit_id: int, field: str, since: datetime, until: datetime) -> Burn | None:
    """By a field of the usage's subject, `user` or `team`; None as above."""
    asked = {"account": account_id, "unit": unit_id, "since": since, "until": until, "field": field}
    return _burn(_BY_SUBJECT, asked)


def by_day(account_id: UUID, unit_id: int, today: date, days: int) -> list[tuple[date, Decimal]] | None:
    """Of each of so many days of UTC, today last; None as above."""
    first = today - timedelta(days=days - 1)
    asked = {"account": account_id, "unit": unit_id, "since": first, "until": today + timedelta(days=1)}
    rows = patiently(_BY_DAY, asked)
    if rows is None:
        return None
    found = dict(rows)
    return [(first + timedelta(days=n), found.get(first + timedelta(days=n), NOTHING)) for n in range(days)]


def _burn(statement: str, asked: dict[str, object]) -> Burn | None:
    rows = patiently(statement, asked)
    if rows is None:
        return None
    total = sum((row[2] for row in rows), NOTHING)
    largest = max((row[2] for row in rows), default=NOTHING)
    listed = [
        Burned(code, name or code, tokens, calls, max(tokens, NOTHING) / largest if largest > 0 else NOTHING)
        for code, name, tokens, calls in rows[:SHOWN]
    ]
    return Burn(listed, total - sum((each.tokens for each in listed), NOTHING), total)
