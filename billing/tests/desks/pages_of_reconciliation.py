"""The pages of reconciliation, of gaps and of the inbox."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from billing.connectors.registry import CONNECTORS
from billing.models import ComparedDay, ComparedRecord, Connection, Gap, InboxItem
from billing.rules.reconciling import Found
from billing.services import connections, gaps, reconciling
from billing.services.connections import ConnectionWish
from billing.tests.books import SPRING, Books
from billing.tests.desks.page import EVERYBODY, Page
from usage.tests.made import named


def lists_of_reconciliation() -> list[Page]:
    return [
        Page("/admin/billing/reconciliation/", "FUA"),
        Page("/admin/billing/reconciliation/?month=2001-01", "FUA"),
        Page("/admin/billing/reconciliation/ask/", "F", "F"),
        Page("/admin/billing/gap/", "FUA"),
        Page("/admin/billing/inboxitem/", "FUA"),
        Page("/admin/billing/advice/"),
        Page("/admin/billing/advice/prices/", "PFA"),
        Page("/admin/billing/advice/prices/?margin=50", "PFA"),
        Page("/admin/billing/digestchoice/", EVERYBODY, EVERYBODY),
    ]


def of_reconciliation(books: Books) -> list[Page]:
    """One day that was compared, with a gap."""
    day = SPRING.date()
    run = reconciling.reconcile(first=day, last=day)
    found = Found("debit", str(books.names["second"]), day, books.account, Decimal(3), Decimal(2), "AIT")
    with transaction.atomic():
        gaps.keep([found], kinds=[], first=day, last=day)
    gap, till = Gap.objects.get(subject=found.subject), _a_till()
    sale = Found("missing_here", f"{till.code} sale cs_1", day, None, None, Decimal(20), "USD", "Sale cs_1.")
    with transaction.atomic():
        gaps.keep([sale], kinds=[], first=day, last=day, system=till.code)
    sold = Gap.objects.get(subject=sale.subject)
    item = InboxItem.objects.get(subject=str(gap.pk))
    row = f"/admin/billing/inboxitem/{item.pk}"
    return [
        Page(f"/admin/billing/reconciliation/?month={day:%Y-%m}&unit=AIT", "FUA"),
        Page(f"/admin/billing/reconciliation/days/{day}/", "FUA"),
        Page(f"/admin/billing/reconciliation/{run.pk}/progress/", "FUA"),
        Page(f"/admin/billing/gap/{gap.pk}/change/", "FUA"),
        Page(f"/admin/billing/gap/{sold.pk}/change/", "FUA"),
        Page(f"/admin/billing/gap/{sold.pk}/resend/", "F", "F"),
        Page(f"/admin/billing/reconciliation/without/{day:%Y-%m}/{till.pk}/", "F", "F"),
        Page(f"/admin/billing/gap/{gap.pk}/accept/", "F", "F"),
        Page(f"/admin/billing/gap/{gap.pk}/correct/", "F", "F"),
        Page(f"{row}/change/", "FUA"),
        Page(f"{row}/take/", "FU", "FU"),
        Page(f"{row}/give/", "FU", "FU"),
        Page(f"{row}/acknowledge/", "FU", "FU"),
        Page(f"{row}/snooze/", "FU", "FU"),
        Page(f"{row}/resolve/", "FU", "FU"),
        Page("/admin/billing/revenuemonth/2001-02/focus.csv", "F"),
        Page("/admin/billing/revenuemonth/2001-02/ledger.csv", "F"),
    ]


def _a_till() -> Connection:
    """A connection to Stripe that was there before anything was sold, and has answered for one day."""
    till = connections.make(
        code=named("till"),
        kind="stripe",
        known=CONNECTORS["stripe"].settings,
        wish=ConnectionWish("Till", {"address": "https://api.stripe.com"}),
    )
    Connection.objects.filter(pk=till.pk).update(created_at=SPRING)
    ComparedRecord.objects.create(
        connection=till,
        kind="sale",
        name="cs_1",
        month=SPRING.date().replace(day=1),
        day=SPRING.date(),
        there=Decimal(20),
        currency="USD",
        agrees=False,
        compared_at=SPRING,
    )
    ComparedDay.objects.create(connection=till, day=SPRING.date(), compared_at=SPRING)
    return till
