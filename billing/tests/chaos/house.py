"""The whole product in a data folder of its own, durable as it ships, for tests that kill parts of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from billing.tests.chaos import ways
from config.embedded import template
from config.embedded.addresses import ROOT, Addresses

OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_ROLE",
    "REDIS_URL",
    "DATA_DIR",
    "PORT",
    "HOST",
    "SECRET_KEY",
)
STARTS_WITHIN_SECONDS = 300


def wait_until(holds: Callable[[], Any], *, within_seconds: float, about: str) -> float:
    """Wait until it holds; answers the seconds that took."""
    began = time.monotonic()
    while not holds():
        waited = time.monotonic() - began
        assert waited < within_seconds, f"{about}: not within {within_seconds:.0f} s"
        time.sleep(0.05)
    return time.monotonic() - began


@dataclass
class House:
    """The product over `folder`, at `port`. redis_url: where the test runs Redis itself."""

    folder: Path
    port: int
    redis_url: str | None = None
    up: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name not in OURS}
        given = {"REDIS_URL": self.redis_url} if self.redis_url else {}
        here = {"DATA_DIR": str(self.folder), "PORT": str(self.port), "WEBHOOK_PRIVATE_HOSTS": "127.0.0.1"}
        return {**ours, **given, **here}

    def open(self) -> float:
        """Start everything, as an operator would; answers the seconds until it serves."""
        with (self.folder / "up.log").open("ab") as log:
            self.up = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up"], env=self.environment, stdout=log, stderr=log
            )
        return wait_until(self._is_open, within_seconds=STARTS_WITHIN_SECONDS, about="the product starts")

    def _is_open(self) -> bool:
        assert self.up is not None
        assert self.up.poll() is None, f"it ended:\n{self.log('up')}"
        return Addresses.told(self.folder) is not None and self.answers()

    def close(self) -> None:
        if self.up is not None and self.up.poll() is None:
            self.up.send_signal(signal.SIGINT)
            self.up.wait(60)

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def log(self, name: str) -> str:
        path = self.folder / "up.log" if name == "up" else self.folder / "logs" / f"{name}.log"
        return path.read_text()[-4000:] if path.exists() else ""

    def manage(self, *words: str, within_seconds: int = 120) -> str:
        """What a management command prints; the test ends where it fails."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=within_seconds,
        )
        assert done.returncode == 0, f"manage.py {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def audit(self) -> dict[str, Any]:
        """The audit's report; the test ends where the books lie."""
        told: dict[str, Any] = json.loads(self.manage("audit", "--json"))
        assert told["is_clean"]
        return told

    def rows(self, statement: str, given: Mapping[str, Any] | Sequence[Any] = ()) -> list[Any]:
        """Ask the database as the app does."""
        addresses = Addresses.told(self.folder)
        assert addresses is not None
        with psycopg.connect(addresses.database_url) as connection:
            return connection.execute(statement.encode(), given).fetchall()

    @contextmanager
    def beside(self, module: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A Python module that runs beside the supervised processes, as the app does, until the block ends."""
        told = Addresses.told(self.folder)
        assert told is not None
        ours = told.as_environment() | {"SECRET_KEY": (self.folder / "secret-key").read_text()}
        ours.pop("DATABASE_OWNER_URL", None)
        with (self.folder / "logs" / f"beside-{'-'.join(words) or module}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                env=self.environment | ours,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def part(self, word: str) -> psutil.Process:
        """The supervisor's child whose command has this word: postgres, granian, worker or courier."""
        assert self.up is not None
        found = [child for child in psutil.Process(self.up.pid).children() if _is(child, word)]
        assert found, f"no {word} is running"
        return found[0]

    def processes(self) -> list[psutil.Process]:
        """Every part and its workers."""
        assert self.up is not None
        return psutil.Process(self.up.pid).children(recursive=True)

    def has(self, word: str, besides: int) -> bool:
        """Whether a part of this name runs that is not the process of that number."""
        assert self.up is not None
        return any(
            _is(child, word) and child.pid != besides for child in psutil.Process(self.up.pid).children()
        )


def _is(process: psutil.Process, word: str) -> bool:
    try:
        said = {part.rpartition("/")[2] for part in process.cmdline()}
        return word in said and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@contextmanager
def a_house(redis_url: str | None = None, *, is_new: bool = False) -> Iterator[House]:
    """A product that holds nothing yet, opened; gone afterwards.

    is_new: it makes its database itself, as on a machine where it was never started; else that is there and migrated.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="tokendesk-chaos-", dir="/tmp"))
    folder.chmod(0o755)
    house = House(folder, port, redis_url)
    try:
        if not is_new:
            template.copy_into(folder, cache=template.ROOT / ".data" / "test-templates")
        house.open()
        yield house
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Shop:
    """A product's key, and accounts with more tokens than the load can spend."""

    house: House
    key: str
    accounts: tuple[str, ...]
    tokens_each: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def a_shop(house: House, *, accounts: int = 20, tokens_each: int = 10_000_000) -> Shop:
    """Publish prices, make a key, open accounts, give them tokens and half of them rules, all by the doors."""
    rates = house.folder / "rates.csv"
    rates.write_text(ways.RATES)
    house.manage("ratetable", "import", "standard", str(rates), "--publish")
    key = house.manage(
        "apikey", "create", "--product", "chat", "--scopes", "debit,read,provision,events"
    ).strip()
    shop = Shop(house, key, tuple(f"chaos-{n}" for n in range(accounts)), tokens_each)
    with httpx.Client(base_url=f"{house.url}/api/v1", headers=shop.headers, timeout=20) as client:
        for account in shop.accounts:
            asked = {"policy": ways.POLICY} if account in ways.ruled(shop.accounts) else {}
            assert client.put(f"/accounts/{account}", json=asked).status_code == 201
            body = {"kind": "trial", "tokens": str(tokens_each)}
            granted = client.post(
                f"/accounts/{account}/grants", json=body, headers={"Idempotency-Key": f"first-{account}"}
            )
            assert granted.status_code == 201, granted.text
    rules = ways.RULES.format(sku=ways.SKU, references=list(ways.ruled(shop.accounts)))
    house.manage("shell", "--no-imports", "--command", rules)
    return shop
