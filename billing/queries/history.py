"""Everything that people and programs decided about an account, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from billing.models import AccountBilling, OrderVersion, Trial
from billing.queries.account_terms import pays_by
from billing.queries.buyers_said import buyers_said
from billing.queries.limits_said import limits_said
from billing.queries.top_ups_shown import rules_said
from config.kernel.amounts import plain
from usage.models import Policy, Terms, TermsWithdrawal
from usage.queries.rulings import rungs_of
from wallets.models import Account, ExpiryChange

FACTS_SHOWN = 100
FIELDS = {"name", "state", "time_zone", "external_ids", "parent"}


@dataclass(frozen=True)
class Fact:
    """One decision: when, by whom, what, why."""

    at: datetime
    by: str
    what: str
    why: str


def last_editor(account: Account, field: str) -> str:
    """Who gave a field of the account its present value; empty where no person did."""
    attribute = _attribute(field)
    for record, before in pairwise([*reversed(_records(account)), None]):
        if before is None or getattr(before, attribute) != getattr(record, attribute):
            return str(record.history_user or "")
    return ""


def of_account(account: Account) -> list[Fact]:
    """Changes of the account's fields, policies, terms, limits and top-ups, what was taken back, and orders."""
    facts = [
        *_edits(account),
        *_policies(account),
        *_terms(account),
        *_withdrawals(account),
        *_expiries(account),
        *_orders(account),
        *(Fact(*each) for each in limits_said(account.pk, FACTS_SHOWN)),
        *(Fact(*each) for each in rules_said(account, FACTS_SHOWN)),
        *(Fact(*each) for each in buyers_said(account, FACTS_SHOWN)),
        *_billing(account),
        *_revocations(account),
    ]
    return sorted(facts, key=lambda fact: fact.at, reverse=True)[:FACTS_SHOWN]


def _billing(account: Account) -> list[Fact]:
    rows = AccountBilling.history.filter(customer=account.pk).select_related("history_user")
    return [
        Fact(
            row.history_date,
            str(row.history_user or ""),
            f"Orders billed {row.get_billing_display().lower()}",
            row.history_change_reason or "",
        )
        for row in rows
    ]


def _revocations(account: Account) -> list[Fact]:
    rows = Trial.objects.filter(customer=account, revoked_at__isnull=False).select_related("offer")
    return [
        Fact(row.revoked_at, row.revoked_by, f"Trial {row.offer} revoked", row.revoked_for)  # type: ignore[arg-type]
        for row in rows.order_by("-pk")[:FACTS_SHOWN]
    ]


def _orders(account: Account) -> list[Fact]:
    rows = OrderVersion.objects.filter(account=account).select_related("order").prefetch_related("lines")
    return [
        Fact(
            row.recorded_at,
            row.placed_by,
            f"Order {row.order}, version {row.number}: {_ordered(row)}",
            row.reason,
        )
        for row in rows.order_by("-pk")[:FACTS_SHOWN]
    ]


def _ordered(version: OrderVersion) -> str:
    if version.state == OrderVersion.State.CANCELLED:
        return "cancelled"
    lines = sorted(version.lines.all(), key=lambda line: line.position)
    return ", ".join(f"{plain(line.quantity)} × {line.sku}" for line in lines)


def _edits(account: Account) -> list[Fact]:
    facts = []
    for before, record in pairwise([None, *_records(account)]):
        what = "Opened" if before is None else _changes(before, record)
        if what:
            facts.append(
                Fact(
                    record.history_date,
                    str(record.history_user or ""),
                    what,
                    record.history_change_reason or "",
                )
            )
    return facts


def _records(account: Account) -> list[Any]:
    """The account's row after each change, oldest first."""
    return list(account.history.select_related("history_user").order_by("history_date", "history_id"))


def _changes(before: Any, after: Any) -> str:
    said = []
    for name in sorted(FIELDS):
        old, new = getattr(before, _attribute(name)), getattr(after, _attribute(name))
        if old != new:
            said.append(f"{name.replace('_', ' ')}: {word_of(old)} → {word_of(new)}")
    return "; ".join(said)


def _attribute(field: str) -> str:
    """Where history keeps a field."""
    return "parent_id" if field == "parent" else field


def word_of(value: object) -> str:
    """A field's value in words."""
    if isinstance(value, dict):
        return ", ".join(f"{system} {reference}" for system, reference in sorted(value.items())) or "none"
    return str(value) if value not in (None, "") else "none"


def _policies(account: Account) -> list[Fact]:
    rows = Policy.objects.filter(account=account).prefetch_related("steps")
    return [Fact(row.recorded_at, row.set_by, f"Policy: {_rungs(row)}", row.reason) for row in rows]


def _rungs(row: Policy) -> str:
    """All that the policy says; how far below zero it lets the account go stands last."""
    return "; ".join(rungs_of(row)) or str(row)


def _terms(account: Account) -> list[Fact]:
    rows = Terms.objects.filter(account=account).select_related("table", "segment")
    return [
        Fact(row.recorded_at, row.set_by, f"Rate table: {pays_by(row)}, {_since(row)}", row.reason)
        for row in rows
    ]


def _withdrawals(account: Account) -> list[Fact]:
    rows = TermsWithdrawal.objects.filter(account=account)
    return [
        Fact(
            row.withdrawn_at,
            row.withdrawn_by,
            f"Rate table withdrawn: {pays_by(row.terms)}, {_since(row.terms)}",
            row.reason,
        )
        for row in rows.select_related("terms__table", "terms__segment")
    ]


def _expiries(account: Account) -> list[Fact]:
    rows = ExpiryChange.objects.filter(account=account).select_related("grant").order_by("-pk")
    return [
        Fact(
            row.recorded_at,
            row.changed_by,
            f"Expiry of a {row.grant} moved from {_end(row.expires_before)} to {_end(row.expires_after)}",
            row.reason,
        )
        for row in rows[:FACTS_SHOWN]
    ]


def _end(moment: datetime | None) -> str:
    return f"{moment:%-d %b %Y %H:%M} UTC" if moment else "never"


def _since(row: Terms) -> str:
    if row.effective_from is None:
        return "for all usage"
    said = f"for usage from {row.effective_from:%-d %b %Y %H:%M} UTC"
    return said if row.effective_from == row.recorded_at else f"scheduled {said}"
