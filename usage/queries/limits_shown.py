"""What an account may use and how far, as people read it: budgets, allowances and access. Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q

from usage.models import Access, Allowance, BudgetLimit
from usage.queries.entitlement_facts import OPEN_AT, windows_of
from usage.queries.standings import AccountStanding
from usage.rules import access
from usage.rules.access import AccessFact, Says
from usage.rules.limits_shown import (
    NOTHING,
    AccessOf,
    AccessShown,
    Allowances,
    AllowanceShown,
    BudgetShown,
    LimitShown,
    ValueShown,
    WindowShown,
)
from usage.rules.ruling import AllowanceFact, allowances_at
from usage.rules.windows import going_on

MOST_VALUES = 8
"""How many values of a budget are shown, where no other number is asked for."""


def budgets_of(
    account_id: UUID,
    now: datetime,
    *,
    codes: Sequence[str] | None = None,
    value: str | None = None,
    most: int = MOST_VALUES,
) -> list[BudgetShown]:
    """The account's budgets, the oldest first and the ended ones last, in two questions. codes: only those.

    most: how many values are told of each. value: the only one that is told, where it was used.
    """
    given: dict[str, Any] = {
        "account": account_id,
        "now": now,
        "codes": None if codes is None else list(codes),
        "value": value,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BUDGETS, given)
        rows = cursor.fetchall()
        cursor.execute(_VALUES, given)
        used: defaultdict[UUID, list[tuple[str, Decimal, Decimal, int]]] = defaultdict(list)
        for budget_id, *told in cursor.fetchall():
            used[budget_id].append((told[0], told[1], told[2], told[3]))
    found = [_budget(row, used[row[0]]) for row in rows]
    return sorted(found, key=lambda each: each.is_ended)


def history_of_budget(account_id: UUID, budget_id: UUID) -> list[LimitShown]:
    """All limits that a budget has had, the latest first."""
    rows = BudgetLimit.objects.filter(account_id=account_id, budget_id=budget_id)
    names = ("tokens", "is_hard", "recorded_at", "set_by", "reason")
    return [LimitShown(*row) for row in rows.order_by("-recorded_at", "-pk").values_list(*names)]


def allowances_of(account_id: UUID, now: datetime) -> Allowances:
    """What the account has included now, and what begins later, in three questions at most."""
    rows = list(
        Allowance.objects.filter(account_id=account_id).order_by("effective_from", "recorded_at", "id")
    )
    facts = [_allowance_fact(row) for row in rows]
    row_of = {id(fact): row for fact, row in zip(facts, rows, strict=True)}
    present = allowances_at(facts, now)
    standing = AccountStanding(account_id, "", 0, (), allowances=tuple(facts))
    included = windows_of([standing], now).get(account_id, [])
    kept = _kept(account_id, present, now)
    shown = []
    for fact, found, (starts_on, held) in zip(present, included, kept, strict=True):
        assert fact.units is not None
        window = WindowShown(
            starts_on=starts_on if found.resets_at else None,
            carried_in=found.units - fact.units,
            used=found.used - held,
            held=held,
            left=found.left,
            goes_on=going_on(found, fact, facts),
            resets_at=found.resets_at,
        )
        shown.append(_allowance(row_of[id(fact)], window))
    latest = {(row.pattern, row.effective_from): row for row in rows if row.effective_from > now}
    return Allowances(shown, [_allowance(row, None) for row in latest.values()])


def access_of(account_id: UUID, now: datetime) -> AccessOf:
    """What is said of the account's access now and later, in one question."""
    known = Access.objects.filter(account_id=account_id)
    rows = list(
        known.exclude(Q(kind="open", effective_until__lte=now)).order_by(
            "effective_from", "recorded_at", "id"
        )
    )
    facts = [_access_fact(row) for row in rows]
    row_of = {id(fact): row for fact, row in zip(facts, rows, strict=True)}
    says = Says(facts, now)
    present = [
        _access(row_of[id(fact)], decides=says.of(fact.pattern) is fact)
        for fact in access.holding(facts, now)
    ]
    scheduled = [_access(row_of[id(fact)], decides=False) for fact in access.ahead(facts, now)]
    return AccessOf(says.mode, present, scheduled)


def _budget(row: tuple[Any, ...], used: Sequence[tuple[str, Decimal, Decimal, int]]) -> BudgetShown:
    limit = LimitShown(*row[9:14])
    values = [ValueShown(value, spent, held, limit.tokens) for value, spent, held, _ in used]
    if not values and not row[6]:
        values = [ValueShown("", NOTHING, NOTHING, limit.tokens)]
    others = used[0][3] - len(used) if used else 0
    budget_id, code, token, feature, dimensions, subject, per, period, opened_at = row[:9]
    starts_on, resets_at = row[14:]
    return BudgetShown(
        budget_id,
        code,
        token,
        feature,
        orjson.loads(dimensions),
        orjson.loads(subject),
        per,
        period,
        opened_at,
        limit,
        starts_on,
        resets_at,
        values,
        others,
    )


