"""One more of everything that a list of the admin may show."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from billing.services import advising, watching
from billing.tests.trying import a_seller, allow, an_offer, ask
from config.kernel.errors import InsufficientTokens
from config.kernel.models import AuditRun, Run
from pricing.models import ReviewRule
from pricing.services import costing
from pricing.tests.costs import a_cost
from usage.services import keys, rehearsing, reversing
from usage.tests.held import a_hold
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock


def live_a_little(rounds: int) -> None:
    """One more of everything a list may show."""
    for _ in range(rounds):
        shop = Shop()
        account = shop.an_account(parent=shop.an_account().reference)
        a_grant(account, "100")
        reversing.reverse(a_reversal(shop.debit(account, "3", "4")))
        a_hold(shop, account, "5")
        with pytest.raises(InsufficientTokens):
            shop.debit(account, "1000")
        now = clock()
        AuditRun.objects.create(started_at=now, finished_at=now, is_clean=True)
        Run.objects.create(job=account.reference, period="2026", started_at=now)
        User.objects.create_user(account.reference)
        keys.create(product_code=shop.product.code, scopes=["read"])
        sell_a_little(shop)
        watch_a_little(shop)
        costing.override(a_cost(account.reference), reason="We have a contract.")


def sell_a_little(shop: Shop) -> None:
    """A trial, and one that waits for a manager."""
    seller, offer = a_seller(), an_offer("10")
    allow(seller, "10")
    for _ in range(2):
        ask(seller, offer, shop.an_account())


def watch_a_little(shop: Shop) -> None:
    """A rehearsal, a rule of review, and what the daily jobs find."""
    now = clock()
    rehearsing.ask(version=shop.table.versions.get(), since=now - DAY, until=now, note="")
    ReviewRule.objects.create(kind="jump", share=20, table=shop.table)
    watching.watch()
    advising.advise(now)
