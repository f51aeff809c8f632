"""What outside systems tell: how fast signed calls are taken while none is applied, and how fast one worker applies."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.backlog import hold, worked_off
from benchmarks.rounds import Rounds, Sample

CODE, SKU = "bench", "bench-pack"
CONNECTIONS = 16
BODIES = 1_000
OFFERS = {
    "offers": [
        {
            "sku": SKU,
            "name": "Pack",
            "kind": "pack",
            "list_price": "10",
            "currency": "USD",
            "tokens": [{"tokens": "1000", "share": "100"}],
        }
    ]
}
LEFT = "SELECT count(*) FROM billing_handling WHERE state = 'waiting'"
STUCK = "SELECT count(*) FROM billing_handling WHERE state = 'dead'"


@dataclass
class Telling:
    """Samples in turn: the debit's function, orders told by signed calls, and the same orders placed."""

    rounds: Rounds
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    secret: str = ""

    def run(self, times: int, say: Callable[[str], None]) -> None:
        self._connect()
        for number in range(1, times + 1):
            for name, take in (
                ("function", self.rounds.function),
                ("told", self.told),
                ("applied", self.applied),
            ):
                sample = take()
                self.samples.setdefault(name, []).append(sample)
                say(f"  {number}/{times} {name:<10} {sample.a_second:8,.0f} a second")

    def told(self) -> Sample:
        """An order of one pack a call, each of another name, of accounts in turn."""
        accounts = self.rounds.seeded.accounts
        bodies = [json.dumps(order(1 + number % accounts)) for number in range(BODIES)]
        hold(self.rounds.product)
        return self.rounds.http(
            f"/api/v1/connections/{CODE}/events",
            bodies,
            CONNECTIONS,
            keys_a_body=1,
            signing_secret=self.secret,
            confirmation='"duplicate":false',
            confirmations=1,
        )

    def applied(self) -> Sample:
        """All that was told, by the one worker that ships."""
        return worked_off(self.rounds.product, LEFT, STUCK)

    def _connect(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            Path(file.name).write_text(json.dumps(OFFERS))
            self._done("offers", "import", file.name)
        self._done("connection", "add", CODE, "webhook", "--on")
        self.secret = self._done("connection", "secret", CODE, "signing_secret").strip()

    def _done(self, *words: str) -> str:
        done = self.rounds.product.ground.manage(*words)
        if done.returncode:
            raise SystemExit(f"manage.py {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def order(account: int) -> dict[str, object]:
    """One order; `@` stands for a name never used before."""
    return {"external_id": "@", "account": f"bench-{account}", "lines": [{"sku": SKU}]}
