"""The demo's invoices: one that is final and was credited in part, and drafts of the month that is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from billing.models import Invoice, InvoiceLine, Seller
from billing.rules.demo_commerce import BROOK, CLIFF, OVERAGE_PRICE, DemoBuyer
from billing.services import crediting, invoicing, overage_rates
from billing.services.crediting import CreditOrder
from billing.services.demo_town import FINANCE, REASON, Town
from billing.services.overage_rates import OverageRateOrder
from config.kernel.signing import signed
from usage.services.authors import Author

QUARTER = Decimal("0.25")
CENT = Decimal("0.01")


def invoice(town: Town) -> None:
    """Plan the prices of overage, the first month's invoice and its credit note, and the drafts of the second."""
    if not Seller.objects.exists():
        signed(_seller(), town.people[FINANCE], REASON).save()
    for buyer in (BROOK, CLIFF):
        order = OverageRateOrder(
            price=OVERAGE_PRICE,
            currency="USD",
            account_id=town.accounts[buyer].pk,
            effective_from=town.months[0],
        )
        author = Author(town.people[FINANCE].username, REASON, town.people[FINANCE])
        overage_rates.set_rate(order=order, author=author, now=town.months[0])
        for month in (1, 2):
            town.chronicle.at(town.day(month, 0, 1), _drafted(town, buyer))
    town.chronicle.at(town.day(1, 2), lambda moment: _finalises(town, moment))
    town.chronicle.at(town.day(1, 7), lambda moment: _credits(town, moment))


def _seller() -> Seller:
    return Seller(
        name="Studio Example Ltd",
        address="1 Example Road\nLondon EC1A 1AA",
        contact="billing@studio.example",
        terms="Payable within 30 days. This is of the demo; nobody owes it.",
    )


def _drafted(town: Town, buyer: DemoBuyer) -> Callable[[datetime], object]:
    account_id = town.accounts[buyer].pk
    return lambda moment: invoicing.draft_account(customer_id=account_id, now=moment)


def _finalises(town: Town, moment: datetime) -> None:
    for draft in Invoice.objects.drafts().filter(customer=town.accounts[BROOK]):
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
