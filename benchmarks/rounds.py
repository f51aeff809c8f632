"""The alternating samples: pgbench and HTTP in turn on the running product, five times over."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import pgbench
from benchmarks.http_load import Plan, Result
from benchmarks.processes import cpu_seconds
from benchmarks.seed import MODEL, MODELS, Seeded
from benchmarks.stack import Product
from config.embedded.addresses import ROOT
from config.embedded.postgres import APP

PGBENCH_CLIENTS = 8
HTTP_CONNECTIONS = 32
BATCH_CONNECTIONS = 4
BATCH_SIZE = 100
TPCB_DATABASE, TPCB_SCALE = "tpcb", 20
BODIES = 10_000


@dataclass(frozen=True)
class Sample:
    """One measurement. CPU in microseconds a debit (or transaction); latencies in milliseconds, of HTTP alone."""

    a_second: float
    postgres_cpu: float
    python_cpu: float = 0.0
    load_cpu: float = 0.0
    p50: float = 0.0
    p99: float = 0.0


@dataclass
class Rounds:
    """`request`: the debit as Python compiles it for the SQL function."""

    product: Product
    seeded: Seeded
    request: str
    seconds: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    _plans: int = 0
    _run: str = field(default_factory=lambda: uuid4().hex[:8])  # other rounds wrote to the same database

    @cached_property
    def _postgres(self) -> int:
        return self.product.postgres

    @cached_property
    def _web(self) -> int:
        return self.product.web

    def prepare(self) -> None:
        """Make pgbench's tables, in a database of the app role."""
        cluster = self.product.ground.cluster
        with cluster.connect(database="postgres") as connection:
            connection.execute(f"CREATE DATABASE {TPCB_DATABASE} OWNER {APP}")
        pgbench.initialise(cluster.url(APP, TPCB_DATABASE), TPCB_SCALE)

    def run(self, times: int, say: Callable[[str], None]) -> None:
        """Take `times` samples of each kind, one kind after the other."""
        self.http_many(seconds=2)  # every process has its connections, plans and prices once before it counts
        for number in range(1, times + 1):
            for name, take in self.kinds.items():
                sample = take()
                self.samples.setdefault(name, []).append(sample)
                say(f"  {number}/{times} {name:<10} {sample.a_second:8,.0f} a second")

    @property
    def kinds(self) -> dict[str, Callable[[], Sample]]:
        return {
            "tpcb": self.tpcb,
            "function": self.function,
            "http_many": self.http_many,
            "http_hot": self.http_hot,
            "http_batch": self.http_batch,
            "http_tiered": lambda: self.http_priced("tiered"),
            "http_models": lambda: self.http_priced("models"),
            "http_formula": lambda: self.http_priced("formula"),
        }

    def tpcb(self) -> Sample:
        url = self.product.ground.cluster.url(APP, TPCB_DATABASE)
        return self.pgbench(lambda: pgbench.tpcb_like(url, clients=PGBENCH_CLIENTS, seconds=self.seconds))

    def function(self) -> Sample:
        return self.pgbench(
            lambda: pgbench.script(
                self.product.ground.cluster.url(APP),
                "debit.sql",
                clients=PGBENCH_CLIENTS,
                seconds=self.seconds,
                variables={"first": 1, "last": self.seeded.accounts, "request": self.request},
            )
        )

    def http_many(self, seconds: int | None = None) -> Sample:
        drawn = random.Random(1)
        bodies = [json.dumps(self.seeded.body(drawn.randint(1, self.seeded.accounts))) for _ in range(BODIES)]
        return self.http("/api/v1/debits", bodies, HTTP_CONNECTIONS, seconds=seconds)

    def http_priced(self, how: str) -> Sample:
        """As `http_many`, with other rates: by tiers, by one of a thousand dimensioned rows, by a formula."""
        drawn = random.Random(1)
        bodies = []
        for _ in range(BODIES):
            model = f"m-{drawn.randrange(MODELS)}" if how == "models" else MODEL["model"]
            bodies.append(json.dumps(self.seeded.body(drawn.randint(1, self.seeded.accounts), how, model)))
        return self.http("/api/v1/debits", bodies, HTTP_CONNECTIONS)

    def http_hot(self) -> Sample:
        return self.http("/api/v1/debits", [json.dumps(self.seeded.body(1))], HTTP_CONNECTIONS)

    def http_batch(self) -> Sample:
        """Requests under way at the same time name different wallets, as those of one producer do."""
        bodies = []
        for first in range(1, self.seeded.accounts, BATCH_SIZE):
            accounts = range(first, first + BATCH_SIZE)
            debits = [{"idempotency_key": "@", **self.seeded.body(account)} for account in accounts]
            bodies.append(json.dumps({"debits": debits}))
        return self.http("/api/v1/debits/batch", bodies, BATCH_CONNECTIONS, debits_a_call=BATCH_SIZE)

    def pgbench(self, measure: Callable[[], pgbench.PgbenchResult]) -> Sample:
        """What pgbench measures, with what it cost the server."""
        before = cpu_seconds(self._postgres)
        result = measure()
        spent = cpu_seconds(self._postgres) - before
        return Sample(result.a_second, spent / result.transactions * 1e6)

    def http(
        self,
        path: str,
        bodies: list[str],
        connections: int,
        *,
        debits_a_call: int = 1,
        seconds: int | None = None,
        **how: Any,
    ) -> Sample:
        """how: more of the plan, where it is sent otherwise than a debit."""
        self._plans += 1
        plan = Plan(
            host="127.0.0.1",
            port=self.product.port,
            path=path,
            api_key=self.seeded.api_key,
            bodies=bodies,
            connections=connections,
            seconds=seconds or self.seconds,
            key_prefix=f"load-{self._run}-{self._plans}",
            **{"keys_a_body": 0 if debits_a_call == 1 else debits_a_call} | how,
        )
        before = cpu_seconds(self._postgres), cpu_seconds(self._web)
        result = _load(plan, self.product.ground.folder / "plan.json")
        if set(result.answers) - {"200", "201", "202"}:
            raise SystemExit(f"{path} answered {result.answers}: {result.first_refusal}")
        debits = sum(result.answers.values()) * debits_a_call
        postgres, web = cpu_seconds(self._postgres) - before[0], cpu_seconds(self._web) - before[1]
        return Sample(
            a_second=debits / result.seconds,
            postgres_cpu=postgres / debits * 1e6,
            python_cpu=web / debits * 1e6,
            load_cpu=result.cpu_seconds / debits * 1e6,
            p50=result.p50,
            p99=result.p99,
        )


def _load(plan: Plan, file: Path) -> Result:
    """Run the load generator as a process of its own."""
    file.write_text(json.dumps(asdict(plan)))
    command = [sys.executable, "-m", "benchmarks.http_load", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The load generator failed:\n{done.stderr}")
    return Result(**json.loads(done.stdout))
