"""What was said of an account's access."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from usage.models import Access
from usage.rules.access import AccessFact


def facts_of(account_id: UUID, pattern: str | None = None) -> Sequence[AccessFact]:
    """All that was ever said, or that of one pattern, in order of starts and recording."""
    rows = Access.objects.filter(account_id=account_id).order_by("effective_from", "recorded_at", "id")
    if pattern is not None:
        rows = rows.filter(pattern=pattern)
    names = ("pattern", "kind", "effective_from", "effective_until", "debit_id")
    return [AccessFact(*row) for row in rows.values_list(*names)]
