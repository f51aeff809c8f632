"""What invoices are made of in tests: a seller, rates, a month's usage."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.models import Invoice, OverageRate, Seller
from billing.services import invoicing, overage_rates
from billing.services.overage_rates import OverageRateOrder
from usage.tests.made import AUTHOR, UNLIMITED, Shop
from wallets.models import Account

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SPRING = datetime(2026, 3, 1, tzinfo=UTC)
AUTUMN_BEGINS = datetime(2026, 3, 31, 11, tzinfo=UTC)
"""The first instant of April in Auckland, thirteen hours ahead."""
MINUTE = timedelta(minutes=1)


def a_seller() -> Seller:
    """The one there is."""
    seller, _ = Seller.objects.get_or_create(
        pk=1,
        defaults={
            "name": "Acme Modelle GmbH",
            "address": "Hauptstraße 1\n10115 Berlin",
            "tax_id": "DE123456789",
            "terms": "Payable within 30 days.",
        },
    )
    return seller


def a_rate(price: str | None, account: Account | None = None, **asked: Any) -> OverageRate:
    order = OverageRateOrder(
        price=None if price is None else Decimal(price),
        currency=asked.pop("currency", "USD"),
        account_id=account.pk if account else None,
        effective_from=asked.pop("since", SPRING - timedelta(days=60)),
        **asked,
    )
    return overage_rates.set_rate(order=order, author=AUTHOR, now=SPRING - timedelta(days=60))


def a_spender(shop: Shop, price: str = "0.0125", **asked: Any) -> Account:
    """Somebody in Auckland who may spend beyond grants, at so much money a token."""
    account = shop.an_account(SPRING, policy=UNLIMITED, **{"time_zone": "Pacific/Auckland"} | asked)
    a_rate(price, account)
    return account


def drafted(account: Account, now: datetime = AUTUMN_BEGINS) -> list[Invoice]:
    return invoicing.draft_account(customer_id=account.pk, now=now)


def finalised(invoice_id: UUID, now: datetime = AUTUMN_BEGINS + MINUTE) -> Invoice:
    return invoicing.finalise(invoice_id=invoice_id, by="fin", now=now)
