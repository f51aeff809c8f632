"""An account with tokens paid for and free, some of them spent, and another one beside it."""

from __future__ import annotations

import pytest

from usage.tests.made import DAY, Shop, a_grant, clock
from wallets.models import Account


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 100 * DAY)


@pytest.fixture
def acme(shop: Shop) -> Account:
    now = clock()
    account = shop.an_account(now - 60 * DAY, name="Acme")
    a_grant(account, "1000", kind="purchase", now=now - 50 * DAY)
    a_grant(account, "100", now=now - 50 * DAY, expires_at=now + 20 * DAY)
    research = {"user": "u-17", "team": "research"}
    shop.debit(account, "30", subject=research, now=now - 3 * DAY)
    shop.debit(account, "12", features=(shop.image,), subject={"user": "u-18"}, now=now - 2 * DAY)
    return account


@pytest.fixture
def other(shop: Shop) -> Account:
    account = shop.an_account(name="Other")
    a_grant(account, "5")
    return account
