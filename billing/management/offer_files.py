"""Offers as files: JSON, in the words of the desk."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from billing.models import TrialOffer
from billing.rules.offers import AllowancePart, SeatsPart, Snapshot, TokensPart, policy_kept, turn
from config.http import shapes
from config.http.json_text import parse
from config.http.scalars import (
    Currency,
    Label,
    Money,
    Priority,
    Quantity,
    QuantityLimit,
    Reference,
    Share,
    Tokens,
    Whole,
)
from config.http.shapes import Shape
from config.kernel.errors import UnknownReference
from usage.api.requests_of_policies import Block, Overage, choice
from wallets.models import TokenUnit


class TokensInFile(Shape):
    tokens: Tokens
    token: Reference | None = None
    every: Literal["once", "period", "month"] = "once"
    bonus: bool = False
    share: Share | None = None
    lasts_days: Whole | None = None
    lasts_months: Whole | None = None
    ends_with_period: bool = False
    priority: Priority | None = None
    features: list[Reference] | None = None


class SeatsInFile(Shape):
    pattern: Reference
    seats: Whole


class AllowanceInFile(Shape):
    pattern: Reference
    units: Quantity
    period: Literal["day", "week", "month", "year", "total"] = "month"
    carries: QuantityLimit | None = None


class OfferInFile(Shape):
    sku: Reference
    name: Label
    kind: Literal["pack", "plan", "seats"]
    list_price: Money
    currency: Currency
    period: Literal["", "month", "year"] = ""
    rate_table: Reference | None = None
    policy: Block | Overage | None = None
    entitlements: Literal["portfolio", "bought"] | None = None
    tokens: list[TokensInFile] | None = None
    seats: list[SeatsInFile] | None = None
    allowances: list[AllowanceInFile] | None = None
    access: list[Reference] | None = None
    trial: Label | None = None


class OffersInFile(Shape):
    offers: Annotated[list[OfferInFile], Meta(min_length=1, max_length=1000)]


def offers_of(text: bytes) -> list[Snapshot]:
    """The offers that a file spells.

    Raises InvalidRequest that names every member at fault.
    """
    default = TokenUnit.objects.get(is_default=True).code
    return [_meant(offer, default) for offer in shapes.read(OffersInFile, parse(text)).offers]


def _meant(offer: OfferInFile, default_unit: str) -> Snapshot:
    return Snapshot(
        code=offer.sku,
        name=offer.name,
        kind=offer.kind,
        list_price=offer.list_price,
        currency=offer.currency,
        period=offer.period,
        rate_table=offer.rate_table or "",
        policy=policy_kept(choice(offer.policy)) if offer.policy is not None else None,
        entitlements=offer.entitlements or "",
        tokens=tuple(_tokens(part, offer.period, default_unit) for part in offer.tokens or ()),
        seats=tuple(SeatsPart(part.pattern, part.seats) for part in offer.seats or ()),
        allowances=tuple(
            AllowancePart(part.pattern, part.units, part.period, part.carries)
            for part in offer.allowances or ()
        ),
        access=tuple(offer.access or ()),
        trial=_trial(offer.trial),
    )


def _trial(name: str | None) -> int | None:
    if name is None:
        return None
    found: int | None = TrialOffer.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownReference(f"There is no trial offer {name}.")
    return found


def _tokens(part: TokensInFile, period: str, default_unit: str) -> TokensPart:
    return TokensPart(
        unit=part.token or default_unit,
        tokens=part.tokens,
        every=turn(part.every, period),
        is_bonus=part.bonus,
        share=part.share if part.share is not None else Decimal(0),
        lasts_days=part.lasts_days,
        lasts_months=part.lasts_months,
        ends_with_period=part.ends_with_period,
        priority=50 if part.priority is None else part.priority,
        features=tuple(part.features or ()),
    )
