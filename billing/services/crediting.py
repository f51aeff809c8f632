"""Credit notes, the only corrections of a final invoice: of overage that was reversed, of orders, and by hand."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Sum

from billing.errors import CreditTooMuch, UnknownInvoice
from billing.models import CreditedOverage, CreditNote, Invoice
from billing.queries import open_charges
from billing.queries.credits import Uncredited, uncredited
from billing.rules.invoicing import credit_of
from billing.rules.money import rounded
from billing.services import order_credits
from billing.services.credit_notes import Cause, left_of, left_together, noted, together_with
from config.kernel.errors import DomainError, InvalidRequest
from config.kernel.running import once_a_period, period_of
from usage.queries.moments import database_clock
from wallets.rules.slots import slot_of
from wallets.services import ledger

SLOT = timedelta(seconds=30)
NOTHING = Decimal(0)

log = logging.getLogger(__name__)


def credit_reversals(now: datetime | None = None) -> bool:
    """Make a credit note of each reversal that gave back invoiced overage, and of each invoiced period of an order that
    costs less since, once; answers whether it was done here.

    What several invoices carry gets a note for each.
    """
    customers = {each.customer_id for each in uncredited()} | set(open_charges.accounts_to_be_credited())
    if not customers:
        return False
    moment = now or database_clock()

    def work() -> dict[str, Any]:
        failed = sum(not _is_credited(customer, now) for customer in sorted(customers))
        error = {"error": f"{failed} accounts could not be credited"} if failed else {}
        return {"accounts": len(customers) - failed, **error}

    return once_a_period(job="credit reversals", period=period_of(slot_of(moment, SLOT)), work=work)


def _is_credited(customer_id: UUID, now: datetime | None) -> bool:
    try:
        credit_account(customer_id=customer_id, now=now)
    except (DatabaseError, DomainError):
        log.warning("Account %s could not be credited; the next slot finds it.", customer_id, exc_info=True)
        return False
    return True


@transaction.atomic
def credit_account(*, customer_id: UUID, now: datetime | None = None) -> list[CreditNote]:
    """Make the credit notes of what was given back of the account's invoices, once each."""
    ledger.lock(customer_id)
    together: dict[tuple[UUID, UUID], list[Uncredited]] = defaultdict(list)
    for each in uncredited(customer_id):
        together[each.reversal_id, each.invoice_id].append(each)
    notes = [_credited(invoice_id, entries, now) for (_, invoice_id), entries in together.items()]
    return notes + order_credits.credit(customer_id, now)


@dataclass(frozen=True, slots=True)
class CreditOrder:
    """Money to be given back of a final invoice. amounts: by line, positive, in its currency's smallest units.

    key: chosen by the caller; the same key on the same invoice answers the same note.
    """

    invoice_id: UUID
    amounts: Mapping[UUID, Decimal]
    reason: str
    key: str


@transaction.atomic
def credit_by_hand(*, order: CreditOrder, by: str, now: datetime | None = None) -> CreditNote:
    """Give back money of a final invoice's lines, at most once a key.

    Raises UnknownInvoice, InvalidRequest, CreditTooMuch, NoSeller.
    """
    invoice = _locked(order.invoice_id)
    known = CreditNote.objects.filter(invoice=invoice, key=order.key).first()
    if known is not None:
        return known
    lines = {line.pk: line for line in invoice.lines.filter(pk__in=order.amounts)}
    if not order.amounts or len(lines) != len(order.amounts):
        raise InvalidRequest("Name lines of this invoice.")
    if not order.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    for line_id, amount in order.amounts.items():
        if amount <= 0 or amount != rounded(amount, invoice.currency):
            raise InvalidRequest("An amount is positive, in whole smallest units of its currency.")
        line = lines[line_id]
        together = sum(order.amounts.get(each.pk, NOTHING) for each in together_with(line))
        if amount > left_of(line) or together > left_together(line):
            raise CreditTooMuch()
    given = invoice.credit_notes.aggregate(total=Sum("total"))["total"] or NOTHING
    if given + sum(order.amounts.values()) > invoice.total:
        raise CreditTooMuch()
    parts = [(lines[line_id], NOTHING, amount) for line_id, amount in order.amounts.items()]
    return noted(invoice, parts, Cause(order.reason.strip(), by, key=order.key), now)


def _locked(invoice_id: UUID) -> Invoice:
    """The final invoice, under its account's lock."""
    found = Invoice.objects.final().filter(pk=invoice_id)
    customer_id = found.values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise UnknownInvoice("There is no such final invoice.")
    ledger.lock(customer_id)
    return found.get()


def _credited(invoice_id: UUID, entries: Sequence[Uncredited], now: datetime | None) -> CreditNote:
    """The note for what one reversal gave back of one invoice."""
    invoice = Invoice.objects.get(pk=invoice_id)
    tokens: dict[UUID, Decimal] = defaultdict(Decimal)
    for each in entries:
        tokens[each.line_id] += each.tokens
    parts = []
    for line in invoice.lines.filter(pk__in=tokens).order_by("position"):
        credited = line.credits.aggregate(total=Sum("tokens"))["total"] or NOTHING
        amount = credit_of(line.amount, line.quantity, credited, tokens[line.pk], invoice.currency)
        parts.append((line, tokens[line.pk], min(amount, left_of(line))))
    reason = entries[0].reason or "Usage was given back."
    note = noted(invoice, parts, Cause(reason, entries[0].by, entries[0].reversal_id), now)
    lines = {line.line_id: line for line in note.lines.all()}
    CreditedOverage.objects.bulk_create(
        CreditedOverage(
            credit_line=lines[each.line_id],
            customer_id=invoice.customer_id,
            entry_id=each.entry_id,
            tokens=each.tokens,
        )
        for each in entries
    )
    return note
