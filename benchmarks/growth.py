"""Does a debit get dearer with age? The same debits on a young and an old ledger, and on two sorts of wallets."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks import ageing, pgbench
from benchmarks.ageing import Connection
from benchmarks.processes import cpu_seconds
from benchmarks.rounds import PGBENCH_CLIENTS, Sample
from benchmarks.stack import Ground
from config.embedded.postgres import APP

YOUNG, OLD = "young", "old"
DEBITS_A_CALL = 100
FEW_GRANTS, MANY_GRANTS = 3, 3_000
WALLETS_OF_A_SORT = 16
GRANTS_AT_ONCE = 100
GRANT_TOKENS = (
    "0.3125"  # what 1,000 units of chat.input cost: so many grants are spent by so many thousand units
)

GIVE = """
    SELECT bool_and(granted.outcome = 'granted')
    FROM wallets_tokenunit AS unit, generate_series(%(after)s::int + 1, %(after)s::int + %(count)s::int) AS number,
        LATERAL wallets_grant_v1(%(account)s, unit.id, 'promo', %(tokens)s, NULL, NULL, 0::smallint,
            '{}', NULL, '', NULL, 'promo-' || number, 'benchmark', '') AS granted
    WHERE unit.is_default
"""
SPEND = """
    SELECT outcome = 'charged' FROM usage_debit_one_v1(
        jsonb_set(%(request)s::jsonb, '{lines}', jsonb_build_array(
            %(request)s::jsonb #> '{lines,0}' || jsonb_build_object('quantity', %(count)s::int * 1000)))
        || jsonb_build_object('account', %(account)s::uuid, 'key', 'spend-' || %(after)s::int))
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
        """Make the old ledger: one debit for each account, by the function, then its like until there are enough."""
        self.ground.clone(self.pristine, OLD)
        one_line = json.loads(self.request)
        one_line["lines"] = one_line["lines"][:1]
        with self.ground.superuser(OLD) as connection:
            charge_each_account(connection, one_line)
        begun = time.monotonic()
        ageing.repeat_debits(
            lambda: self.ground.superuser(OLD),
            accounts=self.accounts,
            times=self.entries // self.accounts - 2,
        )
        with self.ground.superuser(OLD) as connection:
            connection.execute("VACUUM ANALYZE")
            counted = connection.execute("SELECT count(*) FROM wallets_entry").fetchone()
        say(f"  the old ledger has {counted[0]:,} entries, after {time.monotonic() - begun:.0f} s")  # type: ignore[index]

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
            connection.execute("SET synchronous_commit = off")  # nothing is measured here
            for count, first in ((FEW_GRANTS, 1), (MANY_GRANTS, 1 + WALLETS_OF_A_SORT)):
                chosen = "SELECT id FROM bench.account WHERE n >= %s ORDER BY n LIMIT %s"
                for (account,) in connection.execute(chosen, [first, WALLETS_OF_A_SORT]).fetchall():
                    self._give_and_spend(connection, account, count)
            connection.execute("VACUUM ANALYZE")

    def _give_and_spend(self, connection: Connection, account: object, count: int) -> None:
        for after in range(0, count, GRANTS_AT_ONCE):
            given = {"account": account, "after": after, "count": min(GRANTS_AT_ONCE, count)}
            for statement in (GIVE, SPEND):
                told = connection.execute(
                    statement, {**given, "tokens": GRANT_TOKENS, "request": self.request}
                )
                if told.fetchone() != (True,):
                    raise SystemExit("A wallet's grants could not be given and spent.")

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


def charge_each_account(connection: Connection, request: dict[str, object]) -> None:
    """One debit for each account, a hundred a transaction."""
    told = connection.execute(
        """SELECT bool_and(charged.outcome = 'charged') FROM (
            SELECT jsonb_agg(%(request)s::jsonb || jsonb_build_object('account', id, 'key', 'first')) AS requests
            FROM bench.account GROUP BY n / %(many)s
        ) AS batch, LATERAL usage_debit_batch_v1(requests) AS charged""",
        {"request": json.dumps(request), "many": DEBITS_A_CALL},
    ).fetchone()
    if told != (True,):
        raise SystemExit("An account could not be charged.")


def dearer(samples: dict[str, list[Sample]], before: str, after: str) -> tuple[float, float]:
    """How much time and how much CPU a debit costs after, against before: medians of the pairs' ratios."""
    pairs = list(zip(samples[before], samples[after], strict=True))
    taken = median(young.a_second / old.a_second for young, old in pairs)
    return taken, median(old.postgres_cpu / young.postgres_cpu for young, old in pairs)
