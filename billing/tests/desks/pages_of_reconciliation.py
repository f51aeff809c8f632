"""The pages of reconciliation, of gaps and of the inbox."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from billing.models import Gap, InboxItem
from billing.rules.reconciling import Found
from billing.services import gaps, reconciling
from billing.tests.books import SPRING, Books
from billing.tests.desks.page import Page


def lists_of_reconciliation() -> list[Page]:
    return [
        Page("/admin/billing/reconciliation/", "FUA"),
        Page("/admin/billing/reconciliation/?month=2001-01", "FUA"),
        Page("/admin/billing/reconciliation/ask/", "F", "F"),
        Page("/admin/billing/gap/", "FUA"),
        Page("/admin/billing/inboxitem/", "FUA"),
    ]


def of_reconciliation(books: Books) -> list[Page]:
    """One day that was compared, with a gap."""
    day = SPRING.date()
    run = reconciling.reconcile(first=day, last=day)
    found = Found("debit", str(books.names["second"]), day, books.account, Decimal(3), Decimal(2), "AIT")
    with transaction.atomic():
        gaps.keep([found], kinds=[], first=day, last=day)
    gap = Gap.objects.get(subject=found.subject)
    item = InboxItem.objects.get(subject=str(gap.pk))
    row = f"/admin/billing/inboxitem/{item.pk}"
    return [
        Page(f"/admin/billing/reconciliation/?month={day:%Y-%m}&unit=AIT", "FUA"),
        Page(f"/admin/billing/reconciliation/days/{day}/", "FUA"),
        Page(f"/admin/billing/reconciliation/{run.pk}/progress/", "FUA"),
        Page(f"/admin/billing/gap/{gap.pk}/change/", "FUA"),
        Page(f"/admin/billing/gap/{gap.pk}/accept/", "F", "F"),
        Page(f"/admin/billing/gap/{gap.pk}/correct/", "F", "F"),
        Page(f"{row}/change/", "FUA"),
        Page(f"{row}/take/", "FU", "FU"),
        Page(f"{row}/acknowledge/", "FU", "FU"),
        Page(f"{row}/snooze/", "FU", "FU"),
        Page(f"{row}/resolve/", "FU", "FU"),
        Page("/admin/billing/revenuemonth/2001-02/focus.csv", "F"),
        Page("/admin/billing/revenuemonth/2001-02/ledger.csv", "F"),
    ]
