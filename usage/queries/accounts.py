"""Accounts as callers see them."""

from datetime import datetime
from typing import Any

from usage.models import Terms
from usage.queries.access import facts_of
from usage.queries.moments import database_clock
from usage.queries.policies import ruling_at
from usage.queries.terms import own_terms, scheduled_terms
from usage.rules import policy_words
from usage.rules.access import EVERYTHING, Says
from usage.rules.answers import instant, instant_or_none
from wallets.models import Account
from wallets.queries.accounts import account_named


def account(reference: str) -> dict[str, Any]:
    """The account.

    Raises NotFound.
    """
    return shown(account_named(reference), database_clock())


def shown(row: Account, moment: datetime) -> dict[str, Any]:
    """An account with its present policy, the terms of an instant and those that begin later.

    rate_table: its own; null where it pays by its segment's or the default one. policy: what rules it as a whole.
    entitlements: whether it may use the whole portfolio or what was bought.
    """
    terms, ruling = own_terms(row.pk, moment), ruling_at(row.pk)
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
        "policy": policy_words.shown(ruling.policy, ruling.scope),
        "entitlements": Says(facts_of(row.pk, EVERYTHING), moment).mode,
        "created_at": instant(row.created_at),
    }


def _scheduled(terms: Terms) -> dict[str, Any]:
    return {
        "rate_table": terms.table.code if terms.table else None,
        "segment": terms.segment.code if terms.segment else None,
        "effective_from": instant_or_none(terms.effective_from),
    }
