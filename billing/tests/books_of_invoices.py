"""Two customers whose overage was invoiced: some of it was given back, and some money by hand; a third has a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from billing.models import CreditedOverage, OverageRate
from billing.services import crediting, invoicing
from billing.services.crediting import CreditOrder
from billing.services.invoicing import FixedLine
from billing.tests.invoiced import AUTUMN_BEGINS, SPRING, a_seller, a_spender, drafted, finalised
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_reversal


def charge_money(shop: Shop) -> dict[str, Any]:
    """Names of what was written."""
    a_seller()
    spender, other, waiting = (a_spender(shop) for _ in range(3))
    returned = shop.debit(spender, "40", now=SPRING + DAY)
    shop.debit(spender, "60", features=(shop.image,), now=SPRING + 2 * DAY)
    (draft,) = drafted(spender)
    fee = invoicing.add_line(invoice_id=draft.pk, line=FixedLine("Plan", Decimal(20)), by="fin")
    invoice = finalised(draft.pk)
    reversing.reverse(a_reversal(returned, "15", now=AUTUMN_BEGINS + DAY))
    crediting.credit_account(customer_id=spender.pk, now=AUTUMN_BEGINS + DAY)
    order = CreditOrder(invoice.pk, {fee.pk: Decimal(5)}, "It began late.", "once")
    by_hand = crediting.credit_by_hand(order=order, by="fin", now=AUTUMN_BEGINS + 2 * DAY)
    for customer in (other, waiting):
        shop.debit(customer, "10", now=SPRING + DAY)
    last = finalised(drafted(other)[0].pk)
    kept = invoice.lines.get(feature=shop.image)
    return {
        "invoiced": spender.pk,
        "invoice": invoice.pk,
        "last_invoice": last.pk,
        "invoice_draft": drafted(waiting)[0].pk,
        "fee": fee.pk,
        "invoice_line": kept.pk,
        "settling": kept.lots.get().entry_id,
        "by_hand": by_hand.pk,
        "credited": CreditedOverage.objects.get(customer=spender).pk,
        "overage_rate": OverageRate.objects.get(customer=spender).pk,
        "settled_lot": kept.lots.get().lot_id,
    }
