"""Offers and orders for tests, in a line each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from billing.models import Offer, OfferAccess, OfferAllowance, OfferSeats, OfferTokens, OrderGrant
from billing.rules.orders import LineAsked, OrderAsked
from billing.services import ordering
from usage.tests.made import named
from wallets.models import Account, Grant, TokenUnit


def an_offer(price: str = "100", *, tokens: Sequence[dict[str, Any]] = (), **given: Any) -> Offer:
    """An offer that is on sale. seats: by pattern; allowances: units a month by pattern; access: patterns."""
    parts = {name: given.pop(name, {}) for name in ("seats", "allowances", "access")}
    offer = Offer.objects.create(
        **{"code": named("sku"), "name": "Sold", "list_price": Decimal(price), "currency": "USD"} | given
    )
    for part in tokens:
        unit = TokenUnit.objects.get(is_default=True)
        OfferTokens.objects.create(offer=offer, unit=unit, **part)
    for pattern, seats in dict(parts["seats"]).items():
        OfferSeats.objects.create(offer=offer, pattern=pattern, seats=seats)
    for pattern, units in dict(parts["allowances"]).items():
        OfferAllowance.objects.create(offer=offer, pattern=pattern, units=Decimal(units))
    for pattern in parts["access"]:
        OfferAccess.objects.create(offer=offer, pattern=pattern)
    return offer


def bought(tokens: str, **given: Any) -> dict[str, Any]:
    """Tokens that the whole price pays for."""
    return {"tokens": Decimal(tokens), "share": Decimal(100)} | given


def monthly(tokens: str, **given: Any) -> dict[str, Any]:
    """Tokens that are included each period and end with it."""
    return {"tokens": Decimal(tokens), "every": "period", "ends_with_period": True} | given


def a_line(offer: Offer, quantity: str = "1", **given: Any) -> LineAsked:
    amount = given.pop("amount", None)
    return LineAsked(
        offer.code, quantity=Decimal(quantity), amount=None if amount is None else Decimal(amount), **given
    )


def order(
    account: Account,
    *lines: LineAsked,
    external_id: str | None = None,
    version: int = 1,
    now: datetime | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Place an order, of a name of its own unless one is given."""
    body = repr((external_id, version, account.reference, lines, sorted(given.items())))
    asked = OrderAsked(
        external_id=external_id or named("SO"),
        account=account.reference,
        lines=lines,
        fingerprint=sha256(body.encode()).digest(),
        by="tests",
        version=version,
        **given,
    )
    return ordering.place(asked, now=now)


def given_to(account: Account) -> list[Grant]:
    """The grants that the account's orders made, the earliest first."""
    made = OrderGrant.objects.filter(account=account).order_by("grant_id")
    return list(Grant.objects.filter(pk__in=[each.grant_id for each in made]).order_by("pk"))


def left(account: Account) -> list[Decimal]:
    """What is left of each grant that the account's orders made."""
    return [grant.remaining for grant in given_to(account)]
