"""The demo's invoices: one that is final and was credited in part, and drafts of the month that is over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from billing.models import Invoice, InvoiceLine, Seller
from billing.rules.demo_commerce import BROOK, OVERAGE_PRICE
from billing.services import crediting, invoicing, overage_rates
from billing.services.crediting import CreditOrder
from billing.services.demo_town import FINANCE, REASON, Town
from billing.services.overage_rates import OverageRateOrder
from config.kernel.signing import signed
from usage.services.authors import Author

QUARTER = Decimal("0.25")
CENT = Decimal("0.01")


def invoice(town: Town) -> None:
    """Plan the price of overage, invoices of months that are over, a credit note, and drafts of the last of them."""
    signed(_seller(), town.people[FINANCE], REASON).save()
    order = OverageRateOrder(price=OVERAGE_PRICE, currency="USD", effective_from=town.since)
    author = Author(town.people[FINANCE].username, REASON, town.people[FINANCE])
    overage_rates.set_rate(order=order, author=author, now=town.since)
    for moment in (*(town.day(month, 0, 15) for month in range(3)), town.ago(0)):
        town.chronicle.at(moment, invoicing.make_drafts)
    for month in (0, 1):
        town.chronicle.at(town.day(month, 2), lambda moment: _finalises(town, moment))
    town.chronicle.at(town.day(1, 7), lambda moment: _credits(town, moment))


def _seller() -> Seller:
    return Seller(
        name="Studio Example Ltd",
        address="1 Example Road\nLondon EC1A 1AA",
        contact="billing@studio.example",
        terms="Payable within 30 days. This is of the demo; nobody owes it.",
    )


def _finalises(town: Town, moment: datetime) -> None:
    """Issue what is of months that are over."""
    for draft in Invoice.objects.drafts().filter(period__lt=moment.date().replace(day=1)).order_by("pk"):
        invoicing.finalise(invoice_id=draft.pk, by=town.people[FINANCE].username, now=moment)


def _credits(town: Town, moment: datetime) -> None:
    """Give a quarter of the overage back."""
    lines = InvoiceLine.objects.filter(
        invoice__customer=town.accounts[BROOK],
        invoice__state=Invoice.State.FINAL,
        kind=InvoiceLine.Kind.OVERAGE,
    )
    line = lines.order_by("pk").first()
    if line is not None:
        order = CreditOrder(
            invoice_id=line.invoice_id,
            amounts={line.pk: (line.amount * QUARTER).quantize(CENT)},
            reason="A batch was rendered twice by our fault.",
            key="demo",
        )
        crediting.credit_by_hand(order=order, by=town.people[FINANCE].username, now=moment)
