"""Which accounts pay by which rate table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery

from usage.models import DefaultTerms, SegmentTerms, Terms
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
    segments = _tables_of_segments(moment)
    counted: Counter[int | None] = Counter()
    for table_id, segment_id, count in _by_own_terms(moment):
        shared = segments.get(segment_id) if segment_id is not None else None
        counted[table_id or shared or default] += count
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


def _tables_of_segments(moment: datetime) -> dict[int, int]:
    """The table that each segment pays by, where it has one."""
    begun = SegmentTerms.objects.filter(Q(effective_from=None) | Q(effective_from__lte=moment))
    rows = begun.order_by(F("effective_from").asc(nulls_first=True), "recorded_at", "pk")
    return dict(rows.values_list("segment_id", "table_id"))


def _by_own_terms(moment: datetime) -> list[tuple[int | None, int | None, int]]:
    own = Terms.objects.filter(account=OuterRef("pk")).at(moment)
    accounts: Any = Account.objects.open().order_by()
    accounts = accounts.annotate(
        own_table=Subquery(own.values("table_id")[:1]), own_segment=Subquery(own.values("segment_id")[:1])
    )
    rows = accounts.values("own_table", "own_segment").annotate(n=Count("pk"))
    return [(row["own_table"], row["own_segment"], row["n"]) for row in rows]
