"""Credit notes, the only corrections of a final invoice: of invoiced overage that was reversed, and by hand."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError, transaction
from django.db.models import Sum

from billing.errors import CreditTooMuch, NoSeller, UnknownInvoice
from billing.models import (
    CreditedOverage,
    CreditLine,
    CreditNote,
    Invoice,
    InvoiceLine,
    Seller,
)
from billing.queries.credits import Uncredited, uncredited
from billing.queries.heads import seller_told
from billing.rules.invoicing import credit_of
from billing.rules.money import rounded
from config.kernel.errors import DomainError, InvalidRequest
from config.kernel.running import once_a_period, period_of
from usage.queries.moments import database_clock
from wallets.rules.slots import slot_of
from wallets.services import ledger

SLOT = timedelta(seconds=30)
NOTHING = Decimal(0)

log = logging.getLogger(__name__)


def credit_reversals(now: datetime | None = None) -> bool:
    """Make a credit note of each reversal that gave back invoiced overage, once; answers whether it was done here.

    A reversal of usage that several invoices carry gets a note for each.
    """
    found = uncredited()
    if not found:
        return False
    moment = now or database_clock()
    by_customer: dict[UUID, list[Uncredited]] = defaultdict(list)
    for each in found:
        by_customer[each.customer_id].append(each)

    def work() -> dict[str, Any]:
        failed = sum(not _is_credited(customer, now) for customer in sorted(by_customer))
        error = {"error": f"{failed} accounts could not be credited"} if failed else {}
        return {"entries": len(found), "accounts": len(by_customer) - failed, **error}

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
    """Make the credit notes of what was given back of the account's invoiced overage, once each."""
    ledger.lock(customer_id)
    together: dict[tuple[UUID, UUID], list[Uncredited]] = defaultdict(list)
    for each in uncredited(customer_id):
        together[each.reversal_id, each.invoice_id].append(each)
    return [_credited(invoice_id, entries, now) for (_, invoice_id), entries in together.items()]


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
        if amount > _left(lines[line_id]):
            raise CreditTooMuch()
    parts = [(lines[line_id], NOTHING, amount) for line_id, amount in order.amounts.items()]
    return _noted(invoice, parts, _Cause(order.reason.strip(), by, key=order.key), now)


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
        parts.append((line, tokens[line.pk], min(amount, _left(line))))
    reason = entries[0].reason or "Usage was given back."
    note = _noted(invoice, parts, _Cause(reason, entries[0].by, entries[0].reversal_id), now)
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


def _left(line: InvoiceLine) -> Decimal:
    """What of a line no credit note has given back."""
    given: Decimal = line.credits.aggregate(total=Sum("amount"))["total"] or NOTHING
    left: Decimal = line.amount - given
    return left


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why there is a note: a reversal's, or somebody's who asked under a key."""

    reason: str
    by: str
    reversal_id: UUID | None = None
    key: str | None = None


def _noted(
    invoice: Invoice,
    parts: Sequence[tuple[InvoiceLine, Decimal, Decimal]],
    cause: _Cause,
    now: datetime | None,
) -> CreditNote:
    """Write a credit note. parts: line, tokens, amount."""
    seller = Seller.objects.first()
    if seller is None:
        raise NoSeller()
    moment = now or database_clock()
    day = moment.astimezone(ZoneInfo(seller.time_zone)).date()
    note = CreditNote.objects.create(
        invoice=invoice,
        customer_id=invoice.customer_id,
        year=day.year,
        sequence=1,  # the database numbers it
        total=sum((amount for _, _, amount in parts), NOTHING),
        reversal_id=cause.reversal_id,
        key=cause.key,
        reason=cause.reason,
        issued_on=day,
        issued_at=moment,
        issued_by=cause.by,
        seller=seller_told(seller),
    )
    for line, tokens, amount in parts:
        CreditLine.objects.create(note=note, line=line, tokens=tokens, amount=amount)
    note.refresh_from_db()
    return note
