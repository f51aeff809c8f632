"""Entries of the ledger, the newest first."""

from collections.abc import Sequence
from uuid import UUID

from wallets.models import Entry, Wallet

LEDGER_COLUMNS = {
    "recorded_at": "recorded_at",
    "account": "account__reference",
    "token": "wallet__unit__code",
    "number": "number",
    "kind": "kind",
    "amount": "amount",
    "balance_before": "balance_before",
    "balance_after": "balance_after",
    "overage_after": "overage_after",
    "grant": "grant_id",
    "grant_kind": "grant__kind",
    "cause_kind": "cause_kind",
    "cause": "cause_id",
    "corrects": "corrects_id",
    "id": "id",
}
"""Heads of a file of movements, and the paths of the fields below them."""


def entries_of(account_id: UUID, unit_id: int, *, below: int | None, limit: int) -> Sequence[Entry]:
    """At most `limit` movements of the account's wallet in this unit, those numbered below `below`."""
    wallet = Wallet.objects.filter(account_id=account_id, unit_id=unit_id).first()
    if wallet is None:
        return []
    rows = Entry.objects.filter(account_id=account_id, wallet_id=wallet.pk)
    if below is not None:
        rows = rows.filter(number__lt=below)
    return list(rows.newest_first()[:limit])
