"""Quotations as people write them: drafts, a second person where a rule asks for one, and sending, which closes them.

Everything happens under the account's lock, so an edit, an approval, the sending and an acceptance that race come one
after the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.contrib.auth.models import User
from django.db import connection, transaction

from billing.errors import ApprovalNeeded, QuotationEdited, QuotationNotOpen, QuotationOutdated, QuotationSent
from billing.models import Quotation, QuotationDecision, QuotationLine
from billing.queries import quotation_days
from billing.queries.quotation_lines import Reckoned, ReckonedLine, reckoned
from billing.queries.quotations import asked_of, quotation_of, shown
from billing.rules import offers
from billing.rules.money import written
from billing.rules.quotations import QuotationAsked
from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed
from usage.queries.moments import database_clock
from wallets.models import Account
from wallets.services import ledger


@transaction.atomic
def draft(
    *,
    account_id: UUID,
    asked: QuotationAsked,
    user: User,
    estimate: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> Quotation:
    """Begin a quotation to an account. estimate: what it was filled from.

    Raises AccountMissing, UnknownReference, InvalidRequest.
    """
    ledger.lock(account_id)
    moment = now or database_clock()
    quotation = Quotation(
        account=Account.objects.get(pk=account_id), created_at=moment, edits=0, estimate=estimate
    )
    return _saved(quotation, asked, user, moment)


@transaction.atomic
def edit(*, quotation_id: UUID, edits: int, asked: QuotationAsked, user: User) -> Quotation:
    """Let a draft say something else. edits: the save that the person saw.

    Raises UnknownQuotation, QuotationSent, QuotationEdited, UnknownReference, InvalidRequest.
    """
    quotation, moment = locked_draft(quotation_id, edits)
    quotation.lines.all().delete()
    return _saved(quotation, asked, user, moment)


@transaction.atomic
def ask(*, quotation_id: UUID, edits: int, note: str, user: User) -> Quotation:
    """Put a draft before a second person, as it stands.

    Raises UnknownQuotation, QuotationSent, QuotationEdited.
    """
    quotation, _ = locked_draft(quotation_id, edits)
    quotation.asked_edits, quotation.asked_note = quotation.edits, note
    signed(quotation, user, f"Asked for approval. {note}".strip()).save()
    return quotation


@transaction.atomic
def decide(
    *, quotation_id: UUID, edits: int, verdict: str, reason: str, user: User, now: datetime | None = None
) -> QuotationDecision:
    """Approve a draft as it stands, or send it back. The database holds that nobody decides on his own.

    Raises UnknownQuotation, QuotationSent, QuotationEdited; IntegrityError where the author decides.
    """
    quotation, moment = locked_draft(quotation_id, edits, now)
    decision = QuotationDecision.objects.create(
        account_id=quotation.account_id,
        quotation=quotation,
        edits=quotation.edits,
        author=quotation.author,
        verdict=verdict,
        decided_by=user,
        decided_at=moment,
        reason=reason,
    )
    if quotation.asked_edits is not None:
        quotation.asked_edits = None
        signed(quotation, user, f"{decision}. {reason}".strip()).save()
    return decision


@transaction.atomic
def send(*, quotation_id: UUID, edits: int, user: User, now: datetime | None = None) -> Quotation:
    """Give a draft its number and close it: from now on it can be accepted, and says what it says.

    Raises UnknownQuotation, QuotationSent, QuotationEdited, QuotationOutdated, ApprovalNeeded, QuotationNotOpen,
    InvalidRequest, UnknownReference.
    """
    quotation, moment = locked_draft(quotation_id, edits, now)
    if quotation.valid_until <= moment:
        raise InvalidRequest.at("/last_day", "The day until which it is valid is over.")
    _check_up_to_date(quotation, reckoned(quotation.account_id, asked_of(quotation), moment))
    told = shown(quotation, moment)
    if told.needs_approval:
        raise ApprovalNeeded(
            f"{quotation.widest_share.normalize():f} % off is over {quotation.author}'s limit of "
            f"{told.limit.normalize() if told.limit is not None else '':f} %: a second person approves it first."
        )
    _number(quotation, moment)
    quotation.sent_at, quotation.sent_by = moment, user
    quotation.limit_share, quotation.approval = told.limit, told.approval
    quotation.asked_edits = None
    signed(quotation, user, f"Sent as {quotation.number}.").save()
    return quotation


@transaction.atomic
def revise(*, quotation_id: UUID, user: User) -> Quotation:
    """A draft that says what a sent quotation says, and takes its place when it is sent itself. There is one at most.

    Raises UnknownQuotation, QuotationNotOpen where it is not sent, accepted, or revised already.
    """
    moment = database_clock()
    account_id = quotation_of(quotation_id, moment).account_id
    ledger.lock(account_id)
    moment = database_clock()
    former = quotation_of(quotation_id, moment)
    known = former.revisions.first()
    if known is not None and not known.is_sent:
        return known
    _check_revisable(former, known)
    lines = list(former.lines.order_by("position"))
    made = Quotation.objects.get(pk=former.pk)
    made.pk, made._state.adding = None, True
    made.supersedes, made.revision, made.edits = former, former.revision + 1, 1
    made.year = made.serial = made.sent_at = made.sent_by = made.limit_share = made.approval = None
    made.author, made.created_at, made.asked_edits, made.asked_note = user, moment, None, ""
    made.valid_until = max(made.valid_until, quotation_days.usual_end(account_id, moment))
    signed(made, user, f"Revision of {former.number}.").save()
    for line in lines:
        line.pk, line._state.adding, line.quotation = None, True, made
    QuotationLine.objects.bulk_create(lines)
    return made


def locked_draft(quotation_id: UUID, edits: int, now: datetime | None = None) -> tuple[Quotation, datetime]:
    """A draft and the instant, once the account is locked.

    Raises UnknownQuotation, QuotationSent, QuotationEdited.
    """
    ledger.lock(quotation_of(quotation_id, database_clock()).account_id)
    moment = now or database_clock()
    quotation = quotation_of(quotation_id, moment)
    if quotation.is_sent:
        raise QuotationSent()
    if quotation.edits != edits:
        raise QuotationEdited()
    return quotation, moment


def _saved(quotation: Quotation, asked: QuotationAsked, user: User, moment: datetime) -> Quotation:
    account_id = quotation.account_id
    quotation.valid_until = quotation_days.end_of(account_id, asked.last_day)
    if quotation.valid_until <= moment:
        raise InvalidRequest.at("/last_day", "A quotation is valid until today or a later day.")
    found = reckoned(account_id, asked, moment)
    quotation.starts_at = quotation_days.beginning_of(account_id, asked.first_day)
    quotation.currency, quotation.note, quotation.author = asked.currency, asked.note, user
    quotation.discount_share, quotation.discount_amount = asked.discount.share, asked.discount.amount
    quotation.discount_reason = asked.discount.reason
    quotation.list_amount, quotation.amount = found.listed, found.amount
    quotation.widest_share = found.widest
    quotation.edits += 1
    count = len(found.lines)
    said = f"{count} line{'' if count == 1 else 's'}, {written(quotation.amount, quotation.currency)}."
    signed(quotation, user, said).save()
    QuotationLine.objects.bulk_create(_line(quotation, place, line) for place, line in enumerate(found.lines))
    return quotation


def _line(quotation: Quotation, place: int, line: ReckonedLine) -> QuotationLine:
    asked, money, promotion = line.asked, line.money, line.promotion
    return QuotationLine(
        account_id=quotation.account_id,
        quotation=quotation,
        position=place,
        sku=asked.sku,
        quantity=asked.quantity,
        list_amount=money.listed,
        promotion=promotion,
        is_promotion_chosen=bool(asked.promotion),
        promotion_terms=msgspec.to_builtins(promotion.terms) if promotion else None,
        promotion_amount=money.promoted,
        discount_share=asked.discount.share,
        discount_amount=asked.discount.amount,
        discount_reason=asked.discount.reason,
        discounted=money.discounted,
        spread=money.spread,
        amount=money.amount,
        ends_at=quotation_days.end_of(quotation.account_id, asked.last_day) if asked.last_day else None,
        snapshot=offers.kept(line.offer),
    )


def _check_up_to_date(quotation: Quotation, found: Reckoned) -> None:
    """Refuse to send what nobody has seen: an offer or a promotion changed since the draft was saved."""
    rows = list(quotation.lines.order_by("position"))
    for row, line in zip(rows, found.lines, strict=True):
        if offers.read(row.snapshot) != line.offer or row.amount != line.money.amount:
            raise QuotationOutdated(
                f"{row.sku} means or costs something else than when the draft was saved: save it again and look at it."
            )


def _check_revisable(former: Quotation, known: Quotation | None) -> None:
    if not former.is_sent:
        raise QuotationNotOpen("The quotation is a draft: edit it.")
    if known is not None:
        raise QuotationNotOpen(f"It was revised already: {known.number} took its place.")
    if former.answers.filter(verdict="accepted").exists():
        raise QuotationNotOpen("The quotation was accepted: what changes is a new version of its order.")


def _number(quotation: Quotation, moment: datetime) -> None:
    """The number of what it takes the place of, else the next of the year: without a gap, as it is sent with it.

    Raises QuotationNotOpen where the former one was accepted meanwhile.
    """
    former = quotation.supersedes
    if former is not None:
        if former.answers.filter(verdict="accepted").exists():
            raise QuotationNotOpen(f"{former.number} was accepted meanwhile: its order stands.")
        quotation.year, quotation.serial = former.year, former.serial
        return
    quotation.year = moment.year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_quotationyear AS y (year, last) VALUES (%s, 1) "
            "ON CONFLICT (year) DO UPDATE SET last = y.last + 1 RETURNING last",
            [quotation.year],
        )
        quotation.serial = cursor.fetchone()[0]
