"""Overage that no final invoice carries yet, and the rates that price it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from billing.models import Invoice, OverageRate
from billing.queries.open_charges import closed_to, due_by_invoice
from billing.rules.invoicing import Draft, Lot, Rate, Sorted, drafted, sort_out
from pricing.models import Feature
from usage.queries.moments import database_clock

# What is on an invoice goes by when it was recorded; what it costs, by when it was used.
_LOTS = """
SELECT o.id, o.cause_id, o.feature, u.code, o.tokens - o.repaid - o.reversed - o.settled,
       wallets_month_v1(o.account_id, o.created_at), date_trunc('month', o.created_at AT TIME ZONE 'UTC')::date,
       d.product_id, d.occurred_at
FROM wallets_overage o
JOIN wallets_wallet w ON w.id = o.wallet_id AND w.account_id = o.account_id
JOIN wallets_tokenunit u ON u.id = w.unit_id
JOIN usage_debit d ON d.id = o.cause_id AND d.account_id = o.account_id
WHERE o.account_id = %s AND o.is_open
ORDER BY o.created_at, o.id
"""
_ACCOUNTS = """
SELECT account_id FROM wallets_overage WHERE is_open
GROUP BY account_id HAVING wallets_month_v1(account_id, min(created_at)) < wallets_month_v1(account_id, %s)
ORDER BY account_id
"""


def open_lots(account_id: UUID) -> list[Lot]:
    """The account's open overage, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LOTS, [account_id])
        return [Lot(*row) for row in cursor.fetchall()]


def rates_of(account_id: UUID) -> list[Rate]:
    """The account's own rates and the common ones, in the order in which they are looked through."""
    rows = OverageRate.objects.filter(Q(customer=account_id) | Q(customer=None)).select_related("unit")
    return [
        Rate(row.pk, row.unit.code, row.customer_id is not None, row.price, row.currency, row.effective_from)
        for row in rows.order_by("-effective_from", "-pk")
    ]


def open_by_invoice(account_id: UUID) -> Sorted:
    """The account's open overage by the invoice that it belongs on."""
    return sort_out(open_lots(account_id), rates_of(account_id), closed_to(account_id))


def draft_of(invoice: Invoice, moment: datetime | None = None) -> Draft:
    """What the draft would carry if it were final now; overage, which may be repaid, once its month is over."""
    which, lots = (invoice.period, invoice.currency), []
    if invoice.period < month_at(invoice.customer_id, moment or database_clock()):
        lots = open_by_invoice(invoice.customer_id).drafts.get(which, [])
    return drafted(*which, lots, due_by_invoice(invoice.customer_id).get(which, []))


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """How features are called, by their codes; one that nobody knows by its code."""
    wanted = set(codes)
    known = dict(Feature.objects.filter(code__in=wanted).values_list("code", "name"))
    return {code: known.get(code) or code for code in wanted}


def accounts_with_ended_months(moment: datetime) -> list[UUID]:
    """Accounts with open overage of a month that is over in their time zone."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [moment])
        return [account_id for (account_id,) in cursor.fetchall()]


def month_at(account_id: UUID, moment: datetime) -> date:
    """The first day of the month that an instant lies in for the account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_month_v1(%s, %s)", [account_id, moment])
        month: date = cursor.fetchone()[0]
        return month
