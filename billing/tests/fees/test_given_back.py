"""What was given back by hand, and costs less by later versions of its order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import BilledMonth
from billing.services import crediting
from billing.tests.fees.test_textbook import MID_MARCH, NEW_YEAR, give_back, invoiced, lies
from billing.tests.invoiced import a_seller
from billing.tests.orders.sold import a_line, an_offer, order
from usage.tests.made import DAY, Shop, named

pytestmark = pytest.mark.django_db


def test_earns_and_asks_for_nothing_in_the_end() -> None:
    """310 are given back by hand. Cheaper from the 26th on, and cancelled later: nobody owes anybody anything."""
    a_seller()
    account, name = Shop(since=NEW_YEAR).an_account(MID_MARCH), named("SO")
    plan = an_offer("310", kind="plan", period="month")
    order(account, a_line(plan), external_id=name, now=MID_MARCH)
    invoice = invoiced(account, MID_MARCH + DAY)
    give_back(invoice, {invoice.lines.get().pk: Decimal(310)}, MID_MARCH + DAY)
    for version, state, days in ((2, "active", 10), (3, "cancelled", 20)):
        now = MID_MARCH + days * DAY
        line = a_line(plan, amount="155")
        order(account, line, external_id=name, version=version, state=state, now=now)
        assert crediting.credit_account(customer_id=account.pk, now=now) == []

    rows = BilledMonth.objects.filter(account=account)
    assert rows.aggregate(billed=Sum("billed"), earned=Sum("earned")) == {"billed": 0, "earned": 0}
    assert lies() == []
