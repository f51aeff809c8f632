"""Limits that an account reached lately, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.rules.crossing_words import Reached, sentence
from usage.models import BudgetCount, Crossing


@dataclass(frozen=True, slots=True)
class CrossingLine:
    """debit_id: what crossed it, where a debit did."""

    at: datetime
    text: str
    debit_id: UUID | None


def crossings_since(account_id: UUID, since: datetime, limit: int) -> list[CrossingLine]:
    """At most so many, in two questions."""
    rows = Crossing.objects.filter(account_id=account_id, recorded_at__gte=since)
    found = list(rows.order_by("-recorded_at", "-pk")[:limit])
    counters = _counters(account_id, found)
    return [
        CrossingLine(row.recorded_at, sentence(row.kind, row.name, _reached(row, counters)), row.debit_id)
        for row in found
    ]


def _counters(account_id: UUID, rows: list[Crossing]) -> Mapping[UUID, BudgetCount]:
    ids = [row.once.split(":")[1] for row in rows if row.once.startswith("budget:")]
    if not ids:
        return {}
    counters = BudgetCount.objects.filter(account_id=account_id, pk__in=ids)
    return {counter.pk: counter for counter in counters.select_related("budget__unit")}


def _reached(row: Crossing, counters: Mapping[UUID, BudgetCount]) -> Reached | None:
    """What was used up; the crossing is noted once for a counter and its limit: `budget:counter:limit`."""
    if not row.once.startswith("budget:"):
        return None
    _, counter_id, limit = row.once.split(":")
    counter = counters.get(UUID(counter_id))
    if counter is None:
        return None
    budget = counter.budget
    return Reached(budget.code, budget.unit.code, budget.period, Decimal(limit), budget.per, counter.value)
