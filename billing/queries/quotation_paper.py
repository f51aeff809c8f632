"""A quotation as it is read, on a page or on paper: all of it as text, so that whatever prints it needs no rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import Quotation, QuotationLine
from billing.queries.calendar import day_of
from billing.queries.quotations import Shown, ShownLine, Sum
from billing.rules.money import written
from config.kernel.amounts import plain

EVERY = {"": "once", "month": "each month", "year": "each year"}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """gives, taken_off: a line of text each. every: how often the amount is paid."""

    name: str
    sku: str
    gives: Sequence[str]
    quantity: str
    listed: str
    taken_off: Sequence[str]
    amount: str
    every: str
    ends: str


@dataclass(frozen=True, slots=True)
class Paper:
    """sums: what is paid once, each month and each year. discount: what comes off the whole, in words."""

    number: str
    is_sent: bool
    buyer: str
    reference: str
    written_on: date
    last_day: date
    first_day: date | None
    lines: Sequence[PaperLine]
    listed: str
    taken_off: str
    is_reduced: bool
    discount: str
    sums: Sequence[tuple[str, str]]
    total: str
    currency: str
    note: str
    replaces: str


def paper_of(told: Shown) -> Paper:
    """What a customer reads."""
    quotation = told.quotation
    account = quotation.account
    return Paper(
        number=quotation.number,
        is_sent=quotation.is_sent,
        buyer=str(account),
        reference=account.reference,
        written_on=day_of(account.pk, quotation.sent_at or quotation.created_at),
        last_day=told.last_day,
        first_day=told.first_day,
        lines=[_line(each, quotation.currency) for each in told.lines],
        listed=written(quotation.list_amount, quotation.currency),
        taken_off=written(quotation.list_amount - quotation.amount, quotation.currency),
        is_reduced=quotation.list_amount != quotation.amount,
        discount=_discount(quotation),
        sums=[_sum(each, quotation.currency) for each in told.sums],
        total=written(quotation.amount, quotation.currency),
        currency=quotation.currency,
        note=quotation.note,
        replaces=quotation.supersedes.number if quotation.supersedes else "",
    )


def _sum(each: Sum, currency: str) -> tuple[str, str]:
    return EVERY[each.period], written(each.amount, currency)


def _line(shown: ShownLine, currency: str) -> PaperLine:
    row, offer = shown.row, shown.offer
    return PaperLine(
        name=offer.name,
        sku=row.sku,
        gives=shown.gives,
        quantity=plain(row.quantity),
        listed=written(row.list_amount, currency),
        taken_off=_taken_off(row, currency),
        amount=written(row.amount, currency),
        every=EVERY[offer.period],
        ends=f"until {shown.last_day:%-d %b %Y}" if shown.last_day else "",
    )


def _taken_off(row: QuotationLine, currency: str) -> list[str]:
    found = []
    if row.promotion is not None:
        name = (row.promotion_terms or {}).get("name", row.promotion.code)
        off = f": −{written(row.promotion_amount, currency)}" if row.promotion_amount else ": bonus tokens"
        found.append(f"{name}{off}")
    if row.taken_off:
        share = f" {plain(row.discount_share)} %" if row.discount_share else ""
        why = f" ({row.discount_reason})" if row.discount_reason else ""
        found.append(f"Discount{share}: −{written(row.taken_off, currency)}{why}")
    if row.spread:
        found.append(f"Its part of the discount on the whole: −{written(row.spread, currency)}")
    return found


def _discount(quotation: Quotation) -> str:
    off = sum((line.spread for line in quotation.lines.all()), Decimal(0))
    if not off:
        return ""
    share = f" {plain(quotation.discount_share)} %" if quotation.discount_share else ""
    why = f" ({quotation.discount_reason})" if quotation.discount_reason else ""
    return f"Discount{share} on the whole: −{written(off, quotation.currency)}{why}"
