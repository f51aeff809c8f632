"""Customers who ordered: a plan that grew in mid-period, packs of which some are taken back, seats that add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.models import Portion
from billing.services import entitlements
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, monthly, order
from usage.tests.made import DAY, Shop, named

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def buy(shop: Shop) -> dict[str, UUID]:
    """Names of what was written."""
    return {**_a_plan(shop), **_packs(shop)}


def _a_plan(shop: Shop) -> dict[str, UUID]:
    """A plan of thirty-one days that is half over when it grows, and goes on into a second month."""
    subscriber, name = shop.an_account(MARCH), named("SO")
    small = an_offer("100", kind="plan", period="month", tokens=[monthly("1000")], seats={"desk": 5})
    large = an_offer("300", kind="plan", period="month", tokens=[monthly("3000")], seats={"desk": 9})
    order(subscriber, a_line(small), external_id=name, now=MARCH)
    order(subscriber, a_line(large), external_id=name, version=2, now=MARCH + timedelta(days=15, hours=12))
    entitlements.reconcile(account_id=subscriber.pk, now=MARCH + 30 * DAY)
    first, second = Portion.objects.filter(account=subscriber).order_by("number")
    return {"subscriber": subscriber.pk, "first_portion": first.pk, "second_portion": second.pk}


def _packs(shop: Shop) -> dict[str, UUID]:
    """Three packs of which one is taken back, when most is spent."""
    buyer, name = shop.an_account(MARCH), named("SO")
    bonus = {"tokens": Decimal(10), "is_bonus": True}
    pack = an_offer("50", tokens=[bought("100"), bonus])
    order(buyer, a_line(pack, "3"), external_id=name, now=MARCH)
    shop.debit(buyer, "150", now=MARCH + DAY)
    order(buyer, a_line(pack, "2"), external_id=name, version=2, now=MARCH + 2 * DAY)
    sold = next(grant for grant in reversed(given_to(buyer)) if grant.kind == "purchase")
    return {"buyer": buyer.pk, "sold_grant": sold.pk}
