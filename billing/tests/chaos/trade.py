"""Trade with a vendor under kills: what it sold comes in, what it bills goes out, and both sides are compared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import httpx
import psycopg
from celery import Celery

from billing.tests.chaos import bills, ways
from billing.tests.chaos.assassin import Assassin, Strike
from billing.tests.chaos.house import House, wait_until
from billing.tests.connectors.stripe_protocol import Tree
from config.embedded.addresses import Addresses, broker_url

BUYERS, REFUNDED, UNTOLD = 4, 4, 3
"""Of so many sessions one is given back; of so many events one is told by nobody and has to be fetched."""
RINGS = ("fetch_from_connections", "send_to_connections", "note_figures")
CAUGHT_UP_WITHIN_SECONDS = 180
GIVES_UP_AFTER_SECONDS = 90
FOLLOWED = ("checkout.session.completed", "charge.refunded", "refund.created")


@dataclass
class Trade:
    """code: of the connection. billed: accounts by the customer that they are there. sales: by session, the buyer and
    how many packs are left. crew: jobs beside the supervised ones, begun again when they die.
    """

    house: House
    code: str
    stripe: Assassin = field(default_factory=Assassin)
    billed: dict[str, int] = field(default_factory=dict)
    sales: dict[str, tuple[str, int]] = field(default_factory=dict)
    crew: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _freed: int = 0
    _told: int = 0

    def begin(self, many: int) -> None:
        """Connect, and have so many accounts whose drafts wait to be issued; all are customers at the vendor."""
        said = (self.code, self.stripe.url, self.stripe.key, self.stripe.signing_secret)
        self.run(f"bills.connect{said}; bills.prepare({self.code!r}, {many})")
        for number in range(many):
            reference = f"{self.code}-billed-{number}"
            customer = self.stripe.books.customer(reference, {"account": reference})
            self.billed[customer["id"]] = number
            self.tell(self.stripe.books.event("customer.created"))
        self.wait(lambda: self.rows(_LINKED) == [(many,)], "all are linked")

    def run(self, word: str) -> None:
        word = f"from billing.tests.chaos import bills; {word}"
        self.house.manage("shell", "--no-imports", "--command", word, within_seconds=600)

    def rows(self, statement: str) -> list[Any]:
        """Ask the database about this connection."""
        asked = {
            "code": self.code,
            "kinds": list(FOLLOWED),
            "accounts": f"{self.code}-paid-%",
            "tokens": ways.TOKENS,
        }
        return self.house.rows(statement, asked)

    # At the vendor.

    def trade(self, many: int, pause: float = 0.1) -> None:
        """Bill what waits; then sell so many times there, give some back, and tell most of it by webhook."""
        self._issue()
        books = self.stripe.books
        price = books.price(books.product(), 700, metadata={"sku": ways.SKU})
        names = [f"{self.code}-paid-{n}" for n in range(BUYERS)]
        buyers = [books.customer(name, {"account": name}) for name in names]
        for number in range(many):
            buyer, packs = buyers[number % BUYERS], 1 + number % 3
            session = books.checkout([(price, packs)], customer=buyer, client_reference_id=buyer["name"])
            books.buy(session)
            self.sales[session["id"]] = (buyer["name"], packs)
            self.tell(books.event("checkout.session.completed"))
            if number % REFUNDED == 0:
                books.refund(books.charge_of(session))
                self.sales[session["id"]] = (buyer["name"], 0)
                self.tell(books.event("charge.refunded"))
            self._over.wait(pause)

    def _issue(self) -> None:
        """Again where the database was killed meanwhile: what is final stays so."""
        deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
        while True:
            try:
                return self.run(f"bills.issue({self.code!r})")
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def tell(self, event: Tree) -> None:
        """Send it as a webhook until it is taken, but for some, and for some twice."""
        self._told += 1
        for _ in range(self._told % UNTOLD):
            deadline = time.monotonic() + GIVES_UP_AFTER_SECONDS
            while time.monotonic() < deadline:
                headers, body = self.stripe.delivery(event)
                with suppress(httpx.HTTPError):
                    address = f"{self.house.url}/api/v1/connections/{self.code}/events"
                    answer = httpx.post(address, content=body, headers=headers, timeout=10)
                    if answer.is_success:
                        break
                    if answer.status_code < 500:
                        self.faults.append(f"{answer.status_code} {answer.text}")
                        break
                time.sleep(0.1)
            else:
                self.faults.append(f"{event['id']} was not taken")

    # Here.

    def tend(self, stack: ExitStack) -> None:
        """Ring often, begin again what was killed, and let pauses and the leases of the killed run out."""
        turns = 0
        while not self._over.wait(0.5):
            for kind, process in list(self.crew.items()):
                if process.poll() is not None:
                    self.crew[kind] = stack.enter_context(self.house.beside("config.jobs", kind))
            with suppress(psycopg.Error, AssertionError):
                self._free(is_patient=turns % 4 > 0)
            self._ring()
            turns += 1

    def _free(self, *, is_patient: bool) -> None:
        """What a killed worker took is left to it for minutes, and pauses grow: that long nobody waits here."""
        killed = len(self.stripe.killed)
        wanted = [] if is_patient and killed == self._freed else [_RECORDS]
        for statement in [*_PAUSED, *wanted, *([] if killed == self._freed else _LEASED)]:
            self.house.rows(statement)
        self._freed = killed

    def _ring(self) -> None:
        told = Addresses.told(self.house.folder)
        if told is None:
            return
        with suppress(Exception), Celery(broker=broker_url(told.redis_url)) as bells:
            for name in RINGS:
                bells.send_task(f"billing.tasks.{name}", queue="connections", expires=5, retry=False)

    def wait(self, holds: Any, about: str) -> float:
        def asked() -> bool:
            try:
                return bool(holds())
            except (psycopg.Error, AssertionError):
                return False

        return wait_until(asked, within_seconds=CAUGHT_UP_WITHIN_SECONDS, about=about)

    def proven(self) -> str:
        """Wait until all is caught up, and hold the vendor's books against ours; answers what was found."""
        waited = self.wait(self.is_caught_up, "everything is caught up")
        assert not self.faults, self.faults[:5]
        given_up = self.rows(_GIVEN_UP)
        assert not given_up, given_up
        items = self.stripe.books.tables["invoiceitems"]
        alike(Counter((each["customer"], each["amount"]) for each in items), Counter(self.due()))
        alike(Counter(each["id"] for each in items), Counter(name for (name,) in self.rows(_SENT)))
        events = Counter(each["id"] for each in self.stripe.books.events() if each["type"] in FOLLOWED)
        alike(events, Counter(name for (name,) in self.rows(_RECEIVED)))
        orders = {name: (buyer, packs) for name, buyer, packs in self.rows(_ORDERS)}
        assert orders == self.sales, (orders, self.sales)
        due = Counter[str]()
        for buyer, packs in self.sales.values():
            due[buyer] += packs * ways.TOKENS
        balances = dict(self.rows(_BALANCES))
        assert balances == due, (balances, due)
        again = sum(attempts > 1 for (attempts,) in self.rows(_ATTEMPTS))
        return (
            f"{len(items)} items and {len(orders)} sales, {again} items tried more than once, none doubled and none"
            f" lost, caught up after {waited:.1f} s; killed: {dict(Counter(self.stripe.killed))}"
        )

    def due(self) -> list[tuple[str, int]]:
        """The items that are to be at the vendor: the customer, and the cents worked out by hand."""
        return [(name, cents) for name, number in self.billed.items() for cents in bills.cents_of(number)]

    def is_caught_up(self) -> bool:
        if self.rows(_GIVEN_UP):
            return True
        events = sum(each["type"] in FOLLOWED for each in self.stripe.books.events())
        came = len(self.rows(_RECEIVED))
        return (
            self.rows(_LEFT) == [(0,)]
            and came == events
            and len(self.rows(_SENT)) == 2 * len(self.billed)
            and not self.stripe.strikes
        )


