"""Invoices: drafts made once a month, looked at, and finalised for good."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError, transaction
from django.db.models import Max, Sum

from billing.errors import DraftChanged, InvoiceIsFinal, NoSeller, NothingToInvoice, UnknownInvoice
from billing.models import Invoice, InvoiceLine, Seller
from billing.queries import open_charges, open_overage
from billing.queries.heads import heads_now
from billing.rules.money import priced
from billing.services import invoice_lines
from config.kernel.errors import InvalidRequest
from config.kernel.running import once_a_period, period_of
from usage.queries.moments import database_clock
from usage.services.observing import observe
from wallets.rules.slots import slot_of
from wallets.services import ledger

SLOT = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FixedLine:
    """Something that an invoice asks money for beside overage, such as a plan's fee."""

    description: str
    unit_price: Decimal
    quantity: Decimal = Decimal(1)


def make_drafts(now: datetime | None = None) -> bool:
    """Make drafts of what orders ask for, and of the overage of months that are over; reckon those anew that are there.

    Once an hour, account by account, each in a transaction of its own; months that were missed are made up for.
    Answers whether it was done here.
    """
    moment = now or database_clock()

    def work() -> dict[str, Any]:
        customers = {*open_overage.accounts_with_ended_months(moment), *open_charges.accounts()}
        customers |= set(Invoice.objects.drafts().values_list("customer_id", flat=True))
        failed = sum(not _is_drafted(customer, now) for customer in sorted(customers))
        error = {"error": f"{failed} accounts could not be invoiced"} if failed else {}
        return {"accounts": len(customers) - failed, **error}

    return once_a_period(job="make invoices", period=period_of(slot_of(moment, SLOT)), work=work)


def _is_drafted(customer_id: UUID, now: datetime | None) -> bool:
    try:
        draft_account(customer_id=customer_id, now=now)
    except DatabaseError:
        log.warning("Account %s could not be invoiced; the next hour finds it.", customer_id, exc_info=True)
        return False
    return True


@transaction.atomic
def draft_account(*, customer_id: UUID, now: datetime | None = None) -> list[Invoice]:
    """Make the account's drafts, once each, and reckon all of them anew.

    Of overage once its month is over; of what orders ask for once its month has begun. Answers those that were made
    here.
    """
    moment = _lock(customer_id, now)
    present = open_overage.month_at(customer_id, moment)
    overage = open_overage.open_by_invoice(customer_id).drafts
    wanted = {which for which in overage if which[0] < present}
    wanted |= {which for which in open_charges.due_by_invoice(customer_id) if which[0] <= present}
    made = []
    for month, currency in sorted(wanted):
        invoice, is_new = Invoice.objects.get_or_create(
            customer_id=customer_id, period=month, currency=currency, defaults={"made_at": moment}
        )
        made += [invoice] if is_new else []
    for invoice in Invoice.objects.drafts().filter(customer=customer_id).order_by("pk"):
        _reckon(invoice, moment)
    return made


@transaction.atomic
def open_draft(*, customer_id: UUID, period: date, currency: str, now: datetime | None = None) -> Invoice:
    """The draft of this month in this currency, made where there is none: fees stand on it beside overage.

    Raises InvoiceIsFinal where it was issued or discarded.
    """
    ledger.lock(customer_id)
    invoice, _ = Invoice.objects.get_or_create(
        customer_id=customer_id,
        period=period.replace(day=1),
        currency=currency,
        defaults={"made_at": now or database_clock()},
    )
    if not invoice.is_draft:
        raise InvoiceIsFinal()
    return invoice


@transaction.atomic
def add_line(*, invoice_id: UUID, line: FixedLine, by: str) -> InvoiceLine:
    """Write a line of a fixed price on a draft.

    Raises UnknownInvoice, InvoiceIsFinal, InvalidRequest.
    """
    if line.quantity <= 0 or line.unit_price < 0 or not line.description.strip():
        raise InvalidRequest("A line has a description, a positive quantity and a price of zero or more.")
    invoice, moment = _locked_draft(invoice_id)
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    written = InvoiceLine.objects.create(
        invoice=invoice,
        position=last + 1,
        kind=InvoiceLine.Kind.FIXED,
        description=line.description.strip(),
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=priced(line.quantity, line.unit_price, invoice.currency),
        added_by=by,
    )
    _reckon(invoice, moment)
    return written


