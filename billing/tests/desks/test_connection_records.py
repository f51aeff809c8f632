"""A record of a connection's, and the way from it to what it came to."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import Handling, Order
from billing.tests.connectors.desk_made import a_connection, applied, page, told
from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.orders.sold import a_line, an_offer, order
from usage.tests.made import an_account, named

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


def test_a_record_leads_to_the_order_and_the_account_that_it_came_to(support: Client) -> None:
    row, acme = a_connection(), an_account()
    placed = order(acme, a_line(an_offer()), external_id=named("SO"))
    found = Order.objects.get(external_id=placed["external_id"])
    record = applied(told(row, id=7), "It is here.")
    outcome = [("account", acme.reference), ("order", found.external_id), ("order", "nowhere:1")]
    told_of = [{"about": about, "ref": ref, "said": f"{ref} is here."} for about, ref in outcome]
    Handling.objects.filter(pk=record.pk).update(outcome=told_of)

    shown = text_of(support.get(page(row, f"in/{record.pk}")))

    assert f"/admin/wallets/account/{acme.pk}/change/" in shown
    assert f"/admin/billing/order/{found.pk}/change/" in shown
    assert shown.count("Show the ") == 2