def alike(theirs: Counter[Any], ours: Counter[Any]) -> None:
    """Nothing is there more often on one side than on the other."""
    assert theirs == ours, f"more there: {theirs - ours}, more here: {ours - theirs}"


_NOW = "SET {} = clock_timestamp() WHERE"
_LEASED = (
    f"UPDATE billing_outgoing {_NOW.format('next_at')} is_under_way RETURNING 1",
    f"UPDATE billing_synccursor {_NOW.format('due_at')} true RETURNING 1",
)
_PAUSED = (
    f"UPDATE billing_outgoing {_NOW.format('next_at')} state = 'waiting' AND NOT is_under_way RETURNING 1",
    f"UPDATE billing_synccursor {_NOW.format('due_at')} due_at < clock_timestamp() + interval '30 s' RETURNING 1",
    "UPDATE billing_connectionhealth SET rests_until = NULL WHERE rests_until IS NOT NULL RETURNING 1",
)
# What waits for something that has still to come is due again when that comes.
_RECORDS = (
    f"UPDATE billing_handling {_NOW.format('next_at')} state = 'waiting' AND waits_for = '' RETURNING 1"
)
_OF = "connection_id = (SELECT id FROM billing_connection WHERE code = %(code)s)"
_LINKED = f"SELECT count(*) FROM billing_link WHERE state = 'linked' AND {_OF}"
_SENT = f"SELECT external_id FROM billing_outgoing WHERE kind = 'invoice item' AND state = 'sent' AND {_OF}"
_ATTEMPTS = f"SELECT attempts FROM billing_outgoing WHERE kind = 'invoice item' AND {_OF}"
_RECEIVED = f"SELECT external_id FROM billing_received WHERE kind = ANY (%(kinds)s) AND {_OF}"
_LEFT = f"""
SELECT (SELECT count(*) FROM billing_handling WHERE state = 'waiting' AND {_OF})
       + (SELECT count(*) FROM billing_outgoing WHERE state = 'waiting' AND kind = 'invoice item' AND {_OF})
"""
_GIVEN_UP = f"""
SELECT reason FROM billing_handling WHERE state = 'dead' AND {_OF}
UNION ALL SELECT reason FROM billing_outgoing WHERE state = 'dead' AND {_OF}
"""
# An order by what its grants were given and what was taken back, in packs.
_ORDERS = """
SELECT split_part(o.external_id, ':', 2), a.reference,
       (sum(CASE e.kind WHEN 'grant' THEN e.amount ELSE -e.amount END) / %(tokens)s)::integer
FROM billing_order o JOIN wallets_account a ON a.id = o.account_id
JOIN billing_portion p ON p.account_id = o.account_id AND p.order_id = o.id
JOIN wallets_grant g ON g.account_id = p.account_id AND g.external_id LIKE 'order ' || p.id || ' %%'
JOIN wallets_entry e ON e.account_id = g.account_id AND e.grant_id = g.id AND e.kind IN ('grant', 'void')
WHERE a.reference LIKE %(accounts)s GROUP BY o.id, o.external_id, a.reference
"""
_BALANCES = """
SELECT a.reference, w.balance::integer FROM wallets_wallet w JOIN wallets_account a ON a.id = w.account_id
WHERE a.reference LIKE %(accounts)s
"""


def strikes(each: int) -> list[Strike]:
    """Kills of those who send, who fetch and who apply, at the vendor's answer and a moment after it."""
    found = []
    for number in range(each):
        for what, method, path in (
            ("sends", "POST", "/v1/invoiceitems"),
            ("fetches", "GET", "/v1/events"),
            ("applies", "GET", "/v1/checkout/sessions/[^/]+/line_items"),
        ):
            found.append(Strike(f"{what}, unanswered", method, path, is_late=False))
            found.append(Strike(f"{what}, answered", method, path, is_late=True, seconds=0.004 * number))
    return found


@contextmanager
def trading(house: House, code: str, many: int, *crew: str) -> Iterator[Trade]:
    """Trade while the block runs. crew: which jobs run beside the supervised ones."""
    trade = Trade(house, code)
    try:
        trade.begin(many)
        with ExitStack() as stack:
            trade.crew = {kind: stack.enter_context(house.beside("config.jobs", kind)) for kind in crew}
            tending = Thread(target=trade.tend, args=[stack], daemon=True)
            tending.start()
            try:
                yield trade
            finally:
                trade._over.set()
                tending.join()
    finally:
        trade.stripe.close()
