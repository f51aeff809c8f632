"""Does a debit get dearer with age? The same debits on a young and an old ledger, and on two sorts of wallets."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks import pgbench
from benchmarks.processes import cpu_seconds
from benchmarks.rounds import PGBENCH_CLIENTS, Sample
from benchmarks.stack import Ground
from config.embedded.postgres import APP

YOUNG, OLD = "young", "old"
DEBITS_A_CALL = 100
GROWING_CLIENTS = 2
FEW_GRANTS, MANY_GRANTS = 3, 3_000
WALLETS_OF_A_SORT = 32
GRANT_TOKENS = (
    "0.3125"  # what 1,000 units of chat.input cost: so many grants are spent by so many thousand units
)

SPEND_GRANTS = """
    SELECT count(granted.grant_id), (
        SELECT count(*) FROM usage_debit_one_v1(
            jsonb_set(%(request)s::jsonb, '{lines}', jsonb_build_array(%(request)s::jsonb #> '{lines,0}'
                || jsonb_build_object('quantity', %(count)s::int * 1000)))
            || jsonb_build_object('account', account.id, 'key', 'spend-' || account.n))
        WHERE outcome = 'charged')
    FROM bench.account AS account, wallets_tokenunit AS unit, generate_series(1, %(count)s::int),
        LATERAL wallets_grant_v1(account.id, unit.id, 'promo', %(tokens)s, NULL, NULL, 0::smallint,
            '{}', NULL, '', NULL, NULL, 'benchmark', '') AS granted
    WHERE account.n BETWEEN %(first)s AND %(last)s AND unit.is_default
    GROUP BY account.id, account.n
"""


@dataclass
class Growth:
    """On a cluster that runs alone. `pristine`: the seeded database, which nobody is connected to."""

    ground: Ground
    postgres: int
    pristine: str
    request: str
    accounts: int
    entries: int
    debits: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def grow(self, say: Callable[[str], None]) -> None:
        """Make the old ledger: debits of one line, a hundred a transaction, until it has `entries` entries."""
        self.ground.clone(self.pristine, OLD)
        one_line = json.loads(self.request)
        one_line["lines"] = one_line["lines"][:1]
        calls = (self.entries - self.accounts) // DEBITS_A_CALL // GROWING_CLIENTS
        for _ in range(10):
            result = pgbench.script(
                self.ground.cluster.url(APP, OLD),
                "debit_many.sql",
                clients=GROWING_CLIENTS,
                transactions=max(calls // 10, 1),
                variables={"share": self.accounts // GROWING_CLIENTS, "request": json.dumps(one_line)},
            )
            say(f"  growing the ledger: {result.a_second * DEBITS_A_CALL:,.0f} entries a second")
        with self.ground.superuser(OLD) as connection:
            connection.execute("VACUUM ANALYZE")
            counted = connection.execute("SELECT count(*) FROM wallets_entry").fetchone()
        say(f"  the old ledger has {counted[0]:,} entries")  # type: ignore[index]

    def age(self, times: int, say: Callable[[str], None]) -> None:
        """Sample debits on a fresh copy of the young ledger and on the old one, in turn."""
        self._warm(OLD)
        for number in range(1, times + 1):
            self.ground.clone(self.pristine, YOUNG)
            self._warm(YOUNG)
            for database in (YOUNG, OLD):
                self._take(database, database, 1, self.accounts)
            say(f"  {number}/{times} young and old: {self._last(YOUNG)} and {self._last(OLD)}")

    def spend(self) -> None:
        """Give two sorts of wallets few and many grants, and spend them."""
        self.ground.clone(self.pristine, YOUNG)
        with self.ground.superuser(YOUNG) as connection:
            for count, first in ((FEW_GRANTS, 1), (MANY_GRANTS, 1 + WALLETS_OF_A_SORT)):
                last = first + WALLETS_OF_A_SORT - 1
                given = {"request": self.request, "count": count, "tokens": GRANT_TOKENS}
                connection.execute(SPEND_GRANTS, {**given, "first": first, "last": last})
            connection.execute("VACUUM ANALYZE")

    def grants(self, times: int, say: Callable[[str], None]) -> None:
        """Sample debits on wallets with few and with many spent grants, in turn."""
        for number in range(1, times + 1):
            self._take("few_grants", YOUNG, 1, WALLETS_OF_A_SORT)
            self._take("many_grants", YOUNG, 1 + WALLETS_OF_A_SORT, 2 * WALLETS_OF_A_SORT)
            say(
                f"  {number}/{times} few and many grants: {self._last('few_grants')} and {self._last('many_grants')}"
            )

    def _warm(self, database: str) -> None:
        """Each account twice, so that both ledgers have paid for the first write after a checkpoint."""
        self._pgbench(database, 1, self.accounts, 2 * self.accounts // PGBENCH_CLIENTS)

    def _take(self, name: str, database: str, first: int, last: int) -> None:
        before = cpu_seconds(self.postgres)
        result = self._pgbench(database, first, last, self.debits // PGBENCH_CLIENTS)
        spent = cpu_seconds(self.postgres) - before
        sample = Sample(result.a_second, spent / result.transactions * 1e6)
        self.samples.setdefault(name, []).append(sample)

    def _pgbench(self, database: str, first: int, last: int, transactions: int) -> pgbench.PgbenchResult:
        return pgbench.script(
            self.ground.cluster.url(APP, database),
            "debit.sql",
            clients=PGBENCH_CLIENTS,
            transactions=transactions,
            variables={"first": first, "last": last, "request": self.request},
        )

    def _last(self, name: str) -> str:
        sample = self.samples[name][-1]
        return f"{sample.a_second:,.0f} a second ({sample.postgres_cpu:,.0f} µs)"


def dearer(samples: dict[str, list[Sample]], before: str, after: str) -> tuple[float, float]:
    """How much time and how much CPU a debit costs after, against before: medians of the pairs' ratios."""
    pairs = list(zip(samples[before], samples[after], strict=True))
    time = median(young.a_second / old.a_second for young, old in pairs)
    return time, median(old.postgres_cpu / young.postgres_cpu for young, old in pairs)
