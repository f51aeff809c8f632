"""Customers whose plans were invoiced: one grew, was invoiced and cancelled; one waits on a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from billing.models import BilledMonth, CreditedCharge, Invoice, OrderCharge
from billing.services import crediting, invoicing
from billing.tests.invoiced import SPRING, a_seller
from billing.tests.orders.sold import a_line, an_offer, bought, order
from usage.tests.made import DAY, Shop, named


def charge_fees(shop: Shop) -> dict[str, Any]:
    """Names of what was written."""
    a_seller()
    member, waiting, name = shop.an_account(SPRING), shop.an_account(SPRING), named("SO")
    part = bought("100", every="period", ends_with_period=True) | {"share": Decimal(40)}
    small, large = (
        an_offer(price, kind="plan", period="month", name="Team", tokens=[part], seats={"desk": 5})
        for price in ("310", "620")
    )
    order(member, a_line(small), external_id=name, now=SPRING)
    order(waiting, a_line(small, amount="279"), now=SPRING)
    order(member, a_line(large), external_id=name, version=2, now=SPRING + 10 * DAY)
    invoicing.draft_account(customer_id=member.pk, now=SPRING + 10 * DAY)
    draft = Invoice.objects.get(customer=member)
    invoice = invoicing.finalise(invoice_id=draft.pk, by="fin", now=SPRING + 11 * DAY)
    order(member, a_line(large), external_id=name, version=3, state="cancelled", now=SPRING + 20 * DAY)
    crediting.credit_account(customer_id=member.pk, now=SPRING + 20 * DAY)
    invoicing.draft_account(customer_id=waiting.pk, now=SPRING + 20 * DAY)
    charges = OrderCharge.objects.filter(account=member)
    return {
        "member": member.pk,
        "member_invoice": invoice.pk,
        "member_period": charges[0].period_id,
        "member_charge": charges[0].pk,
        "member_month": BilledMonth.objects.filter(charge=charges[0]).order_by("month")[0].pk,
        "member_credit": CreditedCharge.objects.get(customer=member).pk,
        "member_draft": Invoice.objects.drafts().get(customer=waiting).pk,
    }
