"""What decides what accounts may use now: read for many accounts at once, in a fixed number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from config.kernel import shaped
from usage.queries.standings import AccountStanding
from usage.rules.entitlements import HardBudget
from usage.rules.ruling import AllowanceFact, BudgetFact, allowances_at
from usage.rules.windows import Included, WindowRow, included


@dataclass(frozen=True, slots=True)
class Known:
    """An account as its row has it."""

    id: UUID
    state: str
    revision: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database's clock, the epochs of all rate tables, and the accounts that there are of those asked for."""

    now: datetime
    epochs: Mapping[int, int]
    accounts: Mapping[str, Known]


def snapshot(references: Collection[str]) -> Snapshot:
    """What these accounts are, and how old what a process remembers of them may be."""
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, [list(references)])
        now, epochs, accounts = cursor.fetchone()
    known = shaped.decode(accounts or "[]", list[tuple[str, UUID, str, int]])
    return Snapshot(
        now,
        dict(shaped.decode(epochs or "[]", list[tuple[int, int]])),
        {reference: Known(account_id, state, revision) for reference, account_id, state, revision in known},
    )


def windows_of(standings: Sequence[AccountStanding], now: datetime) -> Mapping[UUID, list[Included]]:
    """What the allowances in force include in their present windows, the closest pattern first, by account."""
    asked: list[tuple[AccountStanding, AllowanceFact]] = [
        (standing, fact) for standing in standings for fact in allowances_at(standing.allowances, now)
    ]
    if not asked:
        return {}
    rows: defaultdict[int, list[WindowRow]] = defaultdict(list)
    for place, *window in _rows(_WINDOWS, [_window_asked(*each) for each in asked], now):
        rows[place].append(WindowRow(*window))
    found: defaultdict[UUID, list[Included]] = defaultdict(list)
    for place, (standing, fact) in enumerate(asked, 1):
        found[standing.account_id].append(included(fact, standing.allowances, rows[place], now))
    return found


def _window_asked(standing: AccountStanding, fact: AllowanceFact) -> dict[str, Any]:
    carries = any(each.windows == fact.windows and each.carries for each in standing.allowances)
    return {
        "account": standing.account_id,
        "pattern": fact.pattern,
        "period": fact.period,
        "anchor": fact.anchor,
        "carries": carries,
    }


def budgets_of(
    standings: Sequence[AccountStanding], units: Mapping[UUID, int], now: datetime
) -> Mapping[UUID, list[HardBudget]]:
    """The hard budgets that usage by nobody in particular would count in now, by account. units: what each pays in."""
    asked = [
        (standing, fact)
        for standing in standings
        for fact in standing.budgets
        if _concerns_anybody(fact) and fact.unit_id == units.get(standing.account_id)
    ]
    if not asked:
        return {}
    written = [
        {"account": standing.account_id, "budget": fact.id, "period": fact.period} for standing, fact in asked
    ]
    spent = dict(_rows(_BUDGETS, written, now))
    found: defaultdict[UUID, list[HardBudget]] = defaultdict(list)
    for place, (standing, fact) in enumerate(asked, 1):
        found[standing.account_id].append(HardBudget(fact.feature, fact.tokens - spent[place]))
    return found


def _concerns_anybody(fact: BudgetFact) -> bool:
    return fact.is_hard and not fact.subject and not fact.dimensions


Counted = Mapping[tuple[UUID, int, str], Decimal]


def counted_of(account_ids: Collection[UUID], feature_ids: Collection[int], now: datetime) -> Counted:
    """Units that the present month has charged, by account, feature and the pattern of a row without dimensions."""
    given: dict[str, Any] = {"accounts": list(account_ids), "features": list(feature_ids), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, given)
        return {tuple(key): units for *key, units in cursor.fetchall()}


def _rows(statement: str, asked: Sequence[Mapping[str, Any]], now: datetime) -> list[Any]:
    """The rows of a statement that is asked about a list of objects; `n` is the place of each, from 1."""
    numbered = [{"n": place, **each} for place, each in enumerate(asked, 1)]
    with connection.cursor() as cursor:
        cursor.execute(statement, {"asked": orjson.dumps(numbered).decode(), "now": now})
        return list(cursor.fetchall())


