"""Down-time over the turn of months, then two beats, two workers, kills and an emptied Redis: each period once."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from billing.tests.chaos.broker import Broker
from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import House, Shop, wait_until
from billing.tests.chaos.load import KILLS_EACH
from billing.tests.chaos.months import TRIES, Period, periods

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(1800)]

MANY, PREPARING = 2000, 2

DUE = "SELECT count(*) FROM billing_orderclock WHERE next_change_at <= clock_timestamp()"
LINES = """
SELECT a.reference, a.time_zone, l.name, CASE l.snapshot ->> 'period' WHEN 'month' THEN 1 ELSE 12 END,
       l.begins_at, c.reconciled_at
FROM billing_orderline l JOIN wallets_account a ON a.id = l.account_id
JOIN billing_orderclock c ON c.account_id = a.id
WHERE l.snapshot ->> 'kind' = 'plan'
"""
PERIODS = """
SELECT a.reference, p.line, p.number, p.starts_at, p.ends_at
FROM billing_orderperiod p JOIN wallets_account a ON a.id = p.account_id WHERE p.ends_at IS NOT NULL ORDER BY p.id
"""
PORTIONS = """
SELECT a.reference, p.line, 12 * p.number * (p.month IS NOT NULL)::int + coalesce(p.month, p.number),
       (p.terms ->> 'expires_at')::timestamptz, p.is_missed,
       (SELECT count(*) FROM wallets_grant g JOIN wallets_entry e ON e.grant_id = g.id AND e.account_id = g.account_id
        WHERE g.account_id = p.account_id AND g.external_id LIKE 'order ' || p.id || ' %%' AND e.kind = 'grant'
          AND e.amount = p.wanted)
FROM billing_portion p JOIN wallets_account a ON a.id = p.account_id WHERE p.ends_at IS NOT NULL
"""
TOLD = """
SELECT g.kind, (n.data ->> 'paid')::boolean, count(*)
FROM billing_news n JOIN wallets_grant g ON g.id = (n.data ->> 'grant')::uuid
WHERE n.kind = 'grant.expiring' AND n.data ->> 'days' = '30' AND g.priority = 90 GROUP BY g.id, g.kind, 2
"""
TRIED = """
SELECT (SELECT count(*) FROM wallets_expirychange c WHERE c.grant_id = t.grant_id AND c.account_id = t.customer_id
          AND c.expires_after = wallets_days_of_v1(t.customer_id, t.activated_at, 5))
FROM billing_trial t
"""


def prepared_by(house: House, word: str) -> str:
    return house.manage("shell", "--no-imports", "--command", word, within_seconds=900)


def left(house: House) -> int:
    return int(house.rows(DUE)[0][0])


def due_by(lines: Sequence[Sequence[Any]], months: int | None = None) -> dict[tuple[str, str], list[Period]]:
    """The periods of each line, or its months."""
    return {
        (reference, line): periods(begins_at, zone, months or length, looked_at)
        for reference, zone, line, length, begins_at, looked_at in lines
    }


def turn(house: House, broker: Broker) -> str:
    """Let two beats ring and two workers work, kill both in the middle and empty Redis; answers what was done."""
    with house.beside("config.jobs", "courier"), house.beside("config.jobs", "worker") as second:
        broker.start()
        began = time.monotonic()
        for share, what, do in (
            (0.8, "a worker killed", house.part("worker").kill),
            (0.6, "Redis emptied", broker.empty),
            (0.4, "the other killed", second.kill),
        ):
            wait_until(lambda most=share * MANY: left(house) <= most, within_seconds=300, about=what)
            do()
        wait_until(lambda: left(house) == 0, within_seconds=600, about="all months have turned")
        return f"turned in {time.monotonic() - began:.0f} s"


@pytest.mark.skipif(KILLS_EACH < 2, reason="KILLS=1: one kill of each kind, in one test")
def test_each_period_of_each_account_comes_once(shop_on_broker: Shop, broker: Broker, say: Say) -> None:
    house, began = shop_on_broker.house, time.monotonic()
    broker.stop()
    with ThreadPoolExecutor(PREPARING) as pool:
        word = f"from billing.tests.chaos.months import prepare; prepare({MANY // PREPARING})"
        list(pool.map(partial(prepared_by, house), [word] * PREPARING))
    prepared, opened_at = time.monotonic() - began, datetime.now(UTC)
    assert left(house) == MANY

    said = turn(house, broker)

    lines = house.rows(LINES)
    expected, by_month = due_by(lines), due_by(lines, months=1)
    found = defaultdict(list)
    for reference, line, *period in house.rows(PERIODS):
        found[reference, line].append(Period(*period))
    assert len(expected) == 2 * MANY
    assert found == expected
    portions = house.rows(PORTIONS)
    assert Counter((account, line, number) for account, line, number, *_ in portions) == {
        (*key, period.number): 2 if key[1] == "1" else 1 for key, each in by_month.items() for period in each
    }
    for *_, number, expires_at, is_missed, grants in portions:
        assert grants == (0 if is_missed else 1)
        was_over = number > 0 and expires_at <= opened_at
        assert is_missed == was_over or opened_at < expires_at < datetime.now(UTC)
    wait_until(lambda: len(house.rows(TOLD)) >= MANY, within_seconds=90, about="expiries are told")
    assert Counter(house.rows(TOLD)) == {("purchase", True, 1): MANY // 2, ("promo", False, 1): MANY // 2}
    wait_until(lambda: (0,) not in house.rows(TRIED), within_seconds=90, about="trials begin")
    assert house.rows(TRIED) == [(1,)] * (MANY // TRIES)
    house.audit()
    say(
        f"{MANY} accounts, {len(portions)} portions: prepared in {prepared:.0f} s, {said}, proven in"
        f" {time.monotonic() - began - prepared:.0f} s"
    )
