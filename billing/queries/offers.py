"""Offers by their codes, as they are now."""

from __future__ import annotations

from collections.abc import Collection

from billing.models import Offer, OfferTokens
from billing.rules.offers import ONCE, AllowancePart, SeatsPart, Snapshot, TokensPart, turn


def offers_named(codes: Collection[str]) -> dict[str, Offer]:
    """The offers of these codes, on sale or not, with their parts."""
    return {offer.code: offer for offer in Offer.objects.with_parts().filter(code__in=codes)}


def snapshot_of(offer: Offer) -> Snapshot:
    """What the offer means now."""
    return Snapshot(
        code=offer.code,
        name=offer.name,
        kind=offer.kind,
        list_price=offer.list_price,
        currency=offer.currency,
        period=offer.period,
        rate_table=offer.rate_table,
        policy=offer.policy,
        entitlements=offer.entitlements,
        tokens=tuple(_tokens(part, offer.period) for part in offer.tokens.all()),
        seats=tuple(SeatsPart(part.pattern, part.seats) for part in offer.seats.all()),
        allowances=tuple(
            AllowancePart(part.pattern, part.units, part.period, part.carries)
            for part in offer.allowances.all()
        ),
        access=tuple(part.pattern for part in offer.access.all()),
        trial=offer.trial_id,
    )


def _tokens(part: OfferTokens, period: str) -> TokensPart:
    return TokensPart(
        unit=part.unit.code,
        tokens=part.tokens,
        every=turn(part.every, period) if period else ONCE,
        is_bonus=part.is_bonus,
        share=part.share,
        lasts_days=part.lasts_days,
        lasts_months=part.lasts_months,
        ends_with_period=part.ends_with_period and bool(part.every and period),
        priority=part.priority,
        features=tuple(part.features),
    )
