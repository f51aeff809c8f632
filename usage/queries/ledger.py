"""The ledger as callers see it."""

from collections.abc import Sequence
from typing import Any

from config.kernel.amounts import tokens
from usage.rules.answers import instant
from wallets.models import Entry
from wallets.queries.accounts import account_named
from wallets.queries.entries import entries_of
from wallets.queries.units import unit_named


def ledger_page(
    reference: str, *, token: str | None = None, after: str | None, limit: int
) -> Sequence[dict[str, Any]]:
    """At most `limit` movements of the account in a token unit, the newest first, after the number given.

    Raises NotFound, UnitMissing.
    """
    account, unit = account_named(reference), unit_named(token, "token")
    rows = entries_of(account.pk, unit.pk, below=int(after) if after else None, limit=limit)
    return [_shown(row) for row in rows]


def _shown(row: Entry) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "tokens": tokens(row.amount),
        "balance_before": tokens(row.balance_before),
        "balance_after": tokens(row.balance_after),
        "overage_after": tokens(row.overage_after),
        "grant": str(row.grant_id) if row.grant_id else None,
        "cause": row.cause_kind,
        "cause_id": str(row.cause_id),
        "recorded_at": instant(row.recorded_at),
    }
