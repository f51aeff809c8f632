"""What a re-rating tells: what it would change, what it changed, and what stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from usage.models import Rerating, ReratingState
from usage.rules.rerating import WHY_LEFT

ACCOUNTS_SHOWN = 25
ROWS_AT_ONCE = 2000
CORRECTED = (
    *("account", "debit", "replacement", "used_at"),
    *("tokens_before", "tokens_after", "difference"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """Tokens of what would be charged anew, as charged and at the other prices. name: of the feature or account."""

    name: str
    lines: int
    quantity: Decimal
    before: Decimal
    after: Decimal
    unit: str = ""
    account_id: UUID | None = None

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Told:
    """What a dry run found. accounts: those with the largest differences; account_count: all of them."""

    lines: int
    before: Decimal
    after: Decimal
    features: Sequence[Change]
    accounts: Sequence[Change]
    account_count: int

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Left:
    """Debits that stay as they are. why: in words."""

    why: str
    debits: int
    accounts: int
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """What was charged anew: debits with their tokens before and after; and how many of them were taken back."""

    debits: int
    before: Decimal
    after: Decimal
    taken_back: int

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the turn that is under way has come, in debits. total: 0 where nobody knows yet."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(self.done * 100 // self.total, 100) if self.total else 0


def told(rerating: Rerating) -> Told:
    """What its dry run found."""
    accounts = _changes(_BY_ACCOUNT, rerating, ACCOUNTS_SHOWN)
    ((lines, before, after, count),) = _rows(_TOTAL, {"rerating": rerating.pk})
    return Told(lines, before, after, _changes(_BY_FEATURE, rerating, ROWS_AT_ONCE), accounts, count)


def left(rerating: Rerating, turn: str) -> list[Left]:
    """What stayed as it was in a turn, the most first."""
    rows = _rows(_LEFT, {"rerating": rerating.pk, "turn": turn})
    return [Left(WHY_LEFT.get(reason, reason), *row) for reason, *row in rows]


def booked(rerating: Rerating) -> Booked:
    """What it has charged anew so far."""
    ((debits, before, after, taken_back),) = _rows(_BOOKED, {"rerating": rerating.pk})
    return Booked(debits, before, after, taken_back)


def progress(rerating: Rerating) -> Progress:
    """Of the turn that is under way, or was last."""
    if rerating.state == ReratingState.REVERTING:
        return Progress(rerating.debits_done, booked(rerating).debits)
    if rerating.is_running:
        return Progress(rerating.debits_done, rerating.reckoned)
    return Progress(rerating.reckoned, 0)


def differences(rerating: Rerating) -> Iterator[Sequence[Any]]:
    """By account and feature what the dry run found: reference, feature, lines, quantity, before, after, difference."""
    return _streamed(_DIFFERENCES, rerating)


def corrections(rerating: Rerating) -> Iterator[Sequence[Any]]:
    """Debit by debit what was charged anew: the columns of `CORRECTED`."""
    return _streamed(_CORRECTIONS, rerating)


def _streamed(statement: str, rerating: Rerating) -> Iterator[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rerating": rerating.pk})
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _changes(statement: str, rerating: Rerating, most: int) -> list[Change]:
    return [Change(*row) for row in _rows(statement, {"rerating": rerating.pk, "most": most})]


def _rows(statement: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


_TOTAL = """
    SELECT coalesce(sum(lines), 0)::bigint, coalesce(sum(tokens_before), 0), coalesce(sum(tokens_after), 0),
           count(DISTINCT account_id)
    FROM usage_reratingline WHERE rerating_id = %(rerating)s
"""
_BY_FEATURE = """
    SELECT f.code, sum(l.lines)::bigint, sum(l.quantity), sum(l.tokens_before), sum(l.tokens_after), f.unit
    FROM usage_reratingline l JOIN pricing_feature f ON f.id = l.feature_id
    WHERE l.rerating_id = %(rerating)s GROUP BY f.code, f.unit
    ORDER BY abs(sum(l.tokens_after - l.tokens_before)) DESC, f.code LIMIT %(most)s
"""
_BY_ACCOUNT = """
    SELECT a.reference, sum(l.lines)::bigint, sum(l.quantity), sum(l.tokens_before), sum(l.tokens_after), '', a.id
    FROM usage_reratingline l JOIN wallets_account a ON a.id = l.account_id
    WHERE l.rerating_id = %(rerating)s GROUP BY a.reference, a.id
    ORDER BY abs(sum(l.tokens_after - l.tokens_before)) DESC, a.reference LIMIT %(most)s
"""
_LEFT = """
    SELECT reason, sum(debits)::bigint, count(*), sum(tokens) FROM usage_reratingleft
    WHERE rerating_id = %(rerating)s AND turn = %(turn)s GROUP BY 1 ORDER BY 2 DESC, 1
"""
_BOOKED = """
    SELECT count(*) FILTER (WHERE c.restores_id IS NULL),
           coalesce(sum(o.tokens) FILTER (WHERE c.restores_id IS NULL), 0),
           coalesce(sum(n.tokens) FILTER (WHERE c.restores_id IS NULL), 0), count(c.restores_id)
    FROM usage_correction c
    JOIN usage_debit o ON o.id = c.debit_id AND o.account_id = c.account_id
    JOIN usage_debit n ON n.id = c.replacement_id AND n.account_id = c.account_id
    WHERE c.rerating_id = %(rerating)s
"""
_DIFFERENCES = """
    SELECT a.reference, f.code, l.lines, l.quantity, l.tokens_before, l.tokens_after, l.tokens_after - l.tokens_before
    FROM usage_reratingline l
    JOIN wallets_account a ON a.id = l.account_id
    JOIN pricing_feature f ON f.id = l.feature_id
    WHERE l.rerating_id = %(rerating)s ORDER BY a.reference, f.code
"""
_CORRECTIONS = """
    SELECT a.reference, o.id::text, n.id::text,
           to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           o.tokens, n.tokens, n.tokens - o.tokens
    FROM usage_correction c
    JOIN wallets_account a ON a.id = c.account_id
    JOIN usage_debit o ON o.id = c.debit_id AND o.account_id = c.account_id
    JOIN usage_debit n ON n.id = c.replacement_id AND n.account_id = c.account_id
    WHERE c.rerating_id = %(rerating)s ORDER BY a.reference, n.id
"""
