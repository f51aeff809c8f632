"""What overage costs in money: set as dated facts, for everybody or for one account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.models import OverageRate
from config.kernel.errors import InvalidRequest, UnknownReference
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.models import Currency
from wallets.queries.units import unit_named


@dataclass(frozen=True, slots=True)
class OverageRateOrder:
    """price: money for one token, zero or more, up to 12 decimals; None ends what was before.

    account_id: whose; None: everybody's who has none. token: None is the default unit. effective_from: None is now;
    a past instant prices what no final invoice carries yet.
    """

    price: Decimal | None
    currency: str = ""
    account_id: UUID | None = None
    token: str | None = None
    effective_from: datetime | None = None


@transaction.atomic
def set_rate(*, order: OverageRateOrder, author: Author, now: datetime | None = None) -> OverageRate:
    """Let overage cost so much from an instant of usage on. Final invoices stay as they are.

    Raises InvalidRequest, UnitMissing, UnknownReference.
    """
    if not author.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    if order.price is not None:
        if order.price < 0:
            raise InvalidRequest.at("/price", "A token of overage costs zero or more.")
        if not Currency.objects.filter(code=order.currency).exists():
            raise UnknownReference(f"There is no currency {order.currency}.")
    moment = now or database_clock()
    return OverageRate.objects.create(
        customer_id=order.account_id,
        unit=unit_named(order.token),
        price=order.price,
        currency="" if order.price is None else order.currency,
        effective_from=order.effective_from or moment,
        recorded_at=moment,
        set_by=author.name,
        reason=author.reason,
    )
