"""What accounts pay by, at any instant: dated facts."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from pricing.models import RateTable
from usage.models import DefaultTerms, Segment, SegmentTerms, Terms


def own_terms(account_id: UUID, moment: datetime) -> Terms | None:
    """The terms of the account's own that hold for usage of this instant, with their table and segment."""
    rows = Terms.objects.filter(account_id=account_id).select_related("table", "segment")
    return rows.at(moment).first()


def scheduled_terms(account_id: UUID, moment: datetime) -> list[Terms]:
    """The terms of the account's own that begin after this instant, the next first."""
    rows = Terms.objects.filter(account_id=account_id).select_related("table", "segment")
    return list(rows.scheduled(moment))


def default_table(moment: datetime) -> RateTable | None:
    """The table that accounts without terms of their own pay by for usage of this instant."""
    rows = DefaultTerms.objects.filter(Q(effective_from=None) | Q(effective_from__lte=moment))
    ordered = rows.order_by(F("effective_from").desc(nulls_last=True), "-recorded_at", "-id")
    latest = ordered.select_related("table").first()
    return latest.table if latest else None


def members_of(segment: Segment, moment: datetime) -> QuerySet[Terms]:
    """The terms by which accounts are in the segment at this instant, by account."""
    held = Terms.objects.filter(account=OuterRef("account")).at(moment).values("pk")[:1]
    rows = Terms.objects.filter(segment=segment, pk=Subquery(held))
    return rows.select_related("account").order_by("account__reference")


def joining(segment: Segment, moment: datetime) -> QuerySet[Terms]:
    """The terms by which accounts are to be in the segment from a later instant on, the next first."""
    rows = Terms.objects.filter(segment=segment).select_related("account")
    return rows.scheduled(moment).order_by("effective_from", "account__reference")


def segments_paying_by(table_id: int, moment: datetime) -> list[Segment]:
    """The segments that pay by the table for usage of this instant or of a later one."""
    now = [each for each in Segment.objects.all() if _table_id(each.pk, moment) == table_id]
    ahead = Segment.objects.filter(terms__table_id=table_id, terms__effective_from__gt=moment).distinct()
    return [*now, *(each for each in ahead if each not in now)]


def _table_id(segment_id: int, moment: datetime) -> int | None:
    table = segment_table(segment_id, moment) or default_table(moment)
    return table.pk if table else None


def segment_table(segment_id: int, moment: datetime) -> RateTable | None:
    """The table that the segment pays by for usage of this instant; None: by the default one."""
    rows = SegmentTerms.objects.filter(
        Q(effective_from=None) | Q(effective_from__lte=moment), segment_id=segment_id
    )
    ordered = rows.order_by(F("effective_from").desc(nulls_last=True), "-recorded_at", "-id")
    latest = ordered.select_related("table").first()
    return latest.table if latest else None


def table_at(account_id: UUID | None, moment: datetime) -> RateTable | None:
    """The table that prices the account's usage of this instant: its own, its segment's or the default one.

    Without an account the default one.
    """
    own = own_terms(account_id, moment) if account_id is not None else None
    if own is not None and own.table is not None:
        return own.table
    shared = segment_table(own.segment_id, moment) if own is not None and own.segment_id else None
    return shared or default_table(moment)
