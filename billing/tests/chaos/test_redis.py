"""Redis holds hints and jobs, no truth: without it debits go on, and when it has lost everything the jobs catch up."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from billing.tests.chaos.broker import Broker
from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import Shop, wait_until
from billing.tests.chaos.load import KILLS_EACH, reckon, spent, under_load

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(600)]

JOBS_CATCH_UP_WITHIN_SECONDS = 90


@pytest.fixture(scope="module")
def shop(shop_on_broker: Shop) -> Shop:
    return shop_on_broker


def expiring_grant(shop: Shop, seconds: float) -> str:
    """A grant that expires so soon; answers its id."""
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    body = {"kind": "promo", "tokens": "5", "priority": 100, "expires_at": expires_at.isoformat()}
    answer = httpx.post(
        f"{shop.house.url}/api/v1/accounts/{shop.accounts[0]}/grants",
        json=body,
        headers={**shop.headers, "Idempotency-Key": f"expiring-{expires_at.timestamp()}"},
        timeout=20,
    )
    assert answer.status_code == 201, answer.text
    identity: str = answer.json()["id"]
    return identity


def has_lapsed(shop: Shop, grant: str) -> bool:
    return bool(
        shop.house.rows("SELECT 1 FROM wallets_entry WHERE grant_id = %s AND kind = 'expire'", [grant])
    )


def test_debits_go_on_without_redis_and_jobs_catch_up(shop: Shop, broker: Broker, say: Say) -> None:
    before = spent(shop)
    with under_load(shop) as load:
        time.sleep(2)
        stopped_at = time.monotonic()
        broker.stop()
        grant = expiring_grant(shop, seconds=3)
        time.sleep(8)
        silence = load.longest_silence(since=stopped_at)
        answered = sum(1 for _, at in load.answers if at > stopped_at)
        assert not has_lapsed(shop, grant)

        broker.start()
        caught_up = wait_until(
            lambda: has_lapsed(shop, grant),
            within_seconds=JOBS_CATCH_UP_WITHIN_SECONDS,
            about="the expiry job",
        )

    found = reckon(load)
    assert found.is_right
    assert answered > 0
    assert load.tries_again == 0
    assert sum(spent(shop).values()) - sum(before.values()) == found.tokens
    shop.house.audit()
    say(
        f"Redis stopped for 8 s: {answered} debits answered meanwhile, silent for {silence:.1f} s at most;"
        f" jobs caught up {caught_up:.1f} s after it came back empty; {found.acknowledged} acknowledged, none lost"
    )


@pytest.mark.skipif(KILLS_EACH < 2, reason="KILLS=1: one kill of each kind, in one test")
def test_jobs_go_on_after_their_worker_was_killed(shop: Shop, broker: Broker, say: Say) -> None:
    if broker.child is None:
        broker.start()
    waits = []
    for _ in range(KILLS_EACH):
        grant = expiring_grant(shop, seconds=1)
        shop.house.part("worker").kill()
        waits.append(
            wait_until(
                lambda grant=grant: has_lapsed(shop, grant),  # type: ignore[misc]
                within_seconds=JOBS_CATCH_UP_WITHIN_SECONDS,
                about="the expiry job",
            )
        )

    shop.house.audit()
    say(
        f"{len(waits)} kills of the job worker: its job was done after {', '.join(f'{w:.1f}' for w in waits)} s"
    )
