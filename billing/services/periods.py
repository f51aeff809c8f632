"""Closing months and opening the last again. Nothing that usage books by itself is ever refused by it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Sum

from billing.errors import MonthNotClosable, MonthNotReopenable
from billing.models import AccountingPeriod, BilledMonth, Gap, PeriodFigure, RevenueMonth
from billing.queries.revenue import last_closed, owed_after, why_not_to_close
from billing.queries.unbooked import is_behind
from billing.rules.months import end_of, last_day, start_of
from billing.services import absences, book_locks, gaps, recognising, reconciling
from billing.services.accesses import Connectors
from billing.services.comparing import askable
from usage.queries.moments import database_clock
from usage.services import books

SECONDS_FOR_THE_REST = 15.0
GAPS_NAMED = 3


def close(*, month: date, user: User, reason: str, connectors: Connectors) -> AccountingPeriod:
    """Close the books of a month and keep what it came to, by currency and product.

    month: its first day. It is the first that moved something, or the one after the last closed, and has been over
    for a quarter of an hour. It agrees: all its days were reconciled since it was over, which is done here where it was
    not, and no gap of it is open. Each connection that can be asked has answered for it since it was over, or somebody
    has said why not.

    connectors: those that ask. Raises MonthNotClosable.
    """
    _may_be_closed(month)
    recognising.reckon(SECONDS_FOR_THE_REST)
    if not reconciling.complete(month=month, by=user.get_username(), seconds=SECONDS_FOR_THE_REST):
        raise MonthNotClosable("This month is still being reconciled; close it in some minutes.")
    with transaction.atomic():
        book_locks.take_the_books()
        book_locks.close_alone()
        if is_behind(end_of(month)):
            raise MonthNotClosable("The ledger of this month is still being read; close it in some minutes.")
        _may_be_closed(month)
        gaps.keep_alone()
        answers = absences.heard(month, askable(connectors))
        _agrees(month)
        period = AccountingPeriod.objects.create(
            month=month, closed_at=database_clock(), closed_by=user, reason=reason
        )
        PeriodFigure.objects.bulk_create(figures_of(period))
        absences.keep(period, answers)
        books.close_books(until=end_of(month), by=user.get_username())
    return period


def _may_be_closed(month: date) -> None:
    why_not = why_not_to_close(month)
    if why_not:
        raise MonthNotClosable(why_not)


def _agrees(month: date) -> None:
    """Refuse a month with open gaps, and name the first of them."""
    found = Gap.objects.open().of_days(month, last_day(month))
    count = found.count()
    if not count:
        return
    named = "; ".join(f"{gap}, {gap.said or gap.subject}".rstrip(".") for gap in found[:GAPS_NAMED])
    more = f", and {count - GAPS_NAMED} more" if count > GAPS_NAMED else ""
    verb = "gap is" if count == 1 else "gaps are"
    raise MonthNotClosable(
        f"{count} {verb} open in {month:%B %Y}: {named}{more}. Close them under Reconciliation."
    )


def reopen(*, period: AccountingPeriod, user: User, reason: str) -> None:
    """Open the books of the month that was closed last again. What it came to when it was closed stays on record.

    Raises MonthNotReopenable.
    """
    with transaction.atomic():
        book_locks.take_the_books()
        book_locks.close_alone()
        last = last_closed()
        if last is None or last.pk != period.pk:
            raise MonthNotReopenable()
        last.reopened_at, last.reopened_by, last.reopening_reason = database_clock(), user, reason
        last.save(update_fields=["reopened_at", "reopened_by", "reopening_reason"])
        books.close_books(until=start_of(last.month), by=user.get_username())


def figures_of(period: AccountingPeriod) -> list[PeriodFigure]:
    """What the period's month comes to now, by currency, kind and product; not saved."""
    return [*_of_tokens(period), *_of_what_is_billed(period)]


def _of_tokens(period: AccountingPeriod) -> list[PeriodFigure]:
    sums: dict[tuple[str, int | None], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in RevenueMonth.objects.filter(month=period.month):
        found = sums[row.currency, row.product_id]
        for name in ("paid", "recognised", "breakage", "refunded"):
            found[name] += getattr(row, name)
    owed = owed_after(period.month)
    for currency in owed:
        sums[currency, None].setdefault("paid", Decimal(0))
    return [
        PeriodFigure(
            period=period,
            currency=currency,
            product_id=product,
            paid=found["paid"],
            recognised=found["recognised"],
            breakage=found["breakage"],
            refunded=found["refunded"],
            deferred=None if product else owed[currency],
        )
        for (currency, product), found in sums.items()
    ]


def _of_what_is_billed(period: AccountingPeriod) -> list[PeriodFigure]:
    """Fees and overage; what is deferred of each stands in the row without a product."""
    until = BilledMonth.objects.filter(month__lte=period.month).order_by()
    rows = {
        (currency, kind, product): (billed, earned)
        for currency, kind, product, billed, earned in until.filter(month=period.month)
        .values_list("currency", "kind", "product")
        .annotate(Sum("billed"), Sum("earned"))
    }
    owed = {
        (currency, kind): deferred
        for currency, kind, deferred in until.values_list("currency", "kind").annotate(
            left=Sum(F("billed") - F("earned"))
        )
    }
    nothing = (Decimal(0), Decimal(0))
    for currency, kind in owed:
        rows.setdefault((currency, kind, None), nothing)
    return [
        PeriodFigure(
            period=period,
            currency=currency,
            kind=kind,
            product_id=product,
            paid=billed,
            recognised=earned,
            breakage=Decimal(0),
            refunded=Decimal(0),
            deferred=None if product else owed[currency, kind],
        )
        for (currency, kind, product), (billed, earned) in rows.items()
    ]
