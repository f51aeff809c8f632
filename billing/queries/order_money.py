"""What an order costs by period: each charge, and where it is asked for or was given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from billing.models import AccountBilling, CreditNote, Invoice, Order, OrderCharge, OrderPeriod
from billing.models.order_charge import Billing
from billing.queries.open_charges import due_by_invoice


@dataclass(frozen=True, slots=True)
class ShownCharge:
    """A charge and the invoice, draft or credit note that it is on, if any yet."""

    charge: OrderCharge
    invoice: Invoice | None
    note: CreditNote | None

    @property
    def by_time(self) -> Decimal:
        """What of it is earned as time passes."""
        fee: Decimal = self.charge.fee - self.charge.ahead
        return fee


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    period: OrderPeriod
    charges: Sequence[ShownCharge]

    @property
    def whole(self) -> ShownCharge | None:
        """The one charge that says just what the period says; None where there is another, or none."""
        if len(self.charges) != 1:
            return None
        charge, period = self.charges[0].charge, self.period
        is_same = (charge.amount, charge.starts_at, charge.ends_at) == (
            period.amount,
            period.starts_at,
            period.ends_at,
        )
        return self.charges[0] if is_same else None


def periods_of(order: Order) -> list[ShownPeriod]:
    """The order's periods in the order of its lines, each with its charges."""
    drafts = _drafts(order.account_id)
    rows = OrderCharge.objects.filter(period__order=order).order_by("number")
    found: dict[UUID, list[ShownCharge]] = {}
    for row in rows.select_related("invoiced__line__invoice", "credited__note"):
        invoiced, credited = getattr(row, "invoiced", None), getattr(row, "credited", None)
        invoice = invoiced.line.invoice if invoiced else drafts.get(row.pk)
        shown = ShownCharge(row, invoice, credited.note if credited else None)
        found.setdefault(row.period_id, []).append(shown)
    return [ShownPeriod(row, found.get(row.pk, [])) for row in OrderPeriod.objects.filter(order=order)]


def _drafts(account_id: UUID) -> dict[UUID, Invoice]:
    """The drafts on which open charges of the account stand, where they are made already."""
    drafts = {
        (each.period, each.currency): each for each in Invoice.objects.drafts().filter(customer=account_id)
    }
    return {
        charge.id: drafts[which]
        for which, charges in due_by_invoice(account_id).items()
        if which in drafts
        for charge in charges
    }


def billing_of(account_id: UUID) -> str:
    """Who asks for the money of the account's orders, unless they say so themselves: invoice or external."""
    row = AccountBilling.objects.filter(pk=account_id).first()
    return row.billing if row else Billing.INVOICE
