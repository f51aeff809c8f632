"""The figures of an account that alerts look at, and no more of them than they need."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from billing.queries import account_page
from billing.queries.account_usage import unknown, usage_of
from billing.rules.alerts import BUDGET, EXPIRY, RUNS_OUT, AccountFacts, BudgetUsed, Ending
from usage.queries.limits_shown import budgets_of
from wallets.models import Account, Grant
from wallets.queries.balances import holding_now

MOST_VALUES = 100


def facts_of(account: Account, kinds: Collection[str], now: datetime) -> AccountFacts:
    """As they are now, in the unit that the account's page shows first. kinds: of the alerts that look."""
    unit, wallet = account_page.unit_and_wallet(account)
    available = holding_now(account.pk, unit.pk).available
    use = usage_of(account.pk, unit.pk, now) if RUNS_OUT in kinds else unknown(now)
    return AccountFacts(
        unit=unit.code,
        available=available,
        stocked=wallet.stocked if wallet else None,
        a_day=use.a_day,
        runs_out_at=use.runs_out(available, now).at,
        budgets=list(_budgets(account, now)) if BUDGET in kinds else [],
        endings=list(_endings(account, unit.pk, now)) if EXPIRY in kinds else [],
    )


def _budgets(account: Account, now: datetime) -> Iterator[BudgetUsed]:
    for budget in budgets_of(account.pk, now, most=MOST_VALUES):
        for value in budget.values:
            if value.limit:
                whose = f" for {budget.per} {value.value or 'unknown'}" if budget.per else ""
                yield BudgetUsed(
                    f"{budget.code}|{value.value}|{budget.starts_on or ''}",
                    f"{budget.code}{whose}",
                    value.spent + value.held,
                    value.limit,
                )


def _endings(account: Account, unit_id: int, now: datetime) -> Iterator[Ending]:
    rows = Grant.objects.in_force(now).filter(account=account, wallet__unit=unit_id, is_open=True)
    for row in rows.exclude(expires_at=None).order_by("expires_at", "pk"):
        assert row.expires_at is not None
        yield Ending(f"{row.pk}|{row.expires_at.timestamp():.0f}", row.kind, row.remaining, row.expires_at)
