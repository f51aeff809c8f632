"""Statements of a wallet, month by month of the account's calendar, from the ledger and the debits behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from billing.queries.calendar import day_of, midnights
from billing.queries.recent import in_time
from billing.rules.statements import Moved, Statement, Used, lines_of
from wallets.models import Wallet

MOST_MONTHS = 60
NOTHING = Decimal(0)

_MOVED = """
    SELECT e.kind, coalesce(g.kind, ''), sum(e.balance_after - e.balance_before), sum(e.amount)
    FROM wallets_entry e LEFT JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id
    WHERE e.account_id = %(account)s AND e.wallet_id = %(wallet)s
      AND e.recorded_at >= %(since)s AND e.recorded_at < %(until)s
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_USED = """
    SELECT f.code, f.name, sum(l.tokens)
    FROM usage_debit d JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
    JOIN pricing_feature f ON f.id = l.feature_id
    WHERE d.account_id = %(account)s AND d.wallet_id = %(wallet)s
      AND d.recorded_at >= %(since)s AND d.recorded_at < %(until)s
    GROUP BY 1, 2 ORDER BY 3 DESC, 1
"""
# Numbers are gapless and in the order of recording: the last entry before an instant is found by halving what is left,
# in twenty steps among a million.
_BALANCES = """
    WITH RECURSIVE sought (at, place, least, most) AS (
        SELECT m.at, m.place, 0::bigint, w.last_number
        FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS m (at, place), wallets_wallet w
        WHERE w.account_id = %(account)s AND w.id = %(wallet)s
        UNION ALL
        SELECT s.at, s.place, CASE WHEN e.is_before THEN m.middle ELSE s.least END,
               CASE WHEN e.is_before THEN s.most ELSE m.middle - 1 END
        FROM sought s, LATERAL (SELECT (s.least + s.most + 1) / 2 AS middle) AS m,
        LATERAL (SELECT (SELECT recorded_at FROM wallets_entry WHERE account_id = %(account)s AND wallet_id = %(wallet)s
                         AND number = m.middle) < s.at AS is_before) AS e
        WHERE s.least < s.most
    )
    SELECT coalesce((SELECT balance_after FROM wallets_entry
                     WHERE account_id = %(account)s AND wallet_id = %(wallet)s AND number = s.most), 0)
    FROM sought s WHERE s.least = s.most ORDER BY s.place
"""
_FIRST = """
    SELECT recorded_at FROM wallets_entry WHERE account_id = %(account)s AND wallet_id = %(wallet)s
    ORDER BY number LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """A month, and the balance in the books at its end, or now."""

    month: date
    opening: Decimal
    closing: Decimal
    is_so_far: bool


def months_of(wallet: Wallet, now: datetime) -> list[MonthEnd]:
    """The months since the wallet's first movement, the latest first, at most sixty."""
    first = _rows(_FIRST, wallet)
    if not first:
        return []
    begun, today = day_of(wallet.account_id, first[0][0]), day_of(wallet.account_id, now)
    months = [today.replace(day=1)]
    while months[-1] > begun.replace(day=1) and len(months) < MOST_MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    ends = midnights(wallet.account_id, [*(_after(each) for each in months), months[-1]])
    balances = [row[0] for row in _rows(_BALANCES, wallet, moments=ends)]
    return [
        MonthEnd(month, balances[place + 1], balances[place], ends[place] > now)
        for place, month in enumerate(months)
    ]


def statement(wallet: Wallet, unit: str, month: date, now: datetime) -> Statement | None:
    """The month's lines; None where there is too much to add up while a page waits.

    month: its first day. A month that is not over is told as far as it is.
    """
    since, until = midnights(wallet.account_id, [month, _after(month)])
    return in_time(lambda: _statement(wallet, unit, month, since, until, now))


def _statement(
    wallet: Wallet, unit: str, month: date, since: datetime, until: datetime, now: datetime
) -> Statement:
    opening, closing = (row[0] for row in _rows(_BALANCES, wallet, moments=[since, until]))
    moved = [Moved(*row) for row in _rows(_MOVED, wallet, since=since, until=until)]
    used = [
        Used(code, name or code, tokens)
        for code, name, tokens in _rows(_USED, wallet, since=since, until=until)
    ]
    return Statement(month, since, until, unit, opening, lines_of(moved, used), closing, until > now)


def _after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _rows(statement: str, wallet: Wallet, **asked: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"account": wallet.account_id, "wallet": wallet.pk, **asked})
        return list(cursor.fetchall())
