"""Clients that debit, or hold and capture, without pause, and try again with the same key until they are answered."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from uuid import uuid4

import httpx

from billing.tests.chaos.house import Shop

KILLS_EACH = int(os.environ.get("KILLS", "5"))
CLIENTS = 8
HELD_EACH = 4
"""One in so many is held first and then captured."""
GIVES_UP_AFTER_SECONDS = 90


@dataclass
class Load:
    """What the clients were told. acknowledged: debit by key. served_at: when the last new debit was answered."""

    shop: Shop
    run: str = field(default_factory=lambda: uuid4().hex[:8])
    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
    tries_again: int = 0
    replays: int = 0
    faults: list[str] = field(default_factory=list)
    answers: list[tuple[float, float]] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _numbers: Iterator[int] = field(default_factory=count)

    def client(self) -> None:
        """Debit, or hold and capture, each time under new keys, until told to stop; what was begun is seen through."""
        with httpx.Client(base_url=self.shop.house.url, headers=self.shop.headers, timeout=10) as http:
            while not self._stop.is_set():
                with self._lock:
                    number = next(self._numbers)
                account = self.shop.accounts[number % len(self.shop.accounts)]
                self._see_through(http, account, f"{self.run}-{number}", is_held=number % HELD_EACH == 0)

    def _see_through(self, http: httpx.Client, account: str, key: str, *, is_held: bool) -> None:
        items = [{"feature": "chat.input", "quantity": "3"}, {"feature": "chat.output", "quantity": 2}]
        sent_at = time.monotonic()
        if not is_held:
            answer = self._sent(http, "/api/v1/debits", {"account": account, "items": items}, key)
        elif hold := self._sent(http, "/api/v1/holds", {"account": account, "items": items}, f"{key}-hold"):
            answer = self._sent(http, f"/api/v1/holds/{hold.json()['id']}/capture", {"items": items}, key)
        else:
            answer = None
        if answer is not None:
            self._note(account, key, answer, sent_at)

    def _sent(self, http: httpx.Client, path: str, body: object, key: str) -> httpx.Response | None:
        """Send it with the same key until it is answered; None where it was refused, or never answered."""
        deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = http.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in (200, 201):
                return answer
            if answer is not None and answer.status_code < 500:
                self.faults.append(f"{answer.status_code} {answer.text}")
                return None
            with self._lock:
                self.tries_again += 1
            time.sleep(0.05)
        self.faults.append(f"{key} was not answered for {GIVES_UP_AFTER_SECONDS} s")
        return None

    def _note(self, account: str, key: str, answer: httpx.Response, sent_at: float) -> None:
        told = answer.json()
        debit = told.get("debit", told)
        with self._lock:
            if debit["tokens"] != "7.000000":
                self.faults.append(f"{key} cost {debit['tokens']}")
            self.acknowledged[account, key] = debit["id"]
            self.replays += answer.headers.get("Idempotency-Replayed") == "true"
            self.answers.append((sent_at, time.monotonic()))

    def served_since(self, moment: float) -> bool:
        """Whether a debit that was sent after `moment` has been answered."""
        with self._lock:
            return any(sent_at > moment for sent_at, _ in self.answers[-200:])

    def longest_silence(self, since: float) -> float:
        """The longest time from `since` on in which no debit was answered, in seconds."""
        with self._lock:
            moments = [since, *sorted(at for _, at in self.answers if at > since)]
        return max((later - sooner for sooner, later in zip(moments, moments[1:], strict=False)), default=0.0)


@contextmanager
def under_load(shop: Shop) -> Iterator[Load]:
    """Clients at work while the block runs; when it ends every key that was sent has its answer."""
    load = Load(shop)
    clients = [Thread(target=load.client, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        load._stop.set()
        for client in clients:
            client.join(GIVES_UP_AFTER_SECONDS + 10)
    assert not load.faults, load.faults[:5]


@dataclass(frozen=True)
class Reckoning:
    """What the database holds against what clients were told."""

    acknowledged: int
    lost: int
    doubled: int
    unknown: int

    @property
    def is_right(self) -> bool:
        return (self.lost, self.doubled, self.unknown) == (0, 0, 0)


def reckon(load: Load) -> Reckoning:
    """Hold every acknowledged debit against the database; and every balance against the number of them."""
    rows = load.shop.house.rows(
        """SELECT a.reference, c.key, d.id::text FROM usage_debit d
           JOIN usage_claim c ON c.effect_id = d.id AND c.account_id = d.account_id
           JOIN wallets_account a ON a.id = d.account_id WHERE starts_with(c.key, %s)""",
        f"{load.run}-",
    )
    stored = {(account, key): debit for account, key, debit in rows}
    times = Counter((account, key) for account, key, _ in rows)
    lost = [key for key, debit in load.acknowledged.items() if stored.get(key) != debit]
    unknown = [key for key in stored if key not in load.acknowledged]
    return Reckoning(
        len(load.acknowledged), len(lost), sum(1 for many in times.values() if many > 1), len(unknown)
    )


def spent(shop: Shop) -> dict[str, int]:
    """Tokens gone from each account."""
    rows = shop.house.rows(
        "SELECT a.reference, w.balance FROM wallets_account a JOIN wallets_wallet w ON w.account_id = a.id"
    )
    return {reference: shop.tokens_each - int(balance) for reference, balance in rows}
