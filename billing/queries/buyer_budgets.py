"""Which budgets of an account its own people set, and may change."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from billing.rules.buyer_roles import CONTACT
from usage.models import BudgetLimit


def is_theirs(account_id: UUID, budget_id: UUID) -> bool:
    """Whether nobody but the account's people ever said what the budget allows."""
    return budget_id in theirs(account_id)


def theirs(account_id: UUID) -> Collection[UUID]:
    """The budgets that only the account's people set."""
    rows = list(BudgetLimit.objects.filter(account_id=account_id).values_list("budget_id", "set_by"))
    others = {budget_id for budget_id, name in rows if not name.startswith(CONTACT)}
    return {budget_id for budget_id, _ in rows} - others
