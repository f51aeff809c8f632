"""What people edit of an account, as the page shows it and as the service compares it."""

from __future__ import annotations

from typing import Any

from wallets.models import Account


def own_fields(account: Account) -> dict[str, Any]:
    """The account's own description; its parent by reference, none is empty."""
    return {
        "name": account.name,
        "time_zone": account.time_zone,
        "parent": account.parent.reference if account.parent else "",
        "external_ids": account.external_ids,
    }
