"""What is noted of balances: that nothing is available any more, and something again."""

from __future__ import annotations

import pytest

from usage.services import observing, reversing
from usage.tests.laddered import (
    NOON,
    SPRING,
    a_spender,
    block,
    kinds,
    overage,
)
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, ledger_of
from wallets.services import ledger


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestDepletion:
    def test_and_recovery_are_noted_once_a_change(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="10")

        for _ in range(2):
            done = shop.debit(acme, "10", now=NOON)
            reversing.reverse(a_reversal(done, now=NOON))
        shop.debit(acme, "10", now=NOON)
        a_grant(acme, "1", now=NOON)

        assert kinds(acme) == ["balance.depleted", "balance.recovered"] * 3

    def test_is_not_noted_of_a_wallet_that_never_had_anything(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="0")

        shop.debit(acme, "1", now=NOON)
        a_grant(acme, "5", now=NOON)

        assert kinds(acme) == ["overage.started"]

    def test_recovery_by_a_grant_that_starts_later_is_noted_by_a_job(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="10")
        shop.debit(acme, "10", now=NOON)
        a_grant(acme, "5", effective_at=NOON + HOUR, now=NOON)
        ledger.settle(account_id=acme.pk, now=NOON + HOUR)
        for hours in (1, 2):
            observing.observe_due(NOON + hours * HOUR)

        assert kinds(acme) == ["balance.depleted", "balance.recovered"]

    def test_by_expiry_is_noted_by_the_next_debit(self, shop: Shop) -> None:
        acme = a_spender(shop, overage(), has="0")
        a_grant(acme, "5", now=SPRING, expires_at=NOON)
        shop.debit(acme, "1", now=SPRING + HOUR)

        shop.debit(acme, "1", now=NOON)

        assert kinds(acme) == ["balance.depleted", "overage.started"]

    def test_by_expiry_is_noted_where_no_debit_comes(self, shop: Shop) -> None:
        acme = a_spender(shop, block(), has="0")
        a_grant(acme, "5", now=SPRING, expires_at=NOON)
        a_grant(acme, "5", now=SPRING, effective_at=NOON + HOUR)

        observing.expire_due(NOON)

        assert ledger_of(acme)[-1] == ("expire", 5)
        assert kinds(acme) == ["balance.depleted"]
