"""The months of what is paid for by the year and gives tokens by the month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from billing.models import OrderCharge, OrderPeriod, Portion
from billing.queries.calendar import day_of, midnights
from billing.rules import offers
from billing.rules.money import rounded
from billing.rules.order_periods import LAST_MONTH, Span, end_of_period, months_of
from billing.rules.orders import Line

NOTHING = Decimal(0)


def months_of_year(period: OrderPeriod, line: Line) -> list[Span]:
    """The twelve months of a year of a line: those that were opened, the rest by the calendar as it is known now.

    Raises ValueError where the period has no end.
    """
    if period.ends_at is None:
        raise ValueError("A year has an end.")
    account_id, ends = period.account_id, period.month_ends[:LAST_MONTH]
    first = (LAST_MONTH + 1) * period.number
    anchor = day_of(account_id, line.begins_at)
    days = [end_of_period(anchor, 1, first + month) for month in range(len(ends), LAST_MONTH)]
    ends = [*ends, *midnights(account_id, days), period.ends_at]
    return months_of(period.starts_at, ends, are_alike=period.is_by_months)


def money_ahead(period: OrderPeriod, line: Line) -> Decimal:
    """What a line's tokens of the months that are not opened yet will be paid with, in smallest amounts."""
    opened = len(period.month_ends)
    coming = [
        span
        for span in months_of_year(period, line)[opened:]
        if line.ends_at is None or span.starts_at < line.ends_at
    ]
    if not coming:
        return NOTHING
    rest = Span(coming[0].starts_at, coming[-1].ends_at, coming[0].since, coming[-1].until)
    rows = Portion.objects.filter(
        order=period.order_id, line=period.line, run=period.run, number=period.number
    )
    due = dict(rows.exclude(month=None).order_by().values_list("part").annotate(Sum("due")))
    found = NOTHING
    for key, part in line.offer.by_month().items():
        before = due.get(key, NOTHING)
        after = before + rest.money(offers.money_of(part, line.amount))
        found += rounded(after, period.currency) - rounded(before, period.currency)
    return found


def periods_with_more_ahead(account_id: UUID) -> QuerySet[OrderCharge, Any]:
    """The identities of periods that were asked for money of tokens which have not come yet."""
    rows = OrderCharge.objects.filter(account=account_id).order_by().values("period")
    return rows.annotate(ahead_of_it=Sum("ahead")).exclude(ahead_of_it=0).values("period")
