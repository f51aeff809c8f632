"""Transfers, read back from the entries they made."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.amounts import tokens
from usage.rules.answers import instant
from wallets.models import Account, Entry, TokenUnit
from wallets.queries.balances import holding_now


def transferred(
    from_id: UUID, to_id: UUID, transfer_id: UUID, unit: TokenUnit, amount: Decimal, moment: datetime
) -> dict[str, Any]:
    """A transfer as callers see it: the grants it took from beside those it made, and what the source has left."""
    rows = Entry.objects.filter(account_id__in=[from_id, to_id], cause_id=transfer_id).order_by("number")
    taken = [row for row in rows if row.kind == Entry.Kind.TRANSFER_OUT]
    given = [row for row in rows if row.kind == Entry.Kind.TRANSFER_IN]
    references = dict(Account.objects.filter(pk__in=[from_id, to_id]).values_list("pk", "reference"))
    left = holding_now(from_id, unit.pk, moment)
    return {
        "id": str(transfer_id),
        "account": references[from_id],
        "to": references[to_id],
        "token": unit.code,
        "tokens": tokens(amount),
        "moved": [
            {"grant": str(source.grant_id), "to_grant": str(target.grant_id), "tokens": tokens(source.amount)}
            for source, target in zip(taken, given, strict=True)
        ],
        "balance": {
            "available": tokens(left.available),
            "held": tokens(left.held),
            "overage": tokens(left.overage),
        },
        "recorded_at": instant(moment),
    }
