"""Days on which all accounts together come to more tokens than one account can hold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import ReconciledSum, Reconciliation
from billing.services import reconciling
from usage.tests.made import DAY, Shop, a_grant, clock

pytestmark = pytest.mark.django_db

MOST = "999999999999999999"


def test_are_compared_as_any_other_day() -> None:
    then = clock() - 400 * DAY
    shop = Shop(since=then - DAY)
    for _ in range(3):
        rich = shop.an_account(then)
        a_grant(rich, MOST, now=then)
        shop.debit(rich, str(Decimal(MOST) // 2), now=then)

    run = reconciling.reconcile(first=then.date(), last=then.date())

    assert run.state == Reconciliation.State.DONE
    (found,) = ReconciledSum.objects.filter(day__day=then.date())
    assert found.debits == found.entries > Decimal(MOST)
