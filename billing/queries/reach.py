"""Which accounts pay by which rate table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery

from usage.models import DefaultTerms, Terms
from wallets.models import Account


@dataclass(frozen=True)
class Reach:
    """Open accounts by the table they pay by at a moment, and the table of those without terms of their own."""

    default_table_id: int | None
    accounts: Mapping[int, int]
    without_table: int

    def of(self, table_id: int) -> int:
        return self.accounts.get(table_id, 0)


def reach(moment: datetime) -> Reach:
    """Count the open accounts of every rate table."""
    default = default_table(moment)
    counted: Counter[int | None] = Counter()
    for table_id, count in _by_own_terms(moment):
        counted[table_id if table_id is not None else default] += count
    without = counted.pop(None, 0)
    return Reach(default, {table: count for table, count in counted.items() if table is not None}, without)


def default_table(moment: datetime) -> int | None:
    """The table of accounts without terms of their own."""
    begun = DefaultTerms.objects.filter(effective_from__lte=moment).order_by(
        "-effective_from", "-recorded_at", "-pk"
    )
    always = DefaultTerms.objects.filter(effective_from=None).order_by("-recorded_at", "-pk")
    found = begun.first() or always.first()
    return found.table_id if found else None


def _by_own_terms(moment: datetime) -> list[tuple[int | None, int]]:
    own = Terms.objects.filter(account=OuterRef("pk")).at(moment).values("table_id")[:1]
    accounts = Account.objects.open().order_by().annotate(own_table=Subquery(own))
    return [(row["own_table"], row["n"]) for row in accounts.values("own_table").annotate(n=Count("pk"))]
