"""A quotation as it is read, on a page or on paper: all of it as text, so that whatever shows it needs no rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.models import Quotation, QuotationLine
from billing.queries.calendar import day_of
from billing.queries.heads import heads_at, heads_now
from billing.queries.quotations import Shown, ShownLine, Sum
from billing.rules.money import digits, written
from billing.rules.paper import Paper, PaperLine, parts_of, party
from config.kernel.amounts import plain

EVERY = {"": "once", "month": "each month", "year": "each year"}
ON_THE_WHOLE = "Its part of the discount on the whole"


@dataclass(frozen=True, slots=True)
class WordedLine:
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
class Wording:
    """sums: what is paid once, each month and each year. discount: what comes off the whole, in words."""

    number: str
    written_on: date
    last_day: date
    first_day: date | None
    lines: Sequence[WordedLine]
    listed: str
    taken_off: str
    is_reduced: bool
    discount: str
    sums: Sequence[tuple[str, str]]
    total: str
    currency: str
    note: str
    replaces: str


def wording_of(told: Shown) -> Wording:
    """What it says."""
    quotation = told.quotation
    return Wording(
        number=quotation.number if quotation.is_sent else "",
        written_on=day_of(quotation.account_id, quotation.sent_at or quotation.created_at),
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


def paper_of(told: Shown) -> Paper:
    """What a customer reads, with the addresses of the moment when it was sent; a draft with those of now."""
    quotation, words = told.quotation, wording_of(told)
    customer, sent_at = quotation.account, quotation.sent_at
    heads = heads_at(customer, sent_at) if sent_at else heads_now(customer)
    return Paper(
        title="Quotation",
        number=words.number,
        seller=party(heads.seller),
        buyer=party(heads.buyer),
        facts=_facts(words, quotation.account.reference),
        headings=("Description", "Quantity", "List price", "Discount", f"To pay {words.currency}"),
        lines=[
            _on_paper(line, shown.row, words.currency)
            for line, shown in zip(words.lines, told.lines, strict=True)
        ],
        sums=_sums(words),
        total=("Total, first payment" if len(words.sums) > 1 else "Total", words.total),
        note=words.note,
        parts=[
            *_estimate(quotation.account_id, quotation.estimate),
            *parts_of(heads.seller, ("terms", "Terms")),
            ("Amounts", _amounts(words.currency)),
            *parts_of(heads.seller, ("contact", "Questions")),
        ],
    )


def _facts(words: Wording, reference: str) -> list[tuple[str, str]]:
    first = f"{words.first_day:%-d %B %Y}" if words.first_day else "its acceptance"
    found = [
        ("Date", f"{words.written_on:%-d %B %Y}"),
        ("Valid until", f"{words.last_day:%-d %B %Y}"),
        ("Holds from", first),
        ("Customer", reference),
    ]
    return [*found, ("Takes the place of", words.replaces)] if words.replaces else found


def _on_paper(line: WordedLine, row: QuotationLine, currency: str) -> PaperLine:
    off = row.list_amount - row.amount
    amounts = [
        digits(row.list_amount, currency),
        digits(-off, currency) if off else "",
        digits(row.amount, currency),
    ]
    return PaperLine(
        cells=(line.name, line.quantity, *amounts),
        below=[*line.gives, *([line.ends] if line.ends else [])],
        off=line.taken_off,
        under=line.every,
    )


def _sums(words: Wording) -> list[tuple[str, str]]:
    found = []
    if words.is_reduced:
        why = f" · {words.discount}" if words.discount else ""
        found = [("At list price", words.listed), (f"Taken off{why}", f"−{words.taken_off}")]
    if len(words.sums) > 1:
        found += [(f"Paid {every}", amount) for every, amount in words.sums]
    return found


def _estimate(account_id: UUID, kept: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What its lines were chosen by. kept: None where nobody reckoned it."""
    if not kept:
        return []
    until = datetime.fromisoformat(kept["until"]) - timedelta(microseconds=1)
    days = [day_of(account_id, moment) for moment in (datetime.fromisoformat(kept["since"]), until)]
    need = f"{Decimal(kept['a_month']):,f} {kept['unit']} a month"
    seats = [f"{count} seat{'' if count == 1 else 's'} of {code}" for code, count in kept["peaks"].items()]
    told = f"Your usage from {days[0]:%-d %B %Y} to {days[1]:%-d %B %Y} comes to {need}"
    return [("Estimate", f"{told}{', and at most ' + ', '.join(seats) + ' at once' if seats else ''}.")]


def _amounts(currency: str) -> str:
    return (
        f"Each line is rounded half up to the smallest unit of {currency}; the lines add up to the total. "
        "Taxes are not part of it."
    )


def _sum(each: Sum, currency: str) -> tuple[str, str]:
    return EVERY[each.period], written(each.amount, currency)


def _line(shown: ShownLine, currency: str) -> WordedLine:
    row, offer = shown.row, shown.offer
    return WordedLine(
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
    if row.discounted:
        share = f" {plain(row.discount_share)} %" if row.discount_share else ""
        why = f" ({row.discount_reason})" if row.discount_reason else ""
        found.append(f"Discount{share}: −{written(row.discounted, currency)}{why}")
    if row.spread:
        found.append(f"{ON_THE_WHOLE}: −{written(row.spread, currency)}")
    return found


def _discount(quotation: Quotation) -> str:
    off = sum((line.spread for line in quotation.lines.all()), Decimal(0))
    if not off:
        return ""
    share = f" {plain(quotation.discount_share)} %" if quotation.discount_share else ""
    why = f" ({quotation.discount_reason})" if quotation.discount_reason else ""
    return f"Discount{share} on the whole: −{written(off, quotation.currency)}{why}"
