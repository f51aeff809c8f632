"""The rows that a month's journal is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from billing.models import BilledMonth, GrantMonth, JournalAccount, RevenueMonth
from billing.rules.journal import Billed, LedgerAccount, Moved
from config.kernel.streaming import one_state, streamed
from pricing.models import Product
from usage.queries.moments import database_clock


def accounts() -> dict[str, LedgerAccount]:
    """The accounts of the general ledger, by role."""
    return {row.role: LedgerAccount(row.code, row.name) for row in JournalAccount.objects.all()}


def currencies_of(month: date) -> list[str]:
    """The currencies that a month moved something in; none of a month that is still to come."""
    if month > database_clock().date():
        return []
    found = {
        currency
        for model in (RevenueMonth, BilledMonth)
        for currency in model.objects.filter(month=month)
        .order_by()
        .values_list("currency", flat=True)
        .distinct()
    }
    return sorted(found)


def moved_in(month: date, currency: str, most: int | None = None) -> Iterator[Moved | Billed]:
    """What the month moved of each grant, then of each fee and line of overage, read a thousand rows at a time.

    most: rows of either; None is all.
    """
    products = dict(Product.objects.values_list("pk", "code"))
    rows = (
        GrantMonth.objects.filter(month=month, currency=currency)
        .order_by("pk")
        .values_list(
            *("account__reference", "grant_id", "kind", "product_id"),
            *("paid", "received", "recognised", "breakage", "refunded", "transferred"),
        )[:most]
    )
    with one_state():
        for customer, grant, kind, product, *sums in streamed(rows):
            yield Moved(customer, str(grant), kind, products.get(product, ""), *sums)
        yield from _billed_in(month, currency, products, most)


def _billed_in(month: date, currency: str, products: dict[int, str], most: int | None) -> Iterator[Billed]:
    rows = (
        BilledMonth.objects.filter(month=month, currency=currency)
        .order_by("pk")
        .values_list(
            *("account__reference", "charge", "line", "credit__note", "kind", "product_id"),
            *("charge__description", "line__description", "credit__line__description", "billed", "earned"),
        )[:most]
    )
    for customer, charge, line, note, kind, product, *told, billed, earned in streamed(rows):
        said = next((each for each in told if each), "")
        yield Billed(
            customer, str(charge or line or note), kind, products.get(product, ""), said, billed, earned
        )
