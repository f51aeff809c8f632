"""Budgets that an account's own people set, within what the producer lets them. The doors are those of `usage`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.errors import BeyondBuyersRule
from billing.queries.buyer_budgets import is_theirs
from billing.queries.buyer_rules import allowed
from billing.rules.buyer_roles import CONTACT
from config.kernel.amounts import readable
from config.kernel.errors import InvalidRequest, NotFound
from usage.models import Budget, BudgetLimit
from usage.queries.moments import database_clock
from usage.services import limiting
from usage.services.authors import Author
from usage.services.limiting import BudgetOrder
from wallets.services import ledger

MOST_BUDGETS = 20
"""That an account's people may open: each is looked at by every debit."""


@transaction.atomic
def open_budget(*, account_id: UUID, order: BudgetOrder, author: Author) -> Budget:
    """Count these tokens from now on, and refuse or tell what goes beyond.

    Raises BeyondBuyersRule, InvalidRequest, Conflict where the account has a budget of this code.
    """
    ledger.lock(account_id)
    _check(account_id, order.tokens)
    theirs = BudgetLimit.objects.filter(account_id=account_id, set_by__startswith=CONTACT)
    if theirs.values("budget").distinct().count() >= MOST_BUDGETS:
        raise BeyondBuyersRule(f"You may open {MOST_BUDGETS} budgets; ask your supplier for more.")
    return limiting.open_budget(account_id=account_id, order=order, author=author)


@transaction.atomic
def change_budget(
    *,
    account_id: UUID,
    budget_id: UUID,
    tokens: Decimal | None,
    is_hard: bool,
    seen: datetime,
    author: Author,
) -> BudgetLimit:
    """Let one of their own budgets allow so much from now on. tokens: None ends it.

    Raises NotFound, BeyondBuyersRule also where the producer had a hand in it, InvalidRequest, LimitChanged.
    """
    ledger.lock(account_id)
    budget = Budget.objects.filter(account_id=account_id, pk=budget_id).first()
    if budget is None:
        raise NotFound("There is no such budget.")
    if not is_theirs(account_id, budget_id):
        raise BeyondBuyersRule("Your supplier set this budget; ask there.")
    _check(account_id, tokens)
    return limiting.change_budget(budget=budget, tokens=tokens, is_hard=is_hard, author=author, seen=seen)


def _check(account_id: UUID, tokens: Decimal | None) -> None:
    most = allowed(account_id, database_clock()).budget_most
    if most is None:
        raise BeyondBuyersRule("Your supplier does not let you set budgets; ask there.")
    if tokens is not None and tokens <= 0:
        raise InvalidRequest.at("/tokens", "A budget is above zero.")
    if tokens is not None and tokens > most:
        raise BeyondBuyersRule(f"A budget of yours may allow {readable(most)} tokens at most.")
