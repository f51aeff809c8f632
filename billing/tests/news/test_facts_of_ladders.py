"""What changes in a balance is told whatever changed it: a debit, a capture, an event, or time alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from billing.tests.news.made import kinds_told
from usage.services import observing
from usage.tests.held import a_hold, capture
from usage.tests.laddered import block, grace
from usage.tests.made import DAY, HOUR, Shop, a_grant, clock
from usage.tests.reported import an_event, rate, report
from wallets.models import Account

Use = Callable[[Shop, Account], object]


def by_debit(shop: Shop, acme: Account) -> None:
    shop.debit(acme, "12")


def by_capture(shop: Shop, acme: Account) -> None:
    capture(shop, a_hold(shop, acme, "12"), "12")


def by_event(shop: Shop, acme: Account) -> None:
    report(shop, an_event(shop, acme, "12"))
    rate()


@pytest.mark.parametrize("use", [by_debit, by_capture, by_event])
def test_a_ladder_is_told_whoever_climbs_it(shop: Shop, use: Use) -> None:
    acme = shop.an_account(policy=block(50, grace=grace("5")))
    a_grant(acme, "10")

    use(shop, acme)
    shop.debit(acme, "3")
    a_grant(acme, "100", kind="purchase")

    told = [kind for kind in kinds_told(acme) if kind != "grant.created"]
    assert sorted(told[:4]) == ["balance.depleted", "balance.threshold", "grace.started", "overage.started"]
    assert told[4:] == ["grace.ended", "balance.recovered"]


def test_tokens_that_ran_out_by_their_expiry_alone_are_told(shop: Shop) -> None:
    acme, then = shop.an_account(), clock() - 3 * DAY
    a_grant(acme, "10", now=then, expires_at=then + DAY)

    observing.expire_due(then + DAY + timedelta(minutes=1))

    assert kinds_told(acme) == ["grant.created", "grant.expired", "balance.depleted"]


def test_a_grace_whose_time_is_over_is_told(shop: Shop) -> None:
    acme, then = (
        shop.an_account(clock() - 9 * DAY, policy=block(grace=grace("5", lasts=DAY))),
        clock() - 3 * DAY,
    )
    a_grant(acme, "10", now=then)
    shop.debit(acme, "12", now=then)

    observing.observe_due(then + DAY + HOUR)

    assert kinds_told(acme)[-1] == "grace.ended"