@transaction.atomic
def drop_line(*, invoice_id: UUID, line_id: UUID) -> None:
    """Take a fixed line off a draft again.

    Raises UnknownInvoice, InvoiceIsFinal.
    """
    invoice, moment = _locked_draft(invoice_id)
    invoice.lines.filter(pk=line_id, kind=InvoiceLine.Kind.FIXED).delete()
    _reckon(invoice, moment)


@transaction.atomic
def discard(*, invoice_id: UUID, by: str, reason: str) -> Invoice:
    """Issue nothing for this month: what it carries stays open, and goes on the draft of the next.

    Raises UnknownInvoice, InvoiceIsFinal, InvalidRequest.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    invoice, _ = _locked_draft(invoice_id)
    invoice.lines.all().delete()
    invoice.state, invoice.total, invoice.reason = Invoice.State.VOID, Decimal(0), f"{by}: {reason}"
    invoice.save(update_fields=["state", "total", "reason"])
    return invoice


@transaction.atomic
def finalise(
    *, invoice_id: UUID, by: str, expected: Decimal | None = None, now: datetime | None = None
) -> Invoice:
    """Issue the invoice: settle just the overage that it carries, and number it. It never changes again.

    Looked at, settled and dated at one instant, read under the account's lock.

    expected: what whoever looked at it saw it come to; None: nobody looked at the sum.

    Raises UnknownInvoice, InvoiceIsFinal, NoSeller, NothingToInvoice, DraftChanged.
    """
    invoice, moment = _locked_draft(invoice_id, now)
    seller = Seller.objects.first()
    if seller is None:
        raise NoSeller()
    draft = open_overage.draft_of(invoice, moment)
    total = draft.total + _fixed(invoice)
    if draft.is_empty and not invoice.lines.exists():
        raise NothingToInvoice()
    if expected is not None and total != expected:
        raise DraftChanged()
    invoice_lines.write(invoice, draft, moment)
    invoice.state, invoice.total, invoice.finalised_by = Invoice.State.FINAL, total, by
    invoice.issued_at, invoice.issued_on = moment, moment.astimezone(ZoneInfo(seller.time_zone)).date()
    heads = heads_now(invoice.customer)
    invoice.seller, invoice.buyer = heads.seller, heads.buyer
    invoice.save()
    invoice.refresh_from_db()
    observe(account_id=invoice.customer_id, now=moment)
    return invoice


def finalise_as_listed(*, invoice: Invoice, by: str, now: datetime | None = None) -> Invoice:
    """Issue a draft that a list showed with its sum; where it comes to something else by now, note that in its stead.

    Raises what `finalise` does.
    """
    try:
        return finalise(invoice_id=invoice.pk, by=by, expected=invoice.total, now=now)
    except DraftChanged:
        draft_account(customer_id=invoice.customer_id, now=now)
        raise


def _lock(customer_id: UUID, now: datetime | None) -> datetime:
    """Take the account's lock and read the clock under it; grants whose start has passed then repay what they repay."""
    ledger.lock(customer_id)
    moment = now or database_clock()
    ledger.settle(account_id=customer_id, now=moment)
    return moment


def _locked_draft(invoice_id: UUID, now: datetime | None = None) -> tuple[Invoice, datetime]:
    """The draft, under its account's lock, and the instant as of which it is looked at."""
    customer_id = Invoice.objects.filter(pk=invoice_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise UnknownInvoice("There is no such invoice.")
    moment = _lock(customer_id, now)
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("customer").get(pk=invoice_id)
    if not invoice.is_draft:
        raise InvoiceIsFinal()
    return invoice, moment


def _reckon(invoice: Invoice, moment: datetime) -> None:
    """Note what the draft comes to at present."""
    total = open_overage.draft_of(invoice, moment).total + _fixed(invoice)
    if total != invoice.total:
        Invoice.objects.filter(pk=invoice.pk).update(total=total)


def _fixed(invoice: Invoice) -> Decimal:
    found: Decimal | None = invoice.lines.aggregate(total=Sum("amount"))["total"]
    return found or Decimal(0)
