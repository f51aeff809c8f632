"""Notice of price changes: how early a segment's accounts are due it, and who is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.kernel.errors import FieldError
from pricing.models import Version
from pricing.queries.versions import version_in_force
from usage.errors import NoticeTooShort
from usage.models import PriceNotice, Segment, SegmentTerms
from usage.queries.moments import database_clock
from usage.queries.terms import members_of, segments_paying_by


def check_notice(*, table_id: int, effective_from: datetime | None, moment: datetime) -> None:
    """Refuse to change a table's prices sooner than the segments that pay by it are due notice.

    effective_from: None is now. The first prices of a table change nothing for anybody.

    Raises NoticeTooShort.
    """
    if version_in_force(table_id, moment) is not None:
        check_segments(segments_paying_by(table_id, effective_from or moment), effective_from, moment)


def check_segments(segments: Sequence[Segment], effective_from: datetime | None, moment: datetime) -> None:
    """Refuse a change for these segments that begins before their notice is over. Those without accounts are due none.

    Raises NoticeTooShort.
    """
    due = [each for each in segments if each.notice_days and members_of(each).exists()]
    for segment in sorted(due, key=lambda each: -each.notice_days)[:1]:
        earliest = moment + timedelta(days=segment.notice_days)
        if effective_from is None or effective_from < earliest:
            detail = (
                f"{segment} is given {segment.notice_days} days of notice: not before {earliest.isoformat()}."
            )
            raise NoticeTooShort(detail, errors=[FieldError("/effective_from", detail)])


def tell_of_version(version: Version) -> int:
    """Queue a notice for each account of the segments that are due one of this published version. Answers how many."""
    assert version.effective_from is not None
    segments = segments_paying_by(version.table_id, version.effective_from)
    return _tell(segments, version.effective_from, version=version)


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
    moment = database_clock()
    told = [
        PriceNotice(
            account_id=member.account_id,
            version=version,
            segment_terms=segment_terms,
            effective_from=effective_from,
            recorded_at=moment,
        )
        for segment in segments
        if segment.notice_days
        for member in members_of(segment)
    ]
    PriceNotice.objects.bulk_create(told, batch_size=2_000)
    return len(told)
