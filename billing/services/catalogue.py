"""What can be sold, written as a whole: an offer and its parts, by one set of rules wherever they come from."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from billing.models import Offer, OfferAccess, OfferAllowance, OfferSeats, OfferTokens
from billing.queries.offers import offers_named, snapshot_of
from billing.rules.offers import MONTH, ONCE, YEAR, Snapshot, faults_of, policy_read
from config.kernel.errors import InvalidRequest, UnknownReference
from config.kernel.signing import signed
from pricing.models import RateTable
from usage.rules.policies import faults_of as policy_faults_of
from wallets.models import Currency
from wallets.queries.units import unit_named

PARTS = ("tokens", "seats", "allowances", "access")


@transaction.atomic
def put(meant: Snapshot, *, user: User | None = None, reason: str = "") -> bool:
    """Let an offer mean this for orders from now on, and be on sale; answers whether that is new.

    Raises InvalidRequest, UnknownReference, UnitMissing.
    """
    check(meant)
    offer = offers_named([meant.code]).get(meant.code)
    if offer is not None and snapshot_of(offer) == meant and offer.is_sold:
        return False
    offer = offer or Offer(code=meant.code)
    for name in ("name", "kind", "list_price", "currency", "period", "rate_table", "policy", "entitlements"):
        setattr(offer, name, getattr(meant, name))
    offer.trial_id = meant.trial
    offer.is_sold = True
    _save(offer, user, reason)
    for part in (part for name in PARTS for part in getattr(offer, name).all()):
        signed(part, user, reason).delete()
    for part in _parts(offer, meant):
        _save(part, user, reason)
    return True


def check(meant: Snapshot) -> None:
    """Refuse what no offer can be.

    Raises InvalidRequest, UnknownReference for a currency or a rate table that there is not.
    """
    for fault in faults_of(meant):
        raise InvalidRequest(fault)
    policy = policy_read(meant.policy)
    for wrong in policy_faults_of(policy) if policy is not None else ():
        raise InvalidRequest(wrong.detail, errors=[wrong])
    if not Currency.objects.filter(code=meant.currency).exists():
        raise UnknownReference(f"There is no rate for the currency {meant.currency}.")
    if meant.rate_table and not RateTable.objects.filter(code=meant.rate_table).exists():
        raise UnknownReference(f"There is no rate table {meant.rate_table}.")


def _every(every: str, period: str) -> str:
    if every == ONCE:
        return ""
    return "month" if every == MONTH and period == YEAR else "period"


def _parts(offer: Offer, meant: Snapshot) -> list[Model]:
    tokens: list[Model] = [
        OfferTokens(
            offer=offer,
            unit=unit_named(part.unit),
            tokens=part.tokens,
            every=_every(part.every, meant.period),
            is_bonus=part.is_bonus,
            share=part.share,
            lasts_days=part.lasts_days,
            lasts_months=part.lasts_months,
            ends_with_period=part.ends_with_period,
            priority=part.priority,
            features=list(part.features),
        )
        for part in meant.tokens
    ]
    return [
        *tokens,
        *(OfferSeats(offer=offer, pattern=part.pattern, seats=part.seats) for part in meant.seats),
        *(
            OfferAllowance(
                offer=offer, pattern=part.pattern, units=part.units, period=part.period, carries=part.carries
            )
            for part in meant.allowances
        ),
        *(OfferAccess(offer=offer, pattern=pattern) for pattern in meant.access),
    ]


def _save(row: Any, user: User | None, reason: str) -> None:
    """Save a row; what the database would refuse is said in a sentence."""
    try:
        row.full_clean(exclude=["offer"])
    except ValidationError as fault:
        name, sentences = next(iter(fault.message_dict.items()))
        about = "" if name == "__all__" else f"{name}: "
        raise InvalidRequest(f"{about}{sentences[0]}") from None
    signed(row, user, reason).save()
