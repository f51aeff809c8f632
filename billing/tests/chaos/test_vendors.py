"""`kill -9` of whoever sends, fetches and applies, at the vendor's answer: each thing once on both sides."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import Shop
from billing.tests.chaos.load import KILLS_EACH, spent, under_load
from billing.tests.chaos.test_kills import proven
from billing.tests.chaos.trade import Trade, strikes, trading

pytestmark = [
    pytest.mark.destructive,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(KILLS_EACH < 2, reason="KILLS=1: outbound/test_kills plays one of them"),
]

ACCOUNTS_A_KILL, SALES = 3, 30
TROUBLES = ("500", "429", "409", "half", "garbage", "cut", "hang")
"""Each strikes once; what comes after it works again, and then the next begins."""

SILENT = """
SELECT h.silent FROM billing_connectionhealth h JOIN billing_connection c ON c.id = h.connection_id
WHERE c.code = %(code)s
"""


def is_in_trouble(trade: Trade) -> None:
    """The vendor fails in each way, and is away for a while."""
    for kind in TROUBLES:
        trade.stripe.fail(kind, times=1)
        trouble = trade.stripe.trouble
        assert trouble is not None
        trade.wait(lambda trouble=trouble: (trouble.times or 0) <= 0, f"the vendor fails: {kind}")  # type: ignore[misc]
    trade.stripe.recover()
    trade.wait(lambda: trade.rows(SILENT) == [(0,)], "the vendor is found to be well")
    trade.stripe.down()
    trade.wait(lambda: trade.rows(SILENT)[0][0] > 0, "the vendor is found to be away")
    trade.stripe.up()


def test_kills_at_the_vendors_answer_double_and_lose_nothing(shop: Shop, say: Say) -> None:
    before = spent(shop)
    with (
        trading(shop.house, "till", ACCOUNTS_A_KILL * KILLS_EACH, "courier", "worker") as trade,
        under_load(shop) as load,
        ThreadPoolExecutor(1) as pool,
    ):
        began, trade.stripe.strikes = time.monotonic(), strikes(KILLS_EACH)
        both_ways = pool.submit(trade.trade, SALES, 1.0)
        is_in_trouble(trade)
        both_ways.result()
        traded = trade.proven()

    assert load.tries_again == 0
    say(
        f"{KILLS_EACH} kills at each instant: {traded}; {proven(shop, load, before)},"
        f" silent for {load.longest_silence(since=began):.1f} s at most"
    )
