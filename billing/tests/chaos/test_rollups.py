"""`kill -9` of whoever rolls usage up, again and again while callers spend: each line counts once."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from decimal import Decimal

import psutil
import pytest

from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import House, Shop, wait_until
from billing.tests.chaos.load import under_load

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(600)]

ROLLERS, KILLS = 2, 24
ROLLED_WITHIN_SECONDS = 60
OF_ROWS = """
    SELECT (SELECT count(*) FROM usage_debitline) - (
               SELECT count(*) FROM usage_reversal v
               JOIN usage_debitline l ON l.debit_id = v.debit_id AND l.account_id = v.account_id WHERE v.is_whole),
           (SELECT sum(tokens) FROM usage_debitline) - coalesce((SELECT sum(tokens) FROM usage_reversalline), 0)
"""
ROLLED = """
    SELECT series, sum(items), sum(tokens) FROM usage_usageslot GROUP BY 1 UNION ALL
    SELECT series, sum(items), sum(tokens) FROM usage_usageday GROUP BY 1 UNION ALL
    SELECT series, sum(items), sum(tokens) FROM usage_usagetotal GROUP BY 1
"""


def kill_one_at_it(rollers: list[psutil.Process]) -> None:
    """The child of one of them, at any moment of its work."""
    roller = random.choice(rollers)
    wait_until(roller.children, within_seconds=60, about="a roller is at it")
    time.sleep(random.uniform(0, 0.2))  # a moment like any other: there is nothing to wait for
    (child,) = roller.children()
    child.kill()
    wait_until(lambda: not child.is_running(), within_seconds=10, about="it is gone")


def rolled(house: House) -> set[tuple[int, Decimal]]:
    """What each series of each table comes to."""
    return {(int(items), tokens) for _, items, tokens in house.rows(ROLLED)}


def test_killed_rollers_count_each_line_once(shop: Shop, say: Say) -> None:
    house = shop.house
    with ExitStack() as beside, under_load(shop):
        rollers = [
            psutil.Process(beside.enter_context(house.beside("usage.tests.rolling_process")).pid)
            for _ in range(ROLLERS)
        ]
        for _ in range(KILLS):
            kill_one_at_it(rollers)

    ((items, tokens),) = house.rows(OF_ROWS)
    wait_until(
        lambda: rolled(house) == {(items, tokens)},
        within_seconds=ROLLED_WITHIN_SECONDS,
        about="roll-ups come to what the rows come to",
    )
    house.audit()
    say(f"{KILLS} kills of {ROLLERS} rollers: {items} lines of {tokens:f} tokens, each counted once")
