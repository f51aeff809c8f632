"""Segments: named price lists of many accounts, moved from table to table as one."""

from __future__ import annotations

from datetime import datetime

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from config.kernel.database import call
from pricing.errors import InstantInThePast, OverlapsInTime, TableBusy
from pricing.models import RateTable
from usage.models import Segment, SegmentTerms
from usage.queries.moments import database_clock
from usage.services import noticing
from usage.services.authors import Author
from usage.services.terms import wait_for_shared_terms


@transaction.atomic
def move_segment(
    *,
    segment: Segment,
    table: RateTable,
    author: Author,
    effective_from: datetime | None = None,
    now: datetime | None = None,
) -> bool:
    """Let all accounts of the segment pay by another table, from now or from a later instant.

    Answers whether that is new. Waits for the debits under way at the prices it leaves. The first table of a segment
    without accounts holds for all the past.

    Raises NoticeTooShort, InstantInThePast, OverlapsInTime, TableBusy, Unavailable.
    """
    outcome = _moved(segment, table, author, effective_from, now)
    if outcome == "past_instant":
        raise InstantInThePast("A segment moves now or later.")
    if outcome == "overlap":
        raise OverlapsInTime("The segment moves at that instant already.")
    if outcome != "set":
        return False
    noticing.tell_of_move(SegmentTerms.objects.filter(segment=segment).latest("recorded_at", "pk"))
    return True


def _moved(
    segment: Segment, table: RateTable, author: Author, effective_from: datetime | None, now: datetime | None
) -> str:
    """Move it in the database, once the debits under way are done; answers the outcome.

    Whether notice is due is asked after the turn is taken: who joins a segment takes it too.
    """
    given = {"segment": segment.pk, "table": table.pk, "at": effective_from, "now": now}
    try:
        wait_for_shared_terms()
        noticing.check_segments([segment], effective_from, now or database_clock())
        told = call(
            "SELECT usage_segment_table_v1(%(segment)s, %(table)s, %(at)s, %(by)s, %(reason)s, %(now)s) AS outcome",
            {**given, "by": author.name, "reason": author.reason},
        )
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise TableBusy("Debits at its present prices are under way; try again.") from fault
        raise
    return str(told.outcome)
