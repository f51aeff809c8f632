"""`kill -9` of whoever sends, fetches and applies, at the vendor's answer: each thing once on both sides."""

from __future__ import annotations

from threading import Thread

import pytest

from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import Shop
from billing.tests.chaos.load import KILLS_EACH, spent, under_load
from billing.tests.chaos.test_kills import proven
from billing.tests.chaos.trade import Trade, strikes, trading

pytestmark = [
    pytest.mark.destructive,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(KILLS_EACH < 2, reason="KILLS=1: one kill of each kind, in test_kills"),
]

ACCOUNTS_A_KILL, SALES = 3, 60
TROUBLES = {"500": 3, "429": 2, "409": 2, "half": 3, "garbage": 3, "cut": 3, "late 500": 2, "hang": 1}
"""How often each strikes; what comes after it works again, and then the next begins."""


def is_in_trouble(trade: Trade) -> None:
    """The vendor fails in each way, and is away for a while."""
    for kind, times in TROUBLES.items():
        trade.stripe.fail(kind, times=times)
        trouble = trade.stripe.trouble
        assert trouble is not None
        trade.wait(lambda trouble=trouble: (trouble.times or 0) <= 0, f"the vendor fails: {kind}")  # type: ignore[misc]
    trade.stripe.recover()
    trade.stripe.down()
    trade.wait(lambda: trade.house.rows(SILENT)[0][0] > 0, "the vendor is found to be away")
    trade.stripe.up()


SILENT = "SELECT max(silent) FROM billing_connectionhealth"


def test_kills_at_the_vendors_answer_double_and_lose_nothing(shop: Shop, say: Say) -> None:
    before = spent(shop)
    with (
        trading(shop.house, "till", ACCOUNTS_A_KILL * KILLS_EACH, "courier", "worker") as trade,
        under_load(shop) as load,
    ):
        trade.stripe.strikes = strikes(KILLS_EACH)
        selling = Thread(target=trade.sell, args=[SALES, 1.0], daemon=True)
        selling.start()
        is_in_trouble(trade)
        selling.join()
        traded = trade.proven()

    assert load.tries_again == 0
    say(
        f"{KILLS_EACH} kills at each instant: {traded}; {proven(shop, load, before)},"
        f" silent for {load.longest_silence(since=0):.1f} s at most"
    )
