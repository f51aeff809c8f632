"""What charts and lists ask about usage, whoever keeps the sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from usage.queries.rolled_usage import RolledUsage
from usage.rules.usage_asked import UsageQuestion, UsageRow


class UsageReader(Protocol):
    """Answers questions about usage. Another store of columns may answer them one day; no page knows which."""

    def rows(
        self, question: UsageQuestion, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[UsageRow]:
        """Sums by group, in the order of the groups' keys; without groups one row. Groups of nothing are left out.

        limit, offset: of the rows that are wanted.

        Raises HoursForgotten.
        """
        ...


def usage_reader() -> UsageReader:
    """The one that answers."""
    return RolledUsage()
