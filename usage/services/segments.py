"""Segments: named price lists of many accounts, moved from table to table as one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import LockNotAvailable, UniqueViolation

from config.kernel.database import call
from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed
from pricing.errors import CodeTaken, InstantInThePast, OverlapsInTime, TableBusy
from pricing.models import RateTable
from pricing.models.product import CODE_WORDING
from pricing.rules.rows import CODE
from usage.models import Segment, SegmentTerms
from usage.queries.moments import database_clock
from usage.services import noticing
from usage.services.authors import Author
from usage.services.terms import wait_for_shared_terms


@transaction.atomic
def create_segment(
    *, code: str, name: str = "", notice_days: int = 0, user: User | None = None, reason: str = ""
) -> Segment:
    """Add a segment; its name defaults to its code. Until it is given a table its accounts pay by the default one.

    Raises InvalidRequest, CodeTaken.
    """
    if not CODE.fullmatch(code):
        raise InvalidRequest.at("/code", CODE_WORDING)
    segment = Segment(code=code, name=name or code, notice_days=notice_days)
    try:
        with transaction.atomic():
            signed(segment, user, reason).save(force_insert=True)
    except IntegrityError as fault:
        if isinstance(fault.__cause__, UniqueViolation):
            raise CodeTaken(f"There is a segment {code} already.") from fault
        raise
    return segment


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
