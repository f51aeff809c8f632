"""Accounts as callers see them."""

from datetime import datetime
from typing import Any

from config.kernel.amounts import tokens
from usage.models import Terms
from usage.queries.moments import database_clock
from usage.queries.terms import own_terms, policy_at, scheduled_terms
from usage.rules.answers import instant, instant_or_none
from usage.rules.enrolment import PolicyChoice
from wallets.models import Account
from wallets.queries.accounts import account_named


def account(reference: str) -> dict[str, Any]:
    """The account.

    Raises NotFound.
    """
    return shown(account_named(reference), database_clock())


def shown(row: Account, moment: datetime) -> dict[str, Any]:
    """An account with its present policy, the terms of an instant and those that begin later.

    rate_table: its own; null where it pays by its segment's or the default one.
    """
    terms = own_terms(row.pk, moment)
    return {
        "account": row.reference,
        "name": row.name,
        "state": row.state,
        "rate_table": terms.table.code if terms and terms.table else None,
        "segment": terms.segment.code if terms and terms.segment else None,
        "scheduled": [_scheduled(each) for each in scheduled_terms(row.pk, moment)],
        "time_zone": row.time_zone,
        "parent": row.parent.reference if row.parent else None,
        "external_ids": dict(row.external_ids),
        "policy": policy_shown(policy_at(row.pk)),
        "created_at": instant(row.created_at),
    }


def _scheduled(terms: Terms) -> dict[str, Any]:
    return {
        "rate_table": terms.table.code if terms.table else None,
        "segment": terms.segment.code if terms.segment else None,
        "effective_from": instant_or_none(terms.effective_from),
    }


def policy_shown(policy: PolicyChoice) -> dict[str, Any]:
    """A policy as it is sent: a block has no limit, overage without limit has a null one."""
    if policy.mode == "block":
        return {"mode": "block"}
    return {"mode": policy.mode, "limit": None if policy.limit is None else tokens(policy.limit)}