_SNAPSHOT = """
    SELECT clock_timestamp(),
           (SELECT json_agg(json_build_array(table_id, epoch))::text FROM pricing_epoch),
           (SELECT json_agg(json_build_array(a.reference, a.id, a.state, coalesce(s.revision, 0)))::text
            FROM wallets_account a LEFT JOIN usage_standing s ON s.account_id = a.id WHERE a.reference = ANY (%s))
"""
# A hold that kept what it keeps at an instant, as `wallets_open_holds_v1` says it.
OPEN_AT = """EXISTS (
            SELECT FROM wallets_hold h
            WHERE h.id = k.hold_id AND h.account_id = k.account_id AND h.created_at <= {at} AND h.expires_at > {at}
              AND (h.state IN ('held', 'expired') OR h.ended_at > {at}))"""
# As `usage_roll_v1` walks: from the window after the last that was turned, else from the one in which anything first
# carried over; where nothing does, the present one alone.
_WINDOWS = f"""
    WITH RECURSIVE asked AS MATERIALIZED (
        SELECT a.*, wallets_period_start_v1(wallets_day_v1(account, %(now)s), period, anchor) AS latest
        FROM jsonb_to_recordset(%(asked)s::jsonb) AS a (
            n integer, account uuid, pattern text, period text, anchor date, carries boolean)
    ), walk (n, start) AS (
        SELECT a.n, CASE WHEN a.carries THEN least(a.latest, coalesce(
            (SELECT wallets_period_end_v1(max(window_start), a.period, a.anchor) FROM usage_allowancewindow
             WHERE account_id = a.account AND pattern = a.pattern AND period = a.period AND turned_at IS NOT NULL
               AND window_start = wallets_period_start_v1(window_start, a.period, a.anchor)),
            (SELECT wallets_period_start_v1(wallets_day_v1(a.account, min(effective_from)), a.period, a.anchor)
             FROM usage_allowance
             WHERE account_id = a.account AND pattern = a.pattern AND period = a.period AND carries > 0
               AND effective_from <= %(now)s AND wallets_period_start_v1('2000-12-31', period, anchor)
                   = wallets_period_start_v1('2000-12-31', a.period, a.anchor)))) ELSE a.latest END
        FROM asked a
        UNION ALL
        SELECT walk.n, wallets_period_end_v1(walk.start, a.period, a.anchor)
        FROM walk JOIN asked a ON a.n = walk.n AND walk.start < a.latest
    )
    SELECT walk.n, walk.start, ends.at,
           coalesce(w.carried_in, 0), coalesce(w.carried_out, 0), coalesce(w.used, 0) + kept.units
    FROM walk JOIN asked a ON a.n = walk.n
    CROSS JOIN LATERAL wallets_midnight_v1(
        a.account, wallets_period_end_v1(walk.start, a.period, a.anchor)) AS ends (at)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.kept), 0) AS units FROM usage_holdcover k
        WHERE k.account_id = a.account AND k.pattern = a.pattern AND k.period = a.period AND k.window_start = walk.start
          AND k.kept > 0 AND {OPEN_AT.format(at="least(%(now)s, ends.at)")}) AS kept
    LEFT JOIN usage_allowancewindow w
        ON w.account_id = a.account AND w.pattern = a.pattern AND w.period = a.period AND w.window_start = walk.start
    ORDER BY walk.n, walk.start
"""
_BUDGETS = f"""
    SELECT a.n, coalesce(c.spent, 0) + kept.tokens
    FROM jsonb_to_recordset(%(asked)s::jsonb) AS a (n integer, account uuid, budget uuid, period text)
    CROSS JOIN LATERAL wallets_period_start_v1(wallets_day_v1(a.account, %(now)s), a.period, NULL) AS w (start)
    LEFT JOIN usage_budgetcount c ON c.account_id = a.account AND c.budget_id = a.budget AND c.value = ''
        AND c.window_start = w.start
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(k.kept), 0) AS tokens FROM usage_holdbudget k
        WHERE k.account_id = a.account AND k.budget_id = a.budget AND k.value = '' AND k.window_start = w.start
          AND k.kept > 0 AND {OPEN_AT.format(at="%(now)s")}) AS kept
"""
_COUNTED = """
    SELECT c.account_id, c.feature_id, c.pattern, c.units
    FROM unnest(%(accounts)s::uuid[]) AS account
    JOIN usage_tiercount c ON c.account_id = account AND c.month = wallets_month_v1(account, %(now)s)
    WHERE c.feature_id = ANY (%(features)s) AND c.dimensions = '{}'
"""
