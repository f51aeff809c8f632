"""The product as it is told how far accounts may go, and what it wrote down of how far they went."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from config.kernel.audit import Promise
from pricing.models import Feature, Product, RateTable
from usage.queries.audit_holds import HOLDS
from usage.queries.audit_ladders import LADDERS
from usage.queries.audit_policies import POLICIES
from usage.queries.audit_reversals import REVERSALS
from usage.queries.changes import accounts_to_observe
from usage.queries.policies import Scope
from usage.rules import policies as rules
from usage.services import observing, policies
from usage.services.authors import Author
from usage.tests.model.ladders import Ladder, Throttle
from usage.tests.model.ladders import Scope as ModelScope
from usage.tests.model.reading import ladders, rows
from wallets.models import Entry, Overage
from wallets.queries.audit import WALLETS
from wallets.queries.audit_entries import ENTRIES
from wallets.queries.audit_grants import GRANTS
from wallets.services import ledger

SOMEBODY = Author("somebody")


def a_choice(ladder: Ladder | None) -> rules.PolicyChoice | None:
    """The model's policy as the product takes it."""
    if ladder is None:
        return None
    return rules.PolicyChoice(
        ladder.mode,
        ladder.limit,
        notify=ladder.notify,
        throttle=tuple(
            rules.Throttle(each.start, each.measure, each.per_minute) for each in ladder.throttles
        ),
        grace=rules.GracePeriod(ladder.grace_lasts, ladder.grace_tokens) if ladder.has_grace else None,
        limit_percent=ladder.percent,
        limit_money=rules.MoneyLimit(*ladder.money, "USD") if ladder.money else None,
    )


def told_ladder(choice: rules.PolicyChoice) -> Ladder:
    """The product's policy as the model has it."""
    grace, money = choice.grace, choice.limit_money
    return Ladder(
        choice.mode,
        choice.limit,
        choice.notify,
        tuple(Throttle(each.start, each.measure, each.per_minute) for each in choice.throttle),
        grace.lasts if grace else None,
        grace.tokens if grace else None,
        choice.limit_percent,
        (money.amount, money.unit_price) if money else None,
    )


class LaddersOfTokendesk:
    """A part of Tokendesk."""

    accounts: dict[str, UUID]
    debits: dict[UUID, int]

    def share(self, scope: ModelScope, policy: Ladder | None, now: datetime) -> None:
        models: dict[str, tuple[str, Any]] = {
            "feature": ("feature", Feature),
            "product": ("product", Product),
            "rate table": ("table", RateTable),
        }
        kind, code = scope
        named = {}
        if kind in models:
            name, model = models[kind]
            named = {name: model.objects.get(code=code)}
        policies.share(scope=Scope(**named), policy=a_choice(policy), author=SOMEBODY, now=now)

    def observe(self, account: str, now: datetime) -> None:
        observing.observe(account_id=self.accounts[account], now=now)

    def invoice(self, account: str, unit: str, lots: int, now: datetime) -> None:
        """As a final invoice does: settle the oldest lots, and observe the account."""
        who = self.accounts[account]
        ledger.settle(account_id=who, now=now)
        open_ones = Overage.objects.open().filter(account=who, wallet__unit__code=unit)
        oldest = open_ones.order_by("created_at", "pk").values_list("pk", flat=True)[:lots]
        ledger.settle_overage(account_id=who, lot_ids=list(oldest), invoice_id=uuid4(), now=now)
        observing.observe(account_id=who, now=now)

    def is_to_be_observed(self, account: str, now: datetime) -> bool:
        return self.accounts[account] in accounts_to_observe(now)

    def ladders(self, account: str) -> dict[str, Any]:
        """What stands in the books of an account's policies."""
        return ladders(self.accounts[account], self.debits)

    def floors(self) -> dict[int, set[Decimal | None]]:
        """What the entries of each debit were judged by."""
        found: dict[int, set[Decimal | None]] = {}
        rows = Entry.objects.filter(cause_kind="debit", cause_id__in=self.debits)
        for debit, floor in rows.values_list("cause_id", "floor"):
            found.setdefault(self.debits[debit], set()).add(floor)
        return found

    @staticmethod
    def lies() -> dict[str, list[Any]]:
        """What the audit finds wrong with wallets, the ledger, policies and what was judged by them: by check."""
        holds = (each for each in HOLDS if each.promise == Promise.WITHIN_POLICY)
        moved = (each for each in (*GRANTS, *ENTRIES, *REVERSALS) if each.promise == Promise.CONSERVATION)
        checks = (*WALLETS, *moved, *LADDERS, *POLICIES, *holds)
        return {check.name: found for check in checks if (found := rows(check.sql))}
