"""`kill -9` under load: what was acknowledged stays, nothing happens twice, and serving goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import House, Shop, a_house, wait_until
from billing.tests.chaos.load import KILLS_EACH, Load, bought_as_said, reckon, spent, under_load

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(900)]

SERVES_WITHIN_SECONDS = 60
CALM_SECONDS = 2


Then = Callable[[], object]
"""What an operator does after a kill, or what must come about by itself."""


def kill_postgres(house: House) -> Then:
    server = house.part("postgres")
    server.kill()
    return lambda: wait_until(
        lambda: house.has("postgres", besides=server.pid),
        within_seconds=SERVES_WITHIN_SECONDS,
        about="PostgreSQL",
    )


def kill_a_backend(house: House) -> Then:
    """One connection's process: PostgreSQL ends all others and recovers."""
    server = house.part("postgres")
    busy = [child for child in server.children() if "tokendesk_app" in " ".join(child.cmdline())]
    busy[-1].kill()
    return lambda: None


def kill_a_web_worker(house: House) -> Then:
    worker = house.part("granian").children()[-1]
    worker.kill()

    def is_whole() -> bool:
        return house.has("granian", besides=0) and len(house.part("granian").children()) >= 2

    return lambda: wait_until(is_whole, within_seconds=SERVES_WITHIN_SECONDS, about="two web workers")


def kill_the_web(house: House) -> Then:
    web = house.part("granian")
    web.kill()
    return lambda: wait_until(
        lambda: house.has("granian", besides=web.pid), within_seconds=SERVES_WITHIN_SECONDS, about="the web"
    )


def kill_the_job_worker(house: House) -> Then:
    worker = house.part("worker")
    worker.kill()
    return lambda: wait_until(
        lambda: house.has("worker", besides=worker.pid),
        within_seconds=SERVES_WITHIN_SECONDS,
        about="a job worker",
    )


def kill_the_supervisor(house: House) -> Then:
    """All its children end with it; whoever runs the product starts it again."""
    assert house.up is not None
    house.up.kill()
    house.up.wait()
    return house.open


KILLS: dict[str, Callable[[House], Then]] = {
    "postgres": kill_postgres,
    "a_backend": kill_a_backend,
    "a_web_worker": kill_a_web_worker,
    "the_web": kill_the_web,
    "the_job_worker": kill_the_job_worker,
    "the_supervisor": kill_the_supervisor,
}


def survive(shop: Shop, load: Load, kill: Callable[[House], Then]) -> float:
    """Kill under load and wait until all is well; answers the longest silence after the kill, in seconds."""
    time.sleep(CALM_SECONDS)
    killed_at = time.monotonic()
    then = kill(shop.house)
    then()
    whole_at = time.monotonic()
    wait_until(
        lambda: load.served_since(whole_at),
        within_seconds=SERVES_WITHIN_SECONDS,
        about="debits are answered again",
    )
    time.sleep(CALM_SECONDS)
    return load.longest_silence(since=killed_at)


def proven(shop: Shop, load: Load, before: dict[str, int]) -> str:
    """Hold clients' answers, balances and the audit against each other; answers what was found."""
    found = reckon(load)
    after = spent(shop)
    assert found.is_right, found
    topped_up = bought_as_said(load)
    assert sum(after.values()) - sum(before.values()) == found.tokens
    assert shop.house.audit()["counts"]["debits"] >= found.acknowledged - found.orders
    return (
        f"{found.acknowledged} acknowledged, {found.orders} of them orders, {found.lost} lost, {found.doubled} doubled,"
        f" {topped_up},"
        f" {load.tries_again} tries again, {load.replays} replays"
    )


@pytest.mark.skipif(KILLS_EACH < 2, reason="KILLS=1: one kill of each kind, in one test")
@pytest.mark.parametrize("kind", KILLS)
def test_kills_one_after_the_other_lose_nothing(shop: Shop, kind: str, say: Say) -> None:
    before, waits = spent(shop), []
    with under_load(shop) as load:
        for _ in range(KILLS_EACH):
            waits.append(survive(shop, load, KILLS[kind]))
            shop.house.audit()

    found = proven(shop, load, before)
    say(f"{KILLS_EACH} kills of {kind}: silent for {', '.join(f'{wait:.1f}' for wait in waits)} s; {found}")


def test_once_each_kill_loses_nothing(shop: Shop, say: Say) -> None:
    before, waits = spent(shop), {}
    with under_load(shop) as load:
        for kind in ("postgres", "a_web_worker", "the_job_worker", "the_supervisor"):
            waits[kind] = survive(shop, load, KILLS[kind])

    said = ", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in waits.items())
    say(f"One kill of each kind: silent for {said}; {proven(shop, load, before)}")


@pytest.mark.parametrize("seconds_of_respawning", [0.0, 0.3] if KILLS_EACH > 1 else [0.3])
def test_a_killed_supervisor_leaves_nothing_behind(seconds_of_respawning: float) -> None:
    """Not even a web server that is about to begin a worker again, when it hears nothing."""
    with a_house() as house:
        house.part("granian").children()[0].kill()
        time.sleep(seconds_of_respawning)  # a moment like any other: there is nothing to wait for
        left = house.processes()
        assert house.up is not None

        house.up.kill()

        assert psutil.wait_procs(left, timeout=10)[1] == []
