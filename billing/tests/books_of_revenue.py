"""A customer of long ago, whose every movement of money is easily reckoned by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User

from billing.models import AccountingPeriod, GrantRevenue, GrantSale, PeriodFigure
from billing.rules.months import end_of, last_day
from billing.services import periods, recognising, reconciling
from usage.rules.grants import TransferOrder
from usage.rules.orders import OwnCost
from usage.services import books, granting, reversing
from usage.tests.made import DAY, Shop, a_call, a_grant, a_reversal
from wallets.models import Account, Wallet
from wallets.services import ledger

WINTER = datetime(2001, 1, 5, tzinfo=UTC)
FEBRUARY = datetime(2001, 2, 5, tzinfo=UTC)


def sell(account: Account, tokens: str, paid: str, *, now: datetime, **asked: Any) -> Any:
    """Tokens sold for a sum as a whole."""
    grant = a_grant(account, tokens, now=now, kind="purchase", currency="USD", **asked)
    GrantSale.objects.create(
        grant_id=grant.pk, account=account, paid=paid, list_price=paid, currency="USD", recorded_at=now
    )
    return grant


def earn() -> dict[str, Any]:
    """A thousand tokens for 99.99: 300 and 100 are used, 50 given back, 60 moved on; others expire or are voided."""
    shop = Shop(since=WINTER - DAY)
    customer = shop.an_account(WINTER)
    part = shop.an_account(WINTER, parent=customer.reference)
    sold = sell(customer, "1000", "99.99", now=WINTER)
    price = {"now": WINTER, "unit_cost": Decimal("0.1")}
    lapsed = a_grant(customer, "7", kind="included", expires_at=WINTER + DAY / 2, priority=90, **price)
    returned = a_grant(customer, "18", kind="purchase", priority=95, **price)
    shop.debit(customer, "300", now=WINTER + DAY)
    used = shop.debit(customer, "100", now=FEBRUARY)
    reversing.reverse(a_reversal(used, "50", FEBRUARY + DAY))
    order = TransferOrder(to=part.reference, tokens=Decimal(60))
    granting.transfer(reference=customer.reference, order=order, call=a_call(now=FEBRUARY + DAY))
    granting.void(grant_id=returned.pk, reason="", call=a_call(now=FEBRUARY + DAY))
    shop.debit(part, "20", now=FEBRUARY + 2 * DAY)
    ledger.expire(account_id=customer.pk, now=FEBRUARY + 3 * DAY)
    tried = a_grant(customer, "40", now=FEBRUARY + 3 * DAY, priority=1)
    cost = (OwnCost(Decimal("0.60"), "USD"),)
    shop.debit(customer, "30", now=FEBRUARY + 4 * DAY, costs=cost)
    recognising.reckon_wallets([(each.account_id, each.pk) for each in wallets_of(customer, part)])
    return {
        "earner": customer.pk,
        "earner_part": part.pk,
        "sold": sold.pk,
        "lapsed_grant": lapsed.pk,
        "returned_grant": returned.pk,
        "tried": tried.pk,
        "earning_product": shop.product.pk,
        "sold_revenue": GrantRevenue.objects.get(grant_id=sold.pk).pk,
    }


def wallets_of(*accounts: Account) -> list[Wallet]:
    return list(Wallet.objects.filter(account__in=accounts).order_by("account"))


def close_winter() -> AccountingPeriod:
    """Close January of that year, whatever else the database holds."""
    user = User.objects.create(username=f"closer-{uuid4().hex[:8]}")
    january = WINTER.date().replace(day=1)
    reconciling.reconcile(first=january, last=last_day(january))
    period = AccountingPeriod.objects.create(
        month=january, closed_at=FEBRUARY, closed_by=user, reason="Checked."
    )
    PeriodFigure.objects.bulk_create(periods.figures_of(period))
    books.close_books(until=end_of(period.month), by=user.username)
    return period
