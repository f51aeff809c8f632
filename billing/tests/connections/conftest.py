"""A shop that tells, an account, and something to sell."""

from __future__ import annotations

import pytest

from billing.api import connections as door
from billing.tests.connections.shops import Shop, a_shop
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import an_account
from wallets.models import Account


@pytest.fixture
def no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in waits until the test applies it."""
    monkeypatch.setattr(door.BELL, "ring", lambda: None)


@pytest.fixture
def shop(db: None, no_bell: None) -> Shop:
    return a_shop()


@pytest.fixture
def acme(db: None) -> Account:
    return an_account()


@pytest.fixture
def pack(db: None) -> str:
    """A SKU of 1,000 tokens for 100 USD."""
    return an_offer("100", tokens=[bought("1000")]).code
