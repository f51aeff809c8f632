"""What limited a debit, derived again from stored facts: access, allowances, budgets, and what it opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from usage.models import Access, Debit
from usage.rules import explaining_limits as steps
from usage.rules.access import AccessFact, Says
from usage.rules.explaining_limits import Counting, Covering, Opening
from usage.rules.explaining_prices import PricedLine

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """Steps before the price (what might be used, what was covered), after it (what was counted), and at the end."""

    before: Sequence[Step]
    after: Sequence[Step]
    opened: Sequence[Step]


def limits_of(debit: Debit, lines: Sequence[PricedLine], *, asked_first: bool = True) -> Limits:
    """asked_first: it was a debit, not usage reported after the fact, which no rule refuses."""
    features = list(dict.fromkeys(line.feature for line in lines))
    coverings = [Covering(*row) for row in _rows(_COVERINGS, debit)]
    countings = [Counting(*row) for row in _rows(_COUNTINGS, debit)]
    return Limits(
        [_entitlement(debit, features, asked_first), *_allowances(coverings, lines)],
        [
            *(steps.budget(each, asked_first=asked_first) for each in countings),
            steps.limits(coverings, countings),
        ],
        [steps.opening(Opening(*row)) for row in _rows(_OPENINGS, debit)],
    )


def _entitlement(debit: Debit, features: Sequence[str], asked_first: bool) -> Step:
    """By what had been said when it was recorded, but for what it opened itself."""
    earlier = Q(recorded_at__lt=debit.recorded_at) | Q(recorded_at=debit.recorded_at, pk__lt=debit.pk)
    rows = Access.objects.filter(earlier, account_id=debit.account_id)
    known = rows.exclude(debit_id=debit.pk).order_by("effective_from", "recorded_at", "id")
    names = ("pattern", "kind", "effective_from", "effective_until", "debit_id")
    says = Says([AccessFact(*row) for row in known.values_list(*names)], debit.occurred_at)
    return steps.entitlement([(each, says.about(each)) for each in features], asked_first=asked_first)


def _allowances(coverings: Sequence[Covering], lines: Sequence[PricedLine]) -> Iterator[Step]:
    for each in coverings:
        together = [other.covered for other in coverings if other.position == each.position]
        yield steps.allowance(
            each, lines[each.position - 1].covered_quantity, sum(together, start=Decimal(0))
        )


def _rows(statement: str, debit: Debit) -> list[tuple[Any, ...]]:
    given: dict[str, Any] = {
        "account": debit.account_id,
        "debit": debit.pk,
        "recorded_at": debit.recorded_at,
        "occurred_at": debit.occurred_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


# What was recorded at the debit's own instant is told apart by its identity: both were made under the account's lock.
_COVERINGS = """
    SELECT u.position, f.code, w.pattern, w.period, w.window_start, u.units,
        (SELECT coalesce(sum(e.units), 0) FROM usage_allowanceuse e
         WHERE e.account_id = u.account_id AND e.window_id = u.window_id AND e.debit_id < u.debit_id AND NOT EXISTS (
             SELECT FROM usage_reversal r
             WHERE r.account_id = e.account_id AND r.debit_id = e.debit_id AND r.is_whole
               AND (r.recorded_at, r.id) < (%(recorded_at)s, u.debit_id))),
        (SELECT a.units FROM usage_allowance a
         WHERE a.account_id = u.account_id AND a.pattern = w.pattern AND a.period = w.period
           AND a.effective_from <= %(occurred_at)s AND (a.recorded_at, a.id) < (%(recorded_at)s, u.debit_id)
         ORDER BY a.effective_from DESC, a.recorded_at DESC, a.id DESC LIMIT 1)
    FROM usage_allowanceuse u
    JOIN usage_allowancewindow w ON w.account_id = u.account_id AND w.id = u.window_id
    JOIN usage_debitline l ON l.account_id = u.account_id AND l.debit_id = u.debit_id AND l.position = u.position
    JOIN pricing_feature f ON f.id = l.feature_id
    WHERE u.account_id = %(account)s AND u.debit_id = %(debit)s
    ORDER BY u.position, u.id
"""
# What reversals gave back by then is taken off as they took it off the lines that the budget counts.
_COUNTINGS = """
    SELECT b.code, c.value, b.period, c.window_start, u.tokens,
        (SELECT sum(l.tokens) FROM usage_debitline l
         WHERE l.account_id = u.account_id AND l.debit_id = u.debit_id AND l.position = ANY (u.lines)),
        (SELECT coalesce(sum(e.tokens), 0) FROM usage_budgetuse e
         WHERE e.account_id = u.account_id AND e.counter_id = u.counter_id AND e.debit_id < u.debit_id)
        - (SELECT coalesce(sum(t.tokens), 0) FROM usage_budgetuse e
           JOIN usage_reversal r ON r.account_id = e.account_id AND r.debit_id = e.debit_id
           JOIN usage_reversalline t ON t.account_id = r.account_id AND t.reversal_id = r.id
           WHERE t.position = ANY (e.lines) AND (r.recorded_at, r.id) < (%(recorded_at)s, u.debit_id)
             AND e.account_id = u.account_id AND e.counter_id = u.counter_id AND e.debit_id < u.debit_id),
        m.tokens, coalesce(m.is_hard, false)
    FROM usage_budgetuse u
    JOIN usage_budgetcount c ON c.account_id = u.account_id AND c.id = u.counter_id
    JOIN usage_budget b ON b.account_id = c.account_id AND b.id = c.budget_id
    LEFT JOIN LATERAL (
        SELECT tokens, is_hard FROM usage_budgetlimit
        WHERE account_id = u.account_id AND budget_id = b.id AND (recorded_at, id) < (%(recorded_at)s, u.debit_id)
        ORDER BY recorded_at DESC, id DESC LIMIT 1) AS m ON true
    WHERE u.account_id = %(account)s AND u.debit_id = %(debit)s
    ORDER BY u.id
"""
_OPENINGS = """
    SELECT a.pattern, a.effective_from, a.effective_until,
        (SELECT min(e.effective_from) FROM usage_access e
         WHERE e.account_id = a.account_id AND e.debit_id = a.debit_id AND e.pattern = a.pattern AND e.kind = 'none')
    FROM usage_access a
    WHERE a.account_id = %(account)s AND a.debit_id = %(debit)s AND a.kind = 'open'
    ORDER BY a.effective_from, a.id
"""
