"""Clients that spend in every way without pause, and try again with the same key until they are answered."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Event, Lock, Thread
from uuid import uuid4

import httpx

from billing.tests.chaos import ways
from billing.tests.chaos.house import Shop, wait_until

KILLS_EACH = int(os.environ.get("KILLS", "5"))
CLIENTS = 8
WAYS = ("hold", "debit", "event", "debit", "hold", "order", "debit", "seat", "debit")
"""What each does in turn."""
A_TOP_UP_IN, TOPPED_UP = 20, 150
"""Beside one of so many an account is opened that tops up, until there are so many."""
GIVES_UP_AFTER_SECONDS = 90
BOOKED_WITHIN_SECONDS = 120
JSON = {"Content-Type": "application/json"}


@dataclass
class Load:
    """What the clients were told. acknowledged: debit by key; seats: checkout by key; events: the ids that were taken;
    orders: the names of those whose second version was answered, with their accounts; topped_up: accounts that spent
    what they bought.

    answers: when each was sent and answered.
    """

    shop: Shop
    run: str = field(default_factory=lambda: uuid4().hex[:8])
    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
    seats: dict[tuple[str, str], str] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    orders: set[tuple[str, str]] = field(default_factory=set)
    topped_up: set[str] = field(default_factory=set)
    tries_again: int = 0
    replays: int = 0
    faults: list[str] = field(default_factory=list)
    answers: list[tuple[float, float]] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _numbers: Iterator[int] = field(default_factory=count)

    def client(self) -> None:
        """Spend in one way after the other, each time under new keys; what was begun is seen through."""
        with httpx.Client(base_url=self.shop.house.url, headers=self.shop.headers, timeout=10) as http:
            while not self._stop.is_set():
                with self._lock:
                    number = next(self._numbers)
                account = self.shop.accounts[number // len(WAYS) % len(self.shop.accounts)]
                if number % A_TOP_UP_IN == 0 and number < A_TOP_UP_IN * TOPPED_UP:
                    self._top_up(http, f"{self.run}-{number}")
                self._see_through(http, account, f"{self.run}-{number}", WAYS[number % len(WAYS)])

    def _see_through(self, http: httpx.Client, account: str, key: str, way: str) -> None:
        send, sent_at = partial(self._sent, http), time.monotonic()
        items = ways.items_for(account, ways.ruled(self.shop.accounts))
        if way == "event":
            answer = ways.event(send, account, key)
        elif way == "order":
            answer = ways.order(send, account, key)
        elif way == "seat":
            answer = ways.seat(send, account, key)
        else:
            answer = (ways.hold if way == "hold" else ways.debit)(send, account, items, key)
        if answer is not None:
            self._note(account, key, answer, sent_at, way)

    def _top_up(self, http: httpx.Client, key: str) -> None:
        account = f"top-up-{key}"
        if ways.top_up(partial(self._sent, http), account, key):
            with self._lock:
                self.topped_up.add(account)

    def _sent(
        self, http: httpx.Client, path: str, body: object, key: str | None, method: str = "POST"
    ) -> httpx.Response | None:
        """Send it with the same key until it is answered; None where it was refused, or never answered."""
        headers = {"Idempotency-Key": key} if key else {"Content-Type": "application/cloudevents+json"}
        deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = http.request(method, path, content=json.dumps(body), headers=JSON | headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in (200, 201, 202):
                return answer
            if answer is not None and answer.status_code < 500:
                self.faults.append(f"{answer.status_code} {answer.text}")
                return None
            with self._lock:
                self.tries_again += 1
            time.sleep(0.05)
        self.faults.append(f"{key or path} was not answered for {GIVES_UP_AFTER_SECONDS} s")
        return None

    def _note(self, account: str, key: str, answer: httpx.Response, sent_at: float, way: str) -> None:
        told = answer.json()
        debit = told.get("debit", told)
        with self._lock:
            if way == "event":
                self.events.add(key)
            elif way == "order":
                self.orders.add((account, key))
            elif way == "seat":
                self.seats[account, key] = told["id"]
            else:
                self.acknowledged[account, key] = debit["id"]
                if debit["tokens"] != f"{ways.TOKENS}.000000":
                    self.faults.append(f"{key} cost {debit['tokens']}")
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


def bought_as_said(load: Load) -> str:
    """See that every account bought as often as its rule lets it, each time once; answers how many, and how late."""
    right = [
        (
            account,
            list(range(1, ways.MOST_TOP_UPS + 1)),
            ways.MOST_TOP_UPS,
            ways.TOKENS * (ways.MOST_TOP_UPS - 1),
        )
        for account in sorted(load.topped_up)
    ]
    waited = wait_until(
        lambda: load.shop.house.rows(_TOPPED_UP, {"run": f"top-up-{load.run}-%"}) == right,
        within_seconds=BOOKED_WITHIN_SECONDS,
        about="each account has topped up as often as it may",
    )
    return f"{len(right)} accounts topped up within {waited:.1f} s"


# The account, its purchases by their numbers, how many orders it has under the names of these, and what is left.
_TOPPED_UP = """
SELECT a.reference, array_agg(t.number ORDER BY t.number), count(o.id)::integer, min(w.balance)::integer
FROM wallets_account a
JOIN wallets_wallet w ON w.account_id = a.id
JOIN billing_topup t ON t.account_id = a.id AND t.state = 'bought'
LEFT JOIN billing_order o ON o.account_id = a.id AND o.external_id = 'top-up-' || t.id
WHERE a.reference LIKE %(run)s GROUP BY a.reference ORDER BY a.reference COLLATE "C"
"""


@dataclass(frozen=True)
class Reckoning:
    """What the database holds against what clients were told, of every way together.

    orders: of what was acknowledged. tokens: gone by what was spent, less those that orders brought.
    """

    acknowledged: int
    orders: int
    tokens: int
    lost: int
    doubled: int
    unknown: int

    @property
    def is_right(self) -> bool:
        return (self.lost, self.doubled, self.unknown) == (0, 0, 0)


def reckon(load: Load) -> Reckoning:
    """Hold every acknowledged effect against the database, once all events that were taken are booked."""
    house = load.shop.house
    wait_until(
        lambda: house.rows("SELECT count(*) FROM usage_waitingevent") == [(0,)],
        within_seconds=BOOKED_WITHIN_SECONDS,
        about="all events are booked",
    )
    told: dict[tuple[str, str], str | None] = {**load.acknowledged, **load.seats}
    told |= {("event", sent_id): None for sent_id in load.events} | dict.fromkeys(load.orders)
    rows = [(*place, effect) for *place, effect in house.rows(_EFFECTS, {"run": f"{load.run}-%"})]
    stored = {(account, key): effect for account, key, effect in rows}
    lost = [key for key, effect in told.items() if key not in stored or (effect and stored[key] != effect)]
    times = Counter((account, key) for account, key, _ in rows)
    doubled = sum(many > 1 for many in times.values())
    tokens = ways.TOKENS * (len(told) - 2 * len(load.orders))
    return Reckoning(
        len(told), len(load.orders), tokens, len(lost), doubled, len(stored.keys() - told.keys())
    )


# A seat by the debits of its intervals, an event by those that book it: each as often as it was charged.
# An order by its tokens, where both versions stand and each granted once.
_EFFECTS = """
SELECT a.reference, c.key, c.effect_id::text
FROM usage_claim c
JOIN wallets_account a ON a.id = c.account_id
JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.effect_id
WHERE c.key LIKE %(run)s
UNION ALL
SELECT a.reference, c.key, c.effect_id::text
FROM usage_claim c
JOIN wallets_account a ON a.id = c.account_id
JOIN usage_checkoutcharge i ON i.account_id = c.account_id AND i.checkout_id = c.effect_id
JOIN usage_debit d ON d.account_id = i.account_id AND d.id = i.debit_id
WHERE c.key LIKE %(run)s AND c.effect = 'checkout'
UNION ALL
SELECT 'event', e.sent_id, d.id::text
FROM usage_event e JOIN usage_debit d ON d.key = 'event ' || e.id
WHERE e.sent_id LIKE %(run)s
UNION ALL
SELECT a.reference, o.external_id, p.id::text
FROM billing_order o
JOIN wallets_account a ON a.id = o.account_id
JOIN billing_portion p ON p.account_id = o.account_id AND p.order_id = o.id AND p.tokens = 7
WHERE o.external_id LIKE %(run)s AND (SELECT array_agg(v.number ORDER BY v.id) FROM billing_orderversion v
                                      WHERE v.order_id = o.id) = '{1,2}'
  AND (SELECT array_agg(e.amount::integer ORDER BY e.id) FROM wallets_grant g
       JOIN wallets_entry e ON e.account_id = g.account_id AND e.grant_id = g.id AND e.kind IN ('grant', 'void')
       WHERE g.account_id = p.account_id AND g.external_id LIKE 'order ' || p.id || ' %%') = '{14,7}'
"""


def spent(shop: Shop) -> dict[str, int]:
    """Tokens gone from each of the shop's accounts."""
    rows = shop.house.rows(
        "SELECT a.reference, w.balance FROM wallets_account a JOIN wallets_wallet w ON w.account_id = a.id"
        " WHERE a.reference = ANY (%(accounts)s)",
        {"accounts": list(shop.accounts)},
    )
    return {reference: shop.tokens_each - int(balance) for reference, balance in rows}
