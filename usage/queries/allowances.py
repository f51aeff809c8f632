"""What was said of an account's allowances."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from usage.models import Allowance
from usage.rules.ruling import AllowanceFact


def facts_of(account_id: UUID, pattern: str) -> Sequence[AllowanceFact]:
    """All that a pattern ever included, in order of starts and recording."""
    rows = Allowance.objects.filter(account_id=account_id, pattern=pattern)
    names = ("pattern", "units", "period", "anchor", "carries", "effective_from", "effective_until")
    ordered = rows.order_by("effective_from", "recorded_at", "id")
    return [AllowanceFact(*row) for row in ordered.values_list(*names)]
