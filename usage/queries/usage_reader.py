"""What charts and lists ask about usage, whoever keeps the sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from usage.queries.rolled_usage import RolledUsage
from usage.rules.usage_asked import AdoptionWeek, Portion, Reach, UsageQuestion, UsageRow


class UsageReader(Protocol):
    """Answers questions about usage. Another store of columns may answer them one day; no page knows which.

    keys: of a group, in the order of the question's groups. One reader lasts as long as a page or a call.
    """

    def rows(
        self, question: UsageQuestion, *, limit: int | None = None, after: Sequence[Any] | None = None
    ) -> Sequence[UsageRow]:
        """Sums by group, in the order of the groups' keys; without groups one row. Groups of nothing are left out.

        limit: how many. after: the keys of the row to go on after, as it told them or as text.

        Raises HoursForgotten.
        """
        ...

    def most(self, question: UsageQuestion, limit: int | None = None) -> Sequence[UsageRow]:
        """As `rows`, the groups that took the most tokens first.

        Raises HoursForgotten.
        """
        ...

    def reach(self, question: UsageQuestion, limit: int) -> Reach:
        """How many accounts used what each group is of, and the so many that took the most tokens, of all groups.

        The question has one group. A group that no account used is left out.

        Raises HoursForgotten.
        """
        ...

    def first_days(self, question: UsageQuestion) -> Mapping[tuple[Any, ...], date]:
        """The first day of UTC on which each group was used."""
        ...

    def adoption(self, question: UsageQuestion) -> Sequence[AdoptionWeek]:
        """The accounts that used what is asked of, by weeks since the day of UTC with which the question begins.

        Weeks in which nobody used it are left out. The question has no groups.
        """
        ...

    def shared(
        self, question: UsageQuestion, portions: Sequence[Portion]
    ) -> Mapping[tuple[Any, ...], Decimal]:
        """What each group has of the portions: each is shared out over the tokens recorded in its month, by tokens.

        The question is by when usage was recorded. A portion of a month without tokens goes to nobody; of a month that
        the question's time cuts, it goes in part.
        """
        ...


def usage_reader() -> UsageReader:
    """The one that answers."""
    return RolledUsage()
