"""Trials: tokens that a seller issues on an offer, once however often the form is sent, within a month's allowance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from billing.errors import OpportunityTaken, TrialGivenAlready, UnknownOffer
from billing.models import Recipient, Trial, TrialOffer, TrialRequest
from billing.queries.calendar import days_later
from billing.queries.seller_allowances import month_of_seller
from billing.queries.trial_ends import remind_at
from billing.queries.trials import domain_of
from billing.rules.trial_orders import TrialOrder, in_form
from billing.services import recipients, seller_allowances, trial_names
from billing.services.recipients import RecipientWish
from billing.services.trial_names import once_key_of
from config.kernel.errors import IdempotencyKeyReused, InvalidRequest
from usage.queries.moments import database_clock
from usage.rules.grants import GrantOrder
from usage.services import granting
from usage.services.claims import THE_DESK, Call
from wallets.models import Account
from wallets.queries.accounts import account_named
from wallets.services import ledger

REMINDER = "trial.expiring"
BY_AN_ORDER = "orders"

Row = TypeVar("Row", Trial, TrialRequest)


@dataclass(frozen=True)
class Issued:
    """The trial, or the request to a manager that it became. is_replay: it was there already."""

    trial: Trial | None
    request: TrialRequest | None
    is_replay: bool = False


def issue(*, order: TrialOrder, key: str, seller: User) -> Issued:
    """Issue an offer's tokens, at most once a key and an opportunity; beyond the allowance ask a manager for them.

    key: made with the form, the row or the event that asks.
    The allowance is judged under the seller's lock, so that no number of calls at once passes it.

    Raises NotFound, UnknownOffer, InvalidRequest, TrialGivenAlready, OpportunityTaken, AccountClosed, UnknownFeature,
    IdempotencyKeyReused.
    """
    asked = in_form(order)
    try:
        with transaction.atomic():
            clock = seller_allowances.lock(seller)
            now = asked.now or clock
            known = _known(asked, key)
            return known or _issue_or_ask(asked, key, seller, now)
    except IntegrityError as error:  # somebody else gave it at the same moment
        known = _known(asked, key)
        if known is None:
            raise TrialGivenAlready("This offer was given to this account or domain already.") from error
        return known


def issue_approved(*, request: TrialRequest, now: datetime) -> Trial:
    """Issue what a manager approved, beside the allowance. The caller holds the request's lock.

    Raises as `issue`.
    """
    starts_at = request.starts_at if request.starts_at and request.starts_at > now else None
    order = TrialOrder(
        request.customer.reference,
        request.offer_id,
        request.reason,
        request.opportunity,
        request.domain,
        starts_at,
    )
    return _issue(
        order, request.offer, request.customer, f"request:{request.pk}", request.seller, now, request
    )


def issue_ordered(*, customer: Account, offer_id: int, key: str, reason: str) -> Trial:
    """Issue what an order gives, at most once a key: by nobody's allowance, and once by the offer's rule.

    The domain is the account's own. The caller holds the account's lock.

    Raises UnknownOffer, InvalidRequest, TrialGivenAlready, AccountClosed, UnknownFeature.
    """
    offer = TrialOffer.objects.on().select_related("unit").filter(pk=offer_id).first()
    if offer is None:
        raise UnknownOffer()
    order = in_form(TrialOrder(customer.reference, offer_id, reason, domain=domain_of(customer)))
    _require_first(offer, customer, order)
    try:
        with transaction.atomic():
            return _issue(order, offer, customer, key, None, database_clock())
    except IntegrityError as error:
        raise TrialGivenAlready("This offer was given to this account or domain already.") from error


def _known(order: TrialOrder, key: str) -> Issued | None:
    """What this key, or this opportunity, came to before.

    Raises IdempotencyKeyReused, OpportunityTaken.
    """
    trials = Trial.objects.select_related("customer")
    requests = TrialRequest.objects.select_related("customer")
    alive = requests.exclude(verdict=TrialRequest.Verdict.DECLINED)
    trial = trials.filter(key=key).first() or _of_opportunity(trials, order)
    request = None if trial else requests.filter(key=key).first() or _of_opportunity(alive, order)
    found = trial or request
    if found is None:
        return None
    if found.key == key and not _is_of(found, order):
        raise IdempotencyKeyReused("This form stands for another trial already; open a new one.")
    if found.customer.reference != order.reference:
        raise OpportunityTaken(f"Opportunity {order.opportunity} is of account {found.customer} already.")
    trial = trial or Trial.objects.filter(request=request).first()
    return Issued(trial, None if trial else request, is_replay=True)


def _of_opportunity(rows: QuerySet[Row], order: TrialOrder) -> Row | None:
    if not order.opportunity:
        return None
    return rows.filter(offer_id=order.offer_id, opportunity=order.opportunity).first()


def _is_of(found: Trial | TrialRequest, order: TrialOrder) -> bool:
    return (found.customer.reference, found.offer_id, found.opportunity) == (
        order.reference,
        order.offer_id,
        order.opportunity,
    )


def _issue_or_ask(order: TrialOrder, key: str, seller: User, now: datetime) -> Issued:
    offer = TrialOffer.objects.on().select_related("unit").filter(pk=order.offer_id).first()
    if offer is None:
        raise UnknownOffer()
    account = account_named(order.reference)
    _require_start(offer, order, now)
    _require_first(offer, account, order)
    month = month_of_seller(seller.pk, offer.unit_id, now)
    if month.has_room_for(offer.tokens):
        return Issued(_issue(order, offer, account, key, seller, now), None)
    return Issued(None, _ask(order, offer, account, key, seller, now))


def _ask(
    order: TrialOrder, offer: TrialOffer, account: Account, key: str, seller: User, now: datetime
) -> TrialRequest:
    return TrialRequest.objects.create(
        key=key,
        customer=account,
        offer=offer,
        tokens=offer.tokens,
        opportunity=order.opportunity,
        domain=order.domain,
        starts_at=order.starts_at,
        reason=order.reason,
        seller=seller,
        asked_at=now,
    )


def _require_start(offer: TrialOffer, order: TrialOrder, now: datetime) -> None:
    """Raises InvalidRequest."""
    if order.starts_at is None:
        return
    if offer.starts == TrialOffer.Starts.FIRST_USE:
        raise InvalidRequest.at("/starts_at", "This offer starts when first used; it needs no other start.")
    if order.starts_at <= now:
        raise InvalidRequest.at("/starts_at", "A start lies ahead; leave it out for now.")


def _require_first(offer: TrialOffer, account: Account, order: TrialOrder) -> None:
    """Raises InvalidRequest, TrialGivenAlready."""
    if offer.once_per == TrialOffer.OncePer.DOMAIN and not order.domain:
        raise InvalidRequest.at("/domain", "This offer is given once a domain: say the customer's.")
    once_key = once_key_of(offer, account, order)
    before = Trial.objects.filter(offer=offer, once_key=once_key).first() if once_key else None
    if before is not None:
        whom = order.domain if offer.once_per == TrialOffer.OncePer.DOMAIN else account
        raise TrialGivenAlready(
            f"{offer} was given to {whom} on {before.issued_at:%-d %b %Y}; it is given once."
        )


def _issue(
    order: TrialOrder,
    offer: TrialOffer,
    account: Account,
    key: str,
    seller: User | None,
    now: datetime,
    request: TrialRequest | None = None,
) -> Trial:
    trial_names.lock([account.pk], trial_names.names_of(offer, account, order))
    waits = offer.starts == TrialOffer.Starts.FIRST_USE
    begins = order.starts_at or now
    expires_at = days_later(account.pk, begins, offer.activate_within if waits else offer.days)
    grant_id = _grant(order, offer, _call(seller, key, order), expires_at)
    ledger.bind(account_id=account.pk, grant_id=grant_id)
    if offer.remind_days and seller:
        _tell_of_the_end(seller, account)
    return Trial.objects.create(
        key=key,
        customer=account,
        offer=offer,
        grant_id=grant_id,
        unit=offer.unit,
        tokens=offer.tokens,
        days=offer.days,
        starts=offer.starts,
        extension_days=offer.extension_days,
        remind_days=offer.remind_days,
        seller=seller,
        request=request,
        opportunity=order.opportunity,
        domain=order.domain,
        once_key=once_key_of(offer, account, order),
        reason=order.reason,
        issued_at=now,
        remind_at=remind_at(account.pk, expires_at, offer.remind_days, now),
    )


def _call(seller: User | None, key: str, order: TrialOrder) -> Call:
    name = f"trial:{key}"
    called = Call.at_the_desk(seller, name, order) if seller else Call(THE_DESK, name, b"", BY_AN_ORDER)
    return replace(called, now=order.now)


def _grant(order: TrialOrder, offer: TrialOffer, call: Call, expires_at: datetime) -> UUID:
    grant = GrantOrder(
        kind="trial",
        tokens=offer.tokens,
        token=offer.unit.code,
        effective_at=order.starts_at,
        expires_at=expires_at,
        priority=offer.priority,
        features=tuple(offer.features),
        reason=f"{offer}: {order.reason}",
    )
    return UUID(granting.grant(reference=order.reference, order=grant, call=call).answer["id"])


def _tell_of_the_end(seller: User, account: Account) -> None:
    """See that the seller gets mail before trials of this account end; what he is told of it already stays so."""
    if not seller.email:
        return
    told = Recipient.objects.filter(address=seller.email)
    if told.filter(about=account).exists() or told.filter(about=None, types__contains=[REMINDER]).exists():
        return
    wish = RecipientWish(address=seller.email, types=[REMINDER], about=account.pk)
    recipients.create(wish=wish, user=seller, reason="Issued a trial")
