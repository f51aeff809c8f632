"""Quotations: where they stand, their lines as people read them, and what was asked for by those that are drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.errors import UnknownQuotation
from billing.models import Quotation, QuotationAnswer, QuotationDecision, QuotationLine
from billing.queries.calendar import day_of
from billing.queries.discount_limits import limit_of
from billing.rules import offers
from billing.rules.offers import Snapshot
from billing.rules.quotations import Discount, LineQuoted, QuotationAsked
from config.kernel.amounts import readable


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line beside what its offer means in it."""

    row: QuotationLine
    offer: Snapshot
    last_day: date | None

    @property
    def gives(self) -> list[str]:
        """What one line gives in all, and what it changes for the account, in words."""
        return [*_tokens(self.row, self.offer), *_rest(self.row, self.offer), *self.offer.terms]


@dataclass(frozen=True, slots=True)
class Sum:
    """What is paid once, or each month or year."""

    period: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Shown:
    """A quotation as its page shows it, with what stands in the way of sending it."""

    quotation: Quotation
    state: str
    lines: Sequence[ShownLine]
    answer: QuotationAnswer | None
    decisions: Sequence[QuotationDecision]
    limit: Decimal | None
    last_day: date
    first_day: date | None
    revision: Quotation | None

    @property
    def approval(self) -> QuotationDecision | None:
        """The approval of the draft as it stands."""
        edits = self.quotation.edits
        return next(
            (each for each in self.decisions if each.edits == edits and each.verdict == "approved"), None
        )

    @property
    def needs_approval(self) -> bool:
        """Whether a second person has to look before it is sent."""
        is_over = self.limit is not None and self.quotation.widest_share > self.limit
        return not self.quotation.is_sent and is_over and self.approval is None

    @property
    def sums(self) -> list[Sum]:
        found: dict[str, Decimal] = {}
        for line in self.lines:
            found[line.offer.period] = found.get(line.offer.period, Decimal(0)) + line.row.amount
        return [Sum(period, found[period]) for period in sorted(found)]


def quotation_of(quotation_id: UUID, moment: datetime) -> Quotation:
    """A quotation with its state at an instant.

    Raises UnknownQuotation.
    """
    rows = Quotation.objects.standing(moment).select_related("account", "author", "sent_by", "supersedes")
    found = rows.filter(pk=quotation_id).first()
    if found is None:
        raise UnknownQuotation()
    return found


def shown(quotation: Quotation, moment: datetime) -> Shown:
    """The quotation with all that its page tells. It carries its `state`."""
    account_id = quotation.account_id
    return Shown(
        quotation=quotation,
        state=getattr(quotation, "state", ""),
        lines=[_shown_line(row) for row in quotation.lines.select_related("promotion").order_by("position")],
        answer=quotation.answers.select_related("recorded_by", "order").first(),
        decisions=list(quotation.decisions.select_related("decided_by", "author")),
        limit=quotation.limit_share if quotation.is_sent else limit_of(quotation.author),
        last_day=day_of(account_id, quotation.last_moment),
        first_day=day_of(account_id, quotation.starts_at) if quotation.starts_at else None,
        revision=quotation.revisions.first(),
    )


def asked_of(quotation: Quotation) -> QuotationAsked:
    """What a person wrote who saved it last: to edit it, or to write a revision."""
    return QuotationAsked(
        currency=quotation.currency,
        last_day=day_of(quotation.account_id, quotation.last_moment),
        lines=[_asked_line(row) for row in quotation.lines.select_related("promotion").order_by("position")],
        discount=Discount(quotation.discount_share, quotation.discount_amount, quotation.discount_reason),
        first_day=day_of(quotation.account_id, quotation.starts_at) if quotation.starts_at else None,
        note=quotation.note,
    )


def _asked_line(row: QuotationLine) -> LineQuoted:
    chosen = row.promotion.code if row.promotion and row.is_promotion_chosen else ""
    return LineQuoted(
        sku=row.sku,
        quantity=row.quantity,
        discount=Discount(row.discount_share, row.discount_amount, row.discount_reason),
        promotion=chosen,
        last_day=_last_day(row),
    )


def _shown_line(row: QuotationLine) -> ShownLine:
    return ShownLine(row, offers.read(row.snapshot), _last_day(row))


def _last_day(row: QuotationLine) -> date | None:
    if row.ends_at is None:
        return None
    return day_of(row.account_id, row.ends_at - timedelta(microseconds=1))


def _tokens(row: QuotationLine, offer: Snapshot) -> list[str]:
    found = []
    for part in offer.tokens:
        amount = readable(offers.tokens_of(part, row.quantity))
        every = "" if part.every == offers.ONCE else f" each {part.every}"
        kind = " bonus" if part.is_bonus else ""
        lasting = ""
        if part.lasts_days or part.lasts_months:
            count, unit = (part.lasts_days, "day") if part.lasts_days else (part.lasts_months, "month")
            lasting = f", for {count} {unit}{'' if count == 1 else 's'}"
        found.append(f"{amount} {part.unit}{kind}{every}{lasting}")
    return found


def _rest(row: QuotationLine, offer: Snapshot) -> list[str]:
    seats = [_seats(part.seats * row.quantity, part.pattern) for part in offer.seats]
    units = [
        f"{readable(part.units * row.quantity)} units of {part.pattern} a {part.period}"
        for part in offer.allowances
    ]
    return [*seats, *units]


def _seats(count: Decimal, pattern: str) -> str:
    return f"{readable(count)} seat{'' if count == 1 else 's'} of {pattern}"
