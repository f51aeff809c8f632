"""What a day was compared to come to with a connection: its records, its gaps, and that it was answered for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from billing.models import ComparedDay, ComparedRecord, Connection
from billing.rules.months import last_day
from billing.rules.reconciling import Found, Ours, Theirs
from billing.rules.sales_compared import SALE, Pair, differs, subject_of
from billing.services import gaps
from billing.services.reconciling import reconcile_with
from usage.queries.moments import database_clock

SET = ["here", "there", "currency", "agrees", "compared_at"]
ONE = ["connection", "kind", "name", "month"]


def keep_day(row: Connection, day: date, asked_at: datetime) -> None:
    """Note that a connection has answered for a day all that it was asked from this instant on."""
    ComparedDay.objects.bulk_create(
        [ComparedDay(connection=row, day=day, compared_at=asked_at)],
        update_conflicts=True,
        unique_fields=["connection", "day"],
        update_fields=["compared_at"],
    )


def keep_sales(row: Connection, day: date, pairs: Sequence[Pair]) -> int:
    """Keep how sales compare, and where they differ; answers how many do. Within a transaction.

    A sale is of the first day of a month on which it was compared. What neither has is no record. What agrees again
    does so in every month, as its gaps close.
    """
    month = day.replace(day=1)
    found = differing(row, day, pairs)
    subjects = [subject_of(row.code, SALE, each.name) for each in pairs]
    count = gaps.keep_about(subjects, found, first=month, last=last_day(month))
    apart = {each.subject for each in found}
    gone = [each.name for each in pairs if each.is_of_nobody]
    records = ComparedRecord.objects.filter(connection=row, kind=SALE)
    records.filter(Q(month=month) | Q(agrees=False), name__in=gone).delete()
    now = database_clock()
    _write(
        [
            ComparedRecord(
                connection=row,
                kind=SALE,
                name=each.name,
                month=month,
                day=day,
                here=each.ours,
                there=each.theirs,
                currency=each.currency,
                agrees=subject_of(row.code, SALE, each.name) not in apart,
                compared_at=now,
            )
            for each in pairs
            if not each.is_of_nobody
        ],
        SET,
    )
    alike = [each for each in pairs if subject_of(row.code, SALE, each.name) not in apart]
    _agree(records.filter(agrees=False).exclude(month=month), alike, now)
    return count


def differing(row: Connection, day: date, pairs: Sequence[Pair]) -> list[Found]:
    """The gaps of these sales, as of a day."""
    return [gap for each in pairs if (gap := differs(row.code, each, day)) is not None]


def keep_items(row: Connection, kind: str, day: date, ours: Sequence[Ours], theirs: Sequence[Theirs]) -> int:
    """Keep how messages compare, and where they differ; answers how many do. Within a transaction."""
    count = reconcile_with(system=row.code, first=day, last=day, ours=ours, theirs=theirs, kind=kind)
    here, there = _summed(ours), _summed(theirs)
    records: list[Ours | Theirs] = [*theirs, *ours]
    currencies = {each.external_id: each.currency for each in records}
    other = {each.external_id for each in theirs if each.currency != currencies[each.external_id]}
    ComparedRecord.objects.filter(connection=row, kind=kind, day=day).delete()
    now = database_clock()
    _write(
        [
            ComparedRecord(
                connection=row,
                kind=kind,
                name=name,
                month=day.replace(day=1),
                day=day,
                here=here.get(name),
                there=there.get(name),
                currency=currency,
                agrees=here.get(name) == there.get(name) and name not in other,
                compared_at=now,
            )
            for name, currency in currencies.items()
        ],
        [*SET, "day"],
    )
    return count


def _agree(apart: QuerySet[ComparedRecord], alike: Sequence[Pair], now: datetime) -> None:
    """Let what differed when it was compared last be as it is now that it agrees. apart: those that differed."""
    pairs = {each.name: each for each in alike}
    rows = list(apart.filter(name__in=pairs))
    for each in rows:
        pair = pairs[each.name]
        each.here, each.there, each.currency = pair.ours, pair.theirs, pair.currency
        each.agrees, each.compared_at = True, now
    ComparedRecord.objects.bulk_update(rows, SET)


def _write(rows: Sequence[ComparedRecord], changed: Sequence[str]) -> None:
    ComparedRecord.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=ONE, update_fields=list(changed)
    )


def _summed(records: Sequence[Ours] | Sequence[Theirs]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in records:
        found[each.external_id] = found.get(each.external_id, Decimal(0)) + each.amount
    return found
