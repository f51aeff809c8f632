"""Grants as callers see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from config.kernel.amounts import plain, tokens
from config.kernel.errors import NotFound
from usage.queries.moments import database_clock
from usage.rules.answers import instant, instant_or_none
from wallets.models import Grant
from wallets.queries import grants
from wallets.queries.accounts import account_named

Answer = dict[str, Any]


def grant(grant_id: UUID) -> Answer:
    """One grant, as it is now.

    Raises NotFound.
    """
    found = grants.grant_of_id(grant_id)
    if found is None:
        raise NotFound("There is no such grant.")
    return shown(found, database_clock())


def grants_page(reference: str, *, after: str | None, limit: int) -> Sequence[Answer]:
    """At most `limit` grants of the account, the newest first, after the one whose id is given.

    Raises NotFound.
    """
    account = account_named(reference)
    now = database_clock()
    rows = grants.grants_of(account.pk, after=UUID(after) if after else None, limit=limit)
    return [shown(row, now) for row in rows]


def shown(row: Grant, moment: datetime) -> Answer:
    """A grant as it is at `moment`: tokens that have expired count as expired, booked or not."""
    parts = grants.buckets_of(row, moment)
    return {
        "id": str(row.pk),
        "account": row.account.reference,
        "token": row.wallet.unit.code,
        "kind": row.kind,
        "state": parts.state,
        "tokens": tokens(row.tokens),
        "remaining": tokens(parts.remaining),
        "held": tokens(parts.held),
        "spent": tokens(parts.spent),
        "expired": tokens(parts.expired),
        "voided": tokens(parts.voided),
        "effective_at": instant(row.effective_at),
        "expires_at": instant_or_none(row.expires_at),
        "priority": row.priority,
        "features": list(row.features),
        "unit_cost": None if row.unit_cost is None else plain(row.unit_cost),
        "currency": row.currency or None,
        "reason": row.reason or None,
        "external_id": row.external_id,
        "created_at": instant(row.created_at),
    }
