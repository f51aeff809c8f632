"""Each notice once, whatever races and whatever is killed: the ladder climbed to its end while servers die."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import httpx
import pytest

from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import Shop, wait_until
from billing.tests.chaos.load import GIVES_UP_AFTER_SECONDS
from billing.tests.chaos.test_kills import kill_postgres, kill_the_supervisor

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(600)]

GRANTED, BEYOND, CALLS, CALLERS = 100, 20, 130, 8
POLICY = {"mode": "overage", "limit": str(BEYOND), "notify": [50, 80], "grace": {"for": "P1D"}}
ONCE = {
    "balance.threshold": 2,
    "balance.depleted": 1,
    "overage.started": 1,
    "grace.started": 1,
    "limit.reached": 1,
}
TOLD_WITHIN_SECONDS = 60


@dataclass
class Climb:
    """One token a call, by callers that try again with the same key until they are answered."""

    shop: Shop
    account: str
    statuses: Counter[int] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    reached: dict[int, Event] = field(default_factory=lambda: {45: Event(), 95: Event()})

    def call(self, number: int) -> None:
        body = {"account": self.account, "items": [{"feature": "chat.input", "quantity": 1}]}
        deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = httpx.post(
                    f"{self.shop.house.url}/api/v1/debits",
                    json=body,
                    headers={**self.shop.headers, "Idempotency-Key": f"climb-{number}"},
                    timeout=10,
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500:
                self._note(answer)
                return
            time.sleep(0.05)
        raise AssertionError(f"call {number} was not answered")

    def _note(self, answer: httpx.Response) -> None:
        self.statuses[answer.status_code] += 1
        self.notices.update(answer.json().get("notices", []))
        for many, event in self.reached.items():
            if self.statuses[201] >= many:
                event.set()


def climbing(shop: Shop) -> Climb:
    headers = {**shop.headers, "Idempotency-Key": "climb-grant"}
    with httpx.Client(base_url=f"{shop.house.url}/api/v1", headers=headers, timeout=20) as client:
        assert client.put("/accounts/climb", json={"policy": POLICY}).status_code == 201
        granted = client.post("/accounts/climb/grants", json={"kind": "trial", "tokens": GRANTED})
        assert granted.status_code == 201, granted.text
    return Climb(shop, "climb")


def test_tells_each_step_of_a_ladder_once_while_servers_die(shop: Shop, say: Say) -> None:
    house, climb = shop.house, climbing(shop)
    with ThreadPoolExecutor(CALLERS) as callers:
        calls = [callers.submit(climb.call, number) for number in range(CALLS)]
        for many, kill in ((45, kill_postgres), (95, kill_the_supervisor)):
            assert climb.reached[many].wait(GIVES_UP_AFTER_SECONDS)
            kill(house)()
        for call in calls:
            call.result()

    assert climb.statuses == {201: GRANTED + BEYOND, 402: CALLS - GRANTED - BEYOND}
    assert (climb.notices["threshold:50"], climb.notices["threshold:80"]) == (1, 1)
    of_the_account = {"account": climb.account}
    crossings = house.rows(
        "SELECT kind, count(*) FROM usage_crossing c JOIN wallets_account a ON a.id = c.account_id"
        " WHERE a.reference = %(account)s GROUP BY 1",
        of_the_account,
    )
    assert dict(crossings) == ONCE
    told = "SELECT n.kind, count(*) FROM billing_news n JOIN wallets_account a ON a.id = n.about_id"
    told += " WHERE a.reference = %(account)s AND n.kind <> 'grant.created' GROUP BY 1"
    wait_until(
        lambda: dict(house.rows(told, of_the_account)) == ONCE,
        within_seconds=TOLD_WITHIN_SECONDS,
        about="each crossing is told once",
    )
    house.audit()
    say(f"{CALLS} calls, two kills: {dict(climb.statuses)}, notices {dict(climb.notices)}")
