"""The rows that a month's journal is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from billing.models import GrantMonth, JournalAccount, RevenueMonth
from billing.rules.journal import LedgerAccount, Moved
from pricing.models import Product

ROWS_AT_ONCE = 1000


def accounts() -> dict[str, LedgerAccount]:
    """The accounts of the general ledger, by role."""
    return {row.role: LedgerAccount(row.code, row.name) for row in JournalAccount.objects.all()}


def currencies_of(month: date) -> list[str]:
    """The currencies that a month moved something in."""
    rows = RevenueMonth.objects.filter(month=month).order_by("currency")
    return list(rows.values_list("currency", flat=True).distinct())


def moved_in(month: date, currency: str, most: int | None = None) -> Iterator[Moved]:
    """What the month moved of each grant, read a thousand rows at a time. most: rows, None is all."""
    products = dict(Product.objects.values_list("pk", "code"))
    rows = (
        GrantMonth.objects.filter(month=month, currency=currency)
        .order_by("pk")
        .values_list(
            *("account__reference", "grant_id", "kind", "product_id"),
            *("paid", "received", "recognised", "breakage", "refunded", "transferred"),
        )[:most]
    )
    for customer, grant, kind, product, *sums in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield Moved(customer, str(grant), kind, products.get(product, ""), *sums)
