"""Notice of price changes: how early a segment's accounts are due it, and who is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from config.kernel.errors import FieldError
from pricing.models import Version
from pricing.queries.versions import version_before
from usage.errors import NoticeTooShort
from usage.models import Segment, SegmentTerms
from usage.queries.terms import joining, members_of, segments_paying_by


def announce(version: Version) -> int:
    """Queue a notice of a version, published a moment ago, for each account of the segments that are due one.

    A version that begins before their notice is over is refused, but for the first prices of a table: these change
    nothing for anybody. Answers how many are told. Segments are found once: debits of the table wait meanwhile.

    Raises NoticeTooShort.
    """
    assert version.effective_from is not None
    assert version.published_at is not None
    segments = segments_paying_by(version.table_id, version.effective_from)
    if version_before(version) is not None:
        check_segments(segments, version.effective_from, version.published_at)
    return _tell(segments, version.effective_from, version=version)


def check_segments(segments: Sequence[Segment], effective_from: datetime | None, moment: datetime) -> None:
    """Refuse a change for these segments that begins before their notice is over.

    Those without accounts are due none: nobody is in them when it begins, and nobody is to come later.

    Raises NoticeTooShort.
    """
    begins = effective_from or moment
    due = [each for each in segments if each.notice_days and _has_accounts(each, begins)]
    for segment in sorted(due, key=lambda each: -each.notice_days)[:1]:
        earliest = moment + timedelta(days=segment.notice_days)
        if effective_from is None or effective_from < earliest:
            minute = (earliest + timedelta(minutes=1)).astimezone(UTC)
            why = f"{segment} is given {segment.notice_days} days of notice"
            detail = f"{why}: not before {minute:%-d %b %Y %H:%M} UTC."
            raise NoticeTooShort(detail, errors=[FieldError("/effective_from", detail)])


def _has_accounts(segment: Segment, moment: datetime) -> bool:
    """Whether anybody is in the segment at this instant or is to come later."""
    return members_of(segment, moment).exists() or joining(segment, moment).exists()


def tell_of_move(moved: SegmentTerms) -> int:
    """Queue a notice for each account of a segment that is due one of its move. Answers how many."""
    return _tell([moved.segment], moved.effective_from or moved.recorded_at, segment_terms=moved)


def _tell(
    segments: Sequence[Segment],
    effective_from: datetime,
    *,
    version: Version | None = None,
    segment_terms: SegmentTerms | None = None,
) -> int:
    """One statement: debits of the table wait until the change is committed."""
    due = [each.pk for each in segments if each.notice_days]
    if not due:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTICES,
            {
                "version": version.pk if version else None,
                "segment_terms": segment_terms.pk if segment_terms else None,
                "at": effective_from,
                "segments": due,
            },
        )
        told: int = cursor.rowcount
        return told


# To whoever is in the segments when the change begins, or is to come later.
_NOTICES = """
    INSERT INTO usage_pricenotice (account_id, version_id, segment_terms_id, effective_from, recorded_at)
    WITH lasting AS (
        SELECT * FROM usage_terms AS t WHERE NOT EXISTS (
            SELECT FROM usage_termswithdrawal AS w WHERE w.account_id = t.account_id AND w.terms_id = t.id)
    ), held AS (
        SELECT DISTINCT ON (account_id) account_id, segment_id FROM lasting
        WHERE effective_from IS NULL OR effective_from <= %(at)s
        ORDER BY account_id, effective_from DESC NULLS LAST, recorded_at DESC, id DESC
    )
    SELECT member.account_id, %(version)s, %(segment_terms)s, %(at)s, clock_timestamp()
    FROM (SELECT account_id FROM held WHERE segment_id = ANY (%(segments)s)
          UNION SELECT account_id FROM lasting WHERE effective_from > %(at)s AND segment_id = ANY (%(segments)s)
    ) AS member
"""
