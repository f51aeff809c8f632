"""Random lives of accounts: whatever they do, and whoever invoices them, the books agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Gap, ReconciledSum
from billing.services import crediting, invoicing, reconciling
from billing.tests.invoiced import a_rate, a_seller
from billing.tests.test_revenue_histories import START, Life
from wallets.models import Entry

pytestmark = pytest.mark.django_db
DEEDS = ["debit", "debit", "debit", "late", "reverse", "void", "transfer", "sell", "wait", "invoice"]
STEPS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(1, 40)), min_size=6, max_size=16)


class InvoicedLife(Life):
    """One whose overage is invoiced now and then, a month later."""

    def __init__(self) -> None:
        super().__init__()
        a_seller()
        a_rate("0.25", self.account, since=START)

    def _invoice(self, amount: int) -> None:
        self.now += timedelta(days=31)
        for invoice in invoicing.draft_account(customer_id=self.account.pk, now=self.now):
            invoicing.finalise(invoice_id=invoice.pk, by="fin", now=self.now)
        crediting.credit_account(customer_id=self.account.pk, now=self.now)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_books_of_any_life_agree(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        life = InvoicedLife()
        for name, amount in steps:
            life.step(name, amount)
        crediting.credit_account(customer_id=life.account.pk, now=life.now)

        last = life.now.date()
        run = reconciling.reconcile(first=START.date(), last=last)

        assert (run.state, list(Gap.objects.values_list("kind", "ours", "theirs"))) == ("done", [])
        charged = Entry.objects.filter(
            kind__in=["draw", "late_draw", "overage"], recorded_at__date__gte=START.date()
        )
        found = ReconciledSum.objects.filter(day__gte=START.date(), day__lte=last, unit="AIT")
        assert sum(each.debits for each in found) == sum(each.amount for each in charged)
        assert all(each.to_be_invoiced >= 0 for each in found)
        transaction.set_rollback(True)
