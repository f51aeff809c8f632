"""What pages of reconciliation show, and whether a month agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count

from billing.models import (
    Gap,
    InboxItem,
    OrderCharge,
    OrderGrant,
    OrderPeriod,
    Portion,
    ReconciledDay,
    ReconciledSum,
    Reconciliation,
)
from billing.queries.recent import patiently
from billing.queries.reconciled_sums import EQUATION, Equation
from billing.rules.months import last_day
from wallets.models import Entry

GAPS_SHOWN = 20
LINES_SHOWN = 50
RUNS_SHOWN = 5


@dataclass(slots=True)
class DayShown:
    """One day of the page. gaps: that are open; closed: that were closed in some way."""

    day: date
    kept: ReconciledDay | None = None
    sums: ReconciledSum | None = None
    gaps: int = 0
    closed: int = 0


@dataclass(slots=True)
class MonthShown:
    """A month by day, in one token unit. units: that moved in it."""

    month: date
    unit: str
    units: Sequence[str]
    days: Sequence[DayShown] = field(default_factory=list)
    total: ReconciledSum = field(default_factory=ReconciledSum)
    events: int = 0
    waiting: int = 0

    @property
    def open(self) -> int:
        return sum(each.gaps for each in self.days)

    @property
    def not_reconciled(self) -> int:
        return sum(each.kept is None for each in self.days)


def equation() -> list[Equation] | None:
    """Where all tokens are, by unit, counted now; None where that takes longer than a page should wait."""
    rows = patiently(EQUATION, {})
    return None if rows is None else [Equation(*row) for row in rows]


def month_shown(month: date, unit: str, today: date) -> MonthShown:
    """The days of a month until today, as they were compared last. unit: another one where it did not move."""
    last = min(last_day(month), today)
    sums = list(ReconciledSum.objects.filter(day__gte=month, day__lte=last).order_by("unit"))
    units = sorted({each.unit for each in sums})
    chosen = unit if unit in units or not units else units[0]
    of_day = {each.day_id: each for each in sums if each.unit == chosen}
    kept = {each.day: each for each in ReconciledDay.objects.filter(day__gte=month, day__lte=last)}
    counted = (
        Gap.objects.of_days(month, last).order_by().values_list("day", "state").annotate(count=Count("pk"))
    )
    gaps = {(day, state): count for day, state, count in counted}
    days = [
        DayShown(
            day,
            kept.get(day),
            of_day.get(day),
            gaps.get((day, Gap.State.OPEN), 0),
            gaps.get((day, Gap.State.CLOSED), 0),
        )
        for day in (month + timedelta(days=n) for n in range((last - month).days + 1))
    ]
    shown = MonthShown(month, chosen, units, days)
    shown.events = sum(each.events for each in kept.values())
    shown.waiting = sum(each.waiting for each in kept.values())
    for each in of_day.values():
        for name in _AMOUNTS:
            setattr(shown.total, name, getattr(shown.total, name) + getattr(each, name))
    return shown


_AMOUNTS = (
    *("charges", "debits", "entries", "given_back", "restored"),
    *("ordered", "granted", "overage", "invoiced", "repaid", "reversed"),
)


def open_gaps(first: date, last: date) -> list[Gap]:
    """The first of the open gaps of these days."""
    return list(Gap.objects.open().of_days(first, last).with_money().select_related("customer")[:GAPS_SHOWN])


def days_to_reconcile(first: date, last: date, since: datetime) -> list[date]:
    """Days, both included, that were not compared since an instant."""
    done = set(
        ReconciledDay.objects.filter(day__gte=first, day__lte=last, reconciled_at__gte=since).values_list(
            "day", flat=True
        )
    )
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [each for each in days if each not in done]


def newest_runs() -> list[Reconciliation]:
    return list(Reconciliation.objects.all()[:RUNS_SHOWN])


def under_way() -> Reconciliation | None:
    """The run that is worked on, or the next one."""
    return Reconciliation.objects.filter(state__in=["waiting", "running"]).order_by("pk").first()


def inbox_rows(moment: datetime) -> int:
    """How many rows of the inbox are in view."""
    return InboxItem.objects.in_view(moment).count()


def gap_facts(gap: Gap) -> Sequence[tuple[str, Decimal | None]]:
    """What each of the two books says of a gap, the first first."""
    first, second = SIDES.get(gap.kind, ("Here", "Elsewhere"))
    return [(first, gap.ours), (second, gap.theirs)]


SIDES: dict[str, tuple[str, str]] = {
    "debit": ("Usage charged", "Ledger booked"),
    "reversal": ("Usage gave back", "Ledger booked"),
    "event": ("Events accepted", "Booked or waiting"),
    "portion": ("Order gave", "Ledger granted"),
    "portion_money": ("Order was paid", "Grants were sold for"),
    "period": ("Periods due", "Periods there"),
    "overage": ("Ledger's overage", "Invoiced, open, repaid and given back"),
    "settlement": ("On the final invoice", "Settled in the ledger"),
    "invoice": ("Invoice's total", "Its lines"),
    "charge": ("Order asked for", "Invoice's line"),
}


def about(gap: Gap) -> tuple[str, object] | None:
    """The page that shows what a gap is about, and of which row; None where there is none here."""
    if gap.kind in ("portion", "portion_money"):
        return _order(Portion.objects.filter(pk=gap.subject).values_list("order_id", flat=True).first())
    if gap.kind == "period":
        return _order(OrderPeriod.objects.filter(pk=gap.subject).values_list("order_id", flat=True).first())
    if gap.kind == "charge":
        rows = OrderCharge.objects.filter(pk=gap.subject)
        return _order(rows.values_list("period__order_id", flat=True).first())
    model = _PAGES.get(gap.kind)
    return (model, gap.subject) if model else None


def _order(order_id: UUID | None) -> tuple[str, object] | None:
    return ("billing_order", order_id) if order_id else None


_PAGES = {
    "debit": "usage_debit",
    "overage": "usage_debit",
    "reversal": "usage_reversal",
    "event": "usage_event",
    "settlement": "wallets_entry",
    "invoice": "billing_invoice",
}


def entries_about(gap: Gap) -> list[Entry]:
    """The ledger's lines that a gap is about."""
    if gap.kind == "settlement":
        return list(Entry.objects.filter(pk=gap.subject))
    if gap.kind in ("debit", "reversal", "overage"):
        rows = Entry.objects.filter(cause_id=gap.subject).order_by("number")
        return list(rows[:LINES_SHOWN])
    if gap.kind in ("portion", "portion_money"):
        grants = OrderGrant.objects.filter(portion=gap.subject).values_list("grant_id", flat=True)
        rows = Entry.objects.filter(grant__in=list(grants), kind__in=["grant", "void"]).order_by("id")
        return list(rows[:LINES_SHOWN])
    return []


def day_shown(day: date) -> tuple[ReconciledDay | None, list[ReconciledSum], list[Gap]]:
    """A day as it was compared last, what it came to by token unit, and its gaps, the open ones first."""
    gaps = Gap.objects.of_days(day, day).with_money().select_related("customer").order_by("-state", "pk")
    sums = ReconciledSum.objects.filter(day=day).order_by("unit")
    return ReconciledDay.objects.filter(pk=day).first(), list(sums), list(gaps[:LINES_SHOWN])
