"""A month for finance as lines of CSV, read as they are taken, of all accounts or of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from billing.queries import focus
from billing.rules import focus as by_focus
from billing.rules.months import end_of, start_of
from config.kernel.amounts import plain
from config.kernel.neutral import neutral
from config.kernel.streaming import streamed
from wallets.models import Account, Entry

FOCUS, LEDGER = "focus", "ledger"
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
}


def lines_of(kind: str, month: date, account: Account | None) -> Iterator[str]:
    """The file's lines. kind: focus for charges, ledger for each movement of tokens.

    Raises NoSeller where charges are asked for and nobody has said who sells.
    """
    if kind == LEDGER:
        return _ledger(month, account)
    seller = focus.seller().name
    return by_focus.as_csv(focus.charges_of(month, account), month, seller)


def _ledger(month: date, account: Account | None) -> Iterator[str]:
    entries = Entry.objects.filter(recorded_at__gte=start_of(month), recorded_at__lt=end_of(month))
    if account is not None:
        entries = entries.filter(account=account)
    rows = entries.order_by("account__reference", "wallet", "number").values_list(*LEDGER_COLUMNS.values())
    yield by_focus.line(LEDGER_COLUMNS)
    for row in streamed(rows):
        yield by_focus.line(_written(cell) for cell in row)


def _written(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return plain(cell)
    return cell.isoformat() if hasattr(cell, "isoformat") else neutral(str(cell))
