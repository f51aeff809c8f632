"""What was decided of an account's budgets, included units, seats and access, each as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from config.kernel.amounts import plain
from usage.models import Access, Allowance, BudgetLimit, Seats
from usage.rules.explaining_limits import SPAN

Said = tuple[datetime, str, str, str]
"""When, by whom, what, why."""


def limits_said(account_id: UUID, most: int) -> Iterator[Said]:
    """At most so many of each, the newest first; what was bought is not decided, and stands in the ledger."""
    for told in (_budgets, _allowances, _seats, _access):
        yield from told(account_id, most)


def _budgets(account_id: UUID, most: int) -> Iterator[Said]:
    rows = BudgetLimit.objects.filter(account_id=account_id).select_related("budget__unit")
    for row in rows.order_by("-recorded_at", "-pk")[:most]:
        budget = row.budget
        what = "ended"
        if row.tokens is not None:
            kind = "refuses beyond it" if row.is_hard else "tells only"
            what = f"{plain(row.tokens)} {budget.unit.code} {SPAN[budget.period]}, {kind}"
        yield row.recorded_at, row.set_by, f"Budget {budget.code}: {what}", row.reason


def _allowances(account_id: UUID, most: int) -> Iterator[Said]:
    rows = Allowance.objects.filter(account_id=account_id).order_by("-recorded_at", "-pk")
    for row in rows[:most]:
        what = "nothing" if row.units is None else f"{plain(row.units)} units {SPAN[row.period]}"
        span = _span(row.effective_from, row.effective_until)
        yield row.recorded_at, row.set_by, f"Included of {row.pattern}: {what}, {span}", row.reason


def _seats(account_id: UUID, most: int) -> Iterator[Said]:
    rows = Seats.objects.filter(account_id=account_id).order_by("-recorded_at", "-pk")
    for row in rows[:most]:
        what = "none" if row.seats is None else str(row.seats)
        span = _span(row.effective_from, row.effective_until)
        yield row.recorded_at, row.set_by, f"Base seats of {row.pattern}: {what}, {span}", row.reason


def _access(account_id: UUID, most: int) -> Iterator[Said]:
    rows = Access.objects.filter(account_id=account_id, debit=None).order_by("-recorded_at", "-pk")
    for row in rows[:most]:
        span = _span(row.effective_from, row.effective_until)
        what = f"Access to {row.pattern}: {row.get_kind_display()}, {span}"
        yield row.recorded_at, row.set_by, what, row.reason


def _span(begins: datetime, ends: datetime | None) -> str:
    until = f" until {ends:%-d %b %Y %H:%M} UTC" if ends else ""
    return f"from {begins:%-d %b %Y %H:%M} UTC{until}"
