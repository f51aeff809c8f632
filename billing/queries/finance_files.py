"""A month for finance as lines of CSV, read as they are taken, of all accounts or of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from billing.queries import focus
from billing.rules import focus as by_focus
from billing.rules.months import end_of, start_of
from config.kernel.csv_lines import as_csv
from config.kernel.streaming import streamed
from wallets.models import Account, Entry
from wallets.queries.entries import LEDGER_COLUMNS

FOCUS, LEDGER = "focus", "ledger"


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
    return as_csv(LEDGER_COLUMNS, streamed(rows))
