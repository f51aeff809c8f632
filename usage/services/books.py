"""Closing the books: what is pushed down by whoever keeps them. Nothing that usage does by itself is refused by it."""

from __future__ import annotations

from datetime import datetime

from usage.errors import PeriodClosed
from usage.models import BooksClosed
from usage.queries.books import closed_until
from usage.queries.moments import database_clock


def close_books(*, until: datetime, by: str) -> None:
    """Let the books be closed up to this instant; an earlier one opens what lies after it again."""
    BooksClosed.objects.create(until_at=until, said_by=by, recorded_at=database_clock())


def require_open(moment: datetime, what: str) -> None:
    """See that a hand-made entry is dated into books that are open. what: begins the sentence of the refusal.

    Raises PeriodClosed.
    """
    until = closed_until()
    if until is not None and moment < until:
        raise PeriodClosed(f"{what} {moment:%-d %B %Y}, and the books are closed up to {until:%-d %B %Y}.")