def _allowance_fact(row: Allowance) -> AllowanceFact:
    return AllowanceFact(
        row.pattern,
        row.units,
        row.period,
        row.anchor,
        row.carries,
        row.effective_from,
        row.effective_until,
    )


def _allowance(row: Allowance, window: WindowShown | None) -> AllowanceShown:
    return AllowanceShown(
        row.pattern,
        row.units,
        row.period,
        row.anchor,
        row.carries or NOTHING,
        row.effective_from,
        row.effective_until,
        row.recorded_at,
        row.set_by,
        row.reason,
        window,
    )


def _kept(account_id: UUID, facts: Sequence[AllowanceFact], now: datetime) -> list[tuple[date, Decimal]]:
    """The first day of each present window, and the units that open holds keep in it."""
    if not facts:
        return []
    asked = [
        {"n": place, "pattern": fact.pattern, "period": fact.period, "anchor": fact.anchor}
        for place, fact in enumerate(facts)
    ]
    given: dict[str, Any] = {"account": account_id, "now": now, "asked": orjson.dumps(asked).decode()}
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, given)
        return [(start, held) for start, held in cursor.fetchall()]


def _access_fact(row: Access) -> AccessFact:
    return AccessFact(row.pattern, row.kind, row.effective_from, row.effective_until, row.debit_id)


def _access(row: Access, *, decides: bool) -> AccessShown:
    return AccessShown(
        row.pattern,
        row.kind,
        row.effective_from,
        row.effective_until,
        row.recorded_at,
        row.set_by,
        row.reason,
        row.debit_id,
        decides,
    )


_BUDGETS = """
    SELECT b.id, b.code, u.code, b.feature, b.dimensions::text, b.subject::text, b.per, b.period, b.recorded_at,
           l.tokens, l.is_hard, l.recorded_at, l.set_by, l.reason, CASE WHEN b.period <> 'total' THEN w.start END,
           wallets_midnight_v1(b.account_id, wallets_period_end_v1(w.start, b.period, NULL))
    FROM usage_budget b
    JOIN wallets_tokenunit u ON u.id = b.unit_id
    CROSS JOIN LATERAL (
        SELECT tokens, is_hard, recorded_at, set_by, reason FROM usage_budgetlimit
        WHERE account_id = b.account_id AND budget_id = b.id ORDER BY recorded_at DESC, id DESC LIMIT 1) AS l
    CROSS JOIN LATERAL wallets_period_start_v1(wallets_day_v1(b.account_id, %(now)s), b.period, NULL) AS w (start)
    WHERE b.account_id = %(account)s AND (%(codes)s::text[] IS NULL OR b.code = ANY (%(codes)s))
    ORDER BY b.recorded_at, b.id
"""
# As `usage_budgets_v1` judges: what the window has spent, and what open holds keep of it.
_VALUES = f"""
    WITH asked AS MATERIALIZED (
        SELECT b.id, wallets_period_start_v1(wallets_day_v1(b.account_id, %(now)s), b.period, NULL) AS start
        FROM usage_budget b WHERE b.account_id = %(account)s AND (%(codes)s::text[] IS NULL OR b.code = ANY (%(codes)s))
    ), used AS (
        SELECT c.budget_id, c.value, c.spent, 0::numeric AS held
        FROM asked a JOIN usage_budgetcount c
            ON c.account_id = %(account)s AND c.budget_id = a.id AND c.window_start = a.start
        UNION ALL
        SELECT k.budget_id, k.value, 0, k.kept
        FROM asked a JOIN usage_holdbudget k
            ON k.account_id = %(account)s AND k.budget_id = a.id AND k.window_start = a.start AND k.kept > 0
        WHERE {OPEN_AT.format(at="%(now)s")}
    ), summed AS (
        SELECT budget_id, value, sum(spent) AS spent, sum(held) AS held, count(*) OVER (PARTITION BY budget_id) AS many,
               row_number() OVER (PARTITION BY budget_id ORDER BY sum(spent) + sum(held) DESC, value) AS place
        FROM used WHERE %(value)s::text IS NULL OR value = %(value)s GROUP BY budget_id, value
    )
    SELECT budget_id, value, spent, held, many FROM summed WHERE place <= %(most)s ORDER BY budget_id, place
"""
_KEPT = f"""
    SELECT w.start, (
        SELECT coalesce(sum(k.kept), 0) FROM usage_holdcover k
        WHERE k.account_id = %(account)s AND k.pattern = a.pattern AND k.period = a.period
          AND k.window_start = w.start AND k.kept > 0 AND {OPEN_AT.format(at="%(now)s")})
    FROM jsonb_to_recordset(%(asked)s::jsonb) AS a (n integer, pattern text, period text, anchor date)
    CROSS JOIN LATERAL wallets_period_start_v1(
        wallets_day_v1(%(account)s, %(now)s), a.period, a.anchor) AS w (start)
    ORDER BY a.n
"""
