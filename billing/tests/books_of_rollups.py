"""Usage that is rolled up: charged, given back in part and whole, and refused."""

from __future__ import annotations

from typing import Any

from config.kernel.errors import DomainError
from usage.services import reversing, rolling
from usage.tests.made import DAY, UNLIMITED, Shop, a_reversal, clock
from usage.tests.rolled import roll_up


def roll() -> dict[str, Any]:
    """Names of what was written. What comes later is not rolled up, so no lie about it is one about roll-ups."""
    shop = Shop()
    now = clock()
    customer = shop.an_account(now - 35 * DAY, policy=UNLIMITED)
    shop.debit(customer, "5", now=now - 30 * DAY)
    shop.debit(customer, "3", "2", features=(shop.chat, shop.image), subject={"user": "u-1"})
    reversing.reverse(a_reversal(shop.debit(customer, "7"), "2"))
    reversing.reverse(a_reversal(shop.debit(customer, "4")))
    poor = shop.an_account()
    try:
        shop.debit(poor, "5")
    except DomainError:
        roll_up()
    rolling.forget(20, now)
    return {"rolled": customer.pk, "rolled_refused": poor.pk}
