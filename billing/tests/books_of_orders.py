"""Customers who ordered: a plan that grew in mid-period, packs that became fewer or cheaper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.models import Portion
from billing.services import entitlements, recognising
from billing.tests.books_of_revenue import wallets_of
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, monthly, order
from usage.tests.held import a_hold
from usage.tests.made import DAY, Shop, named

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def buy(shop: Shop) -> dict[str, UUID]:
    """Names of what was written."""
    return {**_a_plan(shop), **_a_year(shop), **_packs(shop), **_a_price(shop)}


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


def _a_year(shop: Shop) -> dict[str, UUID]:
    """A year that gives tokens by the month, in its second one."""
    yearly = shop.an_account(MARCH)
    part = monthly("1000", every="month", share=Decimal(50))
    order(yearly, a_line(an_offer("1200", kind="plan", period="year", tokens=[part])), now=MARCH)
    entitlements.reconcile(account_id=yearly.pk, now=MARCH + 30 * DAY)
    return {"yearly": yearly.pk, "second_month": Portion.objects.get(account=yearly, month=1).pk}


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


def _a_price(shop: Shop) -> dict[str, UUID]:
    """Two packs, one spent whole, whose price falls while tokens of the other are held; then some are taken back."""
    haggler, name = shop.an_account(MARCH), named("SO")
    pack = an_offer("50", tokens=[bought("100")])
    lines = {"a": "50", "b": "20"}
    order(haggler, *(a_line(pack, name=each) for each in lines), external_id=name, now=MARCH)
    shop.debit(haggler, "130", now=MARCH + DAY)
    a_hold(shop, haggler, "20", now=MARCH + DAY, expires_in=3650 * 86_400)
    cheaper = [a_line(pack, name=each, amount=amount) for each, amount in lines.items()]
    order(haggler, *cheaper, external_id=name, version=2, now=MARCH + 2 * DAY)
    fewer = [cheaper[0], a_line(pack, "0.9", name="b", amount="18")]
    order(haggler, *fewer, external_id=name, version=3, now=MARCH + 3 * DAY)
    recognising.reckon_wallets([(each.account_id, each.pk) for each in wallets_of(haggler)])
    emptied, changed = given_to(haggler)
    assert changed.voided == 10
    return {"haggler": haggler.pk, "emptied": emptied.pk, "cheaper_grant": changed.pk}
