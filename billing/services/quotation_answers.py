"""What customers say to quotations: accepting one is the order, once."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import QuotationNotOpen
from billing.models import Order, PromotionUse, Quotation, QuotationAnswer
from billing.queries.quotations import quotation_of
from billing.rules import offers
from billing.rules.orders import LineAsked, OrderAsked
from billing.services import bought_terms, ordering
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock

ACCEPTED, DECLINED = "accepted", "declined"


@transaction.atomic
def accept(
    *,
    quotation_id: UUID,
    answered_by: str,
    reference: str,
    user: User,
    by: str = "",
    now: datetime | None = None,
) -> QuotationAnswer:
    """Place the order that the quotation offers, in its amounts; a second time answers the first.

    answered_by: who at the customer. reference: of their own, such as a purchase order's number.
    by: whose order it is; the user's where it is not said.

    Raises UnknownQuotation, QuotationNotOpen where it is a draft, over, declined or superseded, InvalidRequest,
    AccountClosed, IdempotencyKeyReused where another system's order has its number; IntegrityError where all uses of a
    promotion are taken.
    """
    if not answered_by.strip():
        raise InvalidRequest.at("/answered_by", "Say who accepted it.")
    quotation, moment = _locked(quotation_id, now)
    known = quotation.answers.select_related("order").first()
    if known is not None and known.verdict == ACCEPTED:
        return known
    _check_open(quotation, moment)
    _use_promotions(quotation, moment)
    ordering.place(order_of(quotation, answered_by, by or user.get_username(), moment), now=now)
    return QuotationAnswer.objects.create(
        account_id=quotation.account_id,
        quotation=quotation,
        verdict=ACCEPTED,
        answered_by=answered_by.strip(),
        reference=reference.strip(),
        order=Order.objects.get(account_id=quotation.account_id, external_id=quotation.root_number),
        recorded_by=user,
        recorded_at=moment,
    )


@transaction.atomic
def decline(
    *, quotation_id: UUID, answered_by: str, reason: str, user: User, now: datetime | None = None
) -> QuotationAnswer:
    """Note that the customer does not want it. A revision may still be written.

    Raises UnknownQuotation, QuotationNotOpen.
    """
    quotation, moment = _locked(quotation_id, now)
    _check_open(quotation, moment)
    return QuotationAnswer.objects.create(
        account_id=quotation.account_id,
        quotation=quotation,
        verdict=DECLINED,
        answered_by=answered_by.strip(),
        reason=reason.strip(),
        recorded_by=user,
        recorded_at=moment,
    )


@transaction.atomic
def require_open(quotation_id: UUID) -> Quotation:
    """Lock the account of a quotation that can be accepted now.

    Raises UnknownQuotation, QuotationNotOpen where it is a draft, over, or answered.
    """
    quotation, moment = _locked(quotation_id, None)
    _check_open(quotation, moment)
    return quotation


def _locked(quotation_id: UUID, now: datetime | None) -> tuple[Quotation, datetime]:
    account_id = quotation_of(quotation_id, database_clock()).account_id
    bought_terms.lock(account_id)
    moment = now or database_clock()
    return quotation_of(quotation_id, moment), moment


def _use_promotions(quotation: Quotation, moment: datetime) -> None:
    """Count the use of each promotion, in one order."""
    promotions = quotation.lines.exclude(promotion=None).values_list("promotion_id", flat=True)
    for promotion_id in sorted(set(promotions)):
        PromotionUse.objects.create(
            account_id=quotation.account_id,
            promotion_id=promotion_id,
            quotation=quotation,
            recorded_at=moment,
        )


def _check_open(quotation: Quotation, moment: datetime) -> None:
    state = getattr(quotation, "state", "")
    if state == Quotation.State.SENT:
        return
    last = f"{quotation.last_moment:%-d %b %Y}"
    why = {
        Quotation.State.DRAFT: "The quotation is a draft: send it first.",
        Quotation.State.REVIEW: "The quotation is in review: it was not sent yet.",
        Quotation.State.DECLINED: "The quotation was declined: write a revision of it.",
        Quotation.State.ACCEPTED: "The quotation was accepted already.",
        Quotation.State.EXPIRED: f"The quotation was valid until {last}: write a revision of it.",
        Quotation.State.SUPERSEDED: "A revision took the place of this quotation: answer that one.",
    }
    raise QuotationNotOpen(why[Quotation.State(state)])


def order_of(quotation: Quotation, answered_by: str, by: str, moment: datetime) -> OrderAsked:
    """The order that a quotation is, once somebody at the customer accepts it."""
    starts_at, rows = quotation.starts_at, list(quotation.lines.order_by("position"))
    return OrderAsked(
        external_id=quotation.root_number,
        account=quotation.account.reference,
        lines=[
            LineAsked(
                sku=row.sku,
                quantity=row.quantity,
                amount=row.amount,
                currency=quotation.currency,
                ends_at=row.ends_at,
            )
            for row in rows
        ],
        meant=[offers.read(row.snapshot) for row in rows],
        fingerprint=sha256(quotation.pk.bytes).digest(),
        by=by,
        starts_at=starts_at if starts_at and starts_at > moment else None,
        reason=f"Quotation {quotation.number}, accepted by {answered_by.strip()}.",
    )
