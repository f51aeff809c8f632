"""What pages show of outside systems beside ours: what a month or a day came to with each, and who has answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from billing.models import ComparedDay, ComparedRecord, ComparisonTurn, Connection
from billing.queries.comparisons_due import Answer, answers_for
from billing.rules.sales_compared import SALE

NOTHING = Decimal(0)
WORDS = {SALE: "Sales", "invoice item": "Invoice items"}


@dataclass(frozen=True, slots=True)
class SumsCompared:
    """Records of one kind in one currency: how many, what they come to in each book, and how many differ."""

    kind: str
    currency: str
    records: int
    here: Decimal
    there: Decimal
    apart: int

    @property
    def words(self) -> str:
        return WORDS.get(self.kind, self.kind)


@dataclass(slots=True)
class WithConnection:
    """One connection. answer: for a month; asked_at: for a day. fault: why it gave no answer when it was asked last."""

    row: Connection
    sums: Sequence[SumsCompared] = field(default_factory=list)
    answer: Answer | None = None
    asked_at: datetime | None = None
    fault: str = ""


def month_with_connections(month: date, kinds: Iterable[str]) -> list[WithConnection]:
    """The month beside each connection that can be asked. kinds: of these."""
    answers = answers_for(month, kinds)
    sums = _sums(ComparedRecord.objects.filter(month=month))
    turns = ComparisonTurn.objects.filter(connection__in=[each.row.pk for each in answers])
    faults = dict(turns.values_list("connection", "fault"))
    return [
        WithConnection(each.row, sums.get(each.row.pk, []), answer=each, fault=faults.get(each.row.pk, ""))
        for each in answers
    ]


def day_with_connections(day: date, kinds: Iterable[str]) -> list[WithConnection]:
    """The day beside each connection that has answered for it."""
    rows = ComparedDay.objects.filter(day=day, connection__kind__in=list(kinds)).select_related("connection")
    sums = _sums(ComparedRecord.objects.filter(day=day))
    return [
        WithConnection(each.connection, sums.get(each.connection_id, []), asked_at=each.compared_at)
        for each in rows
    ]


def not_askable(kinds: Iterable[str]) -> list[Connection]:
    """Connections that are on and can't be asked what they have."""
    return list(Connection.objects.on().exclude(kind__in=list(kinds)))


def _sums(records: QuerySet[ComparedRecord]) -> dict[int, list[SumsCompared]]:
    found: dict[int, list[SumsCompared]] = {}
    rows = (
        records.order_by("kind", "currency")
        .values_list("connection", "kind", "currency")
        .annotate(
            count=Count("pk"), ours=Sum("here"), theirs=Sum("there"), apart=Count("pk", Q(agrees=False))
        )
    )
    for pk, kind, currency, count, here, there, apart in rows:
        sums = SumsCompared(kind, currency, count, here or NOTHING, there or NOTHING, apart)
        found.setdefault(pk, []).append(sums)
    return found
