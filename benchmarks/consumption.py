"""What rules and holds cost beside a bare debit, and how long the matrix of a hundred accounts and features takes."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median

import httpx

from benchmarks import pgbench
from benchmarks.rounds import BODIES, HTTP_CONNECTIONS, PGBENCH_CLIENTS, Rounds, Sample
from benchmarks.seed import ITEMS, MODEL, PRODUCT
from config.embedded.postgres import APP

RULED_SHARE = 10
"""One account in so many has rules: the last ones. As many before them have none."""
SIDE = 100
"""Accounts, and features, of the matrix."""
MATRICES = 10


@dataclass
class Consumption:
    """Samples in turn: bare debits and ruled ones, by the function and over HTTP, and holds."""

    rounds: Rounds
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    @property
    def _first(self) -> int:
        return self.rounds.seeded.accounts - self._ruled + 1

    @property
    def _ruled(self) -> int:
        return self.rounds.seeded.accounts // RULED_SHARE

    def run(self, times: int, say: Callable[[str], None]) -> None:
        self._rule()
        ruled, bare = (self._first, self.rounds.seeded.accounts), (self._first - self._ruled, self._first - 1)
        held = (
            1,
            bare[0] - 1,
        )  # wallets of their own: a debit of a bare one would book the ends of its holds
        kinds: dict[str, Callable[[], Sample]] = {
            "bare": lambda: self._script("debit.sql", *bare),
            "ruled": lambda: self._script("ruled.sql", *ruled),
            "holds": lambda: self._script("hold.sql", *held),
            "http_bare": lambda: self._http(*bare),
            "http_ruled": lambda: self._http(*ruled),
            "alone_bare": lambda: self._http(*bare, connections=1),
            "alone_ruled": lambda: self._http(*ruled, connections=1),
        }
        for number in range(1, times + 1):
            for name, take in kinds.items():
                sample = take()
                self.samples.setdefault(name, []).append(sample)
                say(f"  {number}/{times} {name:<11} {sample.a_second:8,.0f} a second")

    def matrix_milliseconds(self) -> float:
        """The median of asking for all of them at once, one call after the other."""
        codes = self._features()
        asked = {"accounts": [f"bench-{n}" for n in range(self._first - SIDE // 2, self._first + SIDE // 2)]}
        headers = {"Authorization": f"Bearer {self.rounds.seeded.api_key}"}
        taken = []
        with httpx.Client(base_url=f"http://127.0.0.1:{self.rounds.product.port}", headers=headers) as http:
            for number in range(MATRICES + 2):
                begun = time.perf_counter()
                answer = http.post("/api/v1/entitlements/query", json=asked | {"features": codes}, timeout=60)
                answer.raise_for_status()
                if number > 1:  # every process knows accounts and prices by then
                    taken.append((time.perf_counter() - begun) * 1000)
        return median(taken)

    def _script(self, name: str, first: int, last: int) -> Sample:
        return self.rounds.pgbench(
            lambda: pgbench.script(
                self.rounds.product.ground.cluster.url(APP),
                name,
                clients=PGBENCH_CLIENTS,
                seconds=self.rounds.seconds,
                variables={"first": first, "last": last, "request": self.rounds.request},
            )
        )

    def _http(self, first: int, last: int, connections: int = HTTP_CONNECTIONS) -> Sample:
        drawn = random.Random(1)
        body = self.rounds.seeded.body
        subject = {"subject": {"user": "u-1", "team": "t-1"}}
        bodies = [json.dumps(body(drawn.randint(first, last)) | subject) for _ in range(BODIES)]
        return self.rounds.http("/api/v1/debits", bodies, connections)

    def _rule(self) -> None:
        """Give the last accounts a ladder, two budgets and an allowance, and keep the request of each."""
        from django.db import connection

        from wallets.models import Account

        numbers = range(self._first, self.rounds.seeded.accounts + 1)
        rows = Account.objects.filter(reference__in=[f"bench-{n}" for n in numbers])
        kept = [(int(row.reference.removeprefix("bench-")), _ruled_request(row)) for row in rows]
        connection.close()
        with self.rounds.product.ground.superuser() as owner:
            owner.execute("CREATE TABLE bench.ruled (n int PRIMARY KEY, request jsonb NOT NULL)")
            with owner.cursor() as cursor:
                cursor.executemany("INSERT INTO bench.ruled VALUES (%s, %s)", kept)
            owner.execute("GRANT SELECT ON bench.ruled TO PUBLIC")
            owner.execute("ANALYZE bench.ruled")

    def _features(self) -> list[str]:
        from django.db import connection

        from pricing.models import Feature, Product
        from pricing.services import catalogue

        owner = Product.objects.get(code=PRODUCT)
        known = list(Feature.objects.order_by("code").values_list("code", flat=True))[:SIDE]
        more = [f"chat.more-{n}" for n in range(SIDE - len(known))]
        for code in more:
            catalogue.create_feature(product=owner, code=code)
        connection.close()
        return [*known, *more]


def _ruled_request(row: object) -> str:
    """Rules for the account, and a debit of its own as Python compiles it for the SQL function."""
    from pricing.models import Product
    from usage.queries.pricing_for import price
    from usage.rules.enrolment import Enrolment
    from usage.rules.orders import DebitOrder, Item
    from usage.rules.policies import PolicyChoice, Throttle
    from usage.services import limiting, terms
    from usage.services.authors import Author
    from usage.services.limiting import AllowanceOrder, BudgetOrder
    from usage.services.metering import request_of
    from wallets.models import Account

    assert isinstance(row, Account)
    why = Author("bench", "Rules for the benchmark.")
    throttle = (Throttle(0, "calls", Decimal(10**9)),)
    policy = PolicyChoice("overage", Decimal(100), notify=(80,), throttle=throttle)
    terms.enrol(reference=row.reference, asked=Enrolment(policy=policy), author=why)
    units = AllowanceOrder(pattern=ITEMS[1][0], units=Decimal(10**12), period="month")
    limiting.include(account_id=row.pk, order=units, author=why)
    for code, per in (("team", "team"), ("user", "user")):
        budget = BudgetOrder(code=code, period="month", tokens=Decimal(10**12), is_hard=True, per=per)
        limiting.open_budget(account_id=row.pk, order=budget, author=why)
    owner, moment = Product.objects.get(code=PRODUCT), datetime.now(UTC)
    items = tuple(Item(code, Decimal(quantity), MODEL) for code, quantity in ITEMS)
    given = row.reference, owner.pk, owner.api_keys.get().pk, "", b"\xab" * 32, items, moment
    order = DebitOrder(*given, subject={"user": "u-1", "team": "t-1"}, metadata={"request_id": "r-9"})
    found = price(account=row.reference, product_id=owner.pk, items=items, moment=moment)
    return json.dumps(request_of(order, found), default=str)
