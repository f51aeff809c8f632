"""The product as it is told what an account may use, has included and may spend."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pricing.models import Feature
from usage.models import Access, AllowanceWindow, Budget, BudgetCount, Unlock
from usage.queries.entitlements import entitlements
from usage.queries.feature_cards import cards_after
from usage.services import entitling, limiting
from usage.services.authors import Author
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.tests.model.access import Opens, Said
from usage.tests.model.allowances import Allowance, Window
from usage.tests.model.budgets import Budget as ModelBudget
from usage.tests.model.entitled import May
from wallets.models import Account

AUTHOR = Author("somebody", "A promise.")
SPELLED = {"hours": "PT{}H", "days": "P{}D", "months": "P{}M"}


def save_unlock(feature: str, opens: Opens | None) -> None:
    """opens: none switches it off."""
    of = Feature.objects.get(code=feature)
    unlock = Unlock.objects.filter(feature=of).first()
    if opens is None:
        if unlock is None:
            return
        unlock.is_active = False
    else:
        period = SPELLED[opens.of].format(opens.count)
        unlock = unlock or Unlock(feature=of)
        unlock.pattern, unlock.period, unlock.is_active = opens.pattern, period, True
    entitling.save_unlock(unlock)


class RulesOfTokendesk:
    """A part of Tokendesk."""

    accounts: dict[str, UUID]

    def include(self, account: str, said: Allowance, now: datetime) -> None:
        order = AllowanceOrder(
            said.pattern,
            said.units,
            said.period,
            said.anchor,
            said.carries or None,
            effective_from=said.begins,
            effective_until=said.ends,
        )
        limiting.include(account_id=self.accounts[account], order=order, author=AUTHOR, now=now)

    def open_budget(
        self, account: str, budget: ModelBudget, tokens: Decimal, is_hard: bool, now: datetime
    ) -> None:
        order = BudgetOrder(
            budget.code,
            budget.period,
            tokens,
            is_hard,
            feature=budget.feature,
            dimensions=dict(budget.dimensions),
            subject=dict(budget.subject),
            per=budget.per,
            token=budget.unit,
        )
        limiting.open_budget(account_id=self.accounts[account], order=order, author=AUTHOR, now=now)

    def change_budget(
        self, account: str, code: str, tokens: Decimal | None, is_hard: bool, now: datetime
    ) -> None:
        budget = Budget.objects.get(account_id=self.accounts[account], code=code)
        limiting.change_budget(budget=budget, tokens=tokens, is_hard=is_hard, author=AUTHOR, now=now)

    def say_access(self, account: str, said: Said, now: datetime) -> None:
        order = AccessOrder(said.pattern, said.kind, said.begins, said.ends)
        entitling.say(account_id=self.accounts[account], order=order, author=AUTHOR, now=now)

    def set_mode(self, account: str, mode: str, now: datetime) -> bool:
        return entitling.set_mode(account_id=self.accounts[account], mode=mode, author=AUTHOR, now=now)

    def set_unlock(self, feature: str, opens: Opens | None) -> None:
        save_unlock(feature, opens)

    def may_use(self, account: str, quantity: Decimal, now: datetime) -> dict[str, May]:
        """What the product says of every feature."""
        reference = Account.objects.get(pk=self.accounts[account]).reference
        told = entitlements([reference], cards_after(None, 500), quantity=quantity, now=now)[reference]
        return {
            each.feature.code: May(
                each.allowed,
                frozenset({each.reason}),
                each.would_cost,
                (each.included, each.used),
                each.resets_at,
                each.until,
            )
            for each in told.entitlements
        }

    def rules(self, account: str) -> dict[str, Any]:
        """What stands in the books of budgets, allowances and access."""
        of = {"account_id": self.accounts[account]}
        counts = BudgetCount.objects.filter(**of).select_related("budget")
        said = Access.objects.filter(**of).order_by("effective_from", "recorded_at", "id")
        return {
            "spent": {(row.budget.code, row.value, row.window_start): row.spent for row in counts},
            "windows": {
                (row.pattern, row.period, row.window_start): Window(
                    row.carried_in, row.carried_out, row.used, row.turned_at is not None
                )
                for row in AllowanceWindow.objects.filter(**of)
            },
            "access": [
                (row.pattern, row.kind, row.effective_from, row.effective_until, row.debit_id is not None)
                for row in said
            ],
        }
