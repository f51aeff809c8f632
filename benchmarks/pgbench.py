"""Runs pgbench, which ships with the embedded PostgreSQL, and reads what it prints."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded.postgres import binaries

SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class PgbenchResult:
    """`transactions` done, how many `a_second`, and their mean `milliseconds`."""

    transactions: int
    a_second: float
    milliseconds: float


def initialise(url: str, scale: int) -> None:
    """Make pgbench's own tables."""
    _run(["-i", "-q", "-s", str(scale), url])


def tpcb_like(url: str, *, clients: int, seconds: int) -> PgbenchResult:
    """pgbench's built-in script: three updates, a select and an insert a transaction."""
    return _measure(["-b", "tpcb-like", "-n", *_load(clients, seconds)], url)


def script(
    url: str,
    name: str,
    *,
    clients: int,
    seconds: int | None = None,
    transactions: int | None = None,
    variables: Mapping[str, str | int] | None = None,
) -> PgbenchResult:
    """One of our scripts, for a time or for a number of transactions a client."""
    given = [word for key, value in (variables or {}).items() for word in ("-D", f"{key}={value}")]
    return _measure(["-f", str(SCRIPTS / name), "-n", *given, *_load(clients, seconds, transactions)], url)


def _load(clients: int, seconds: int | None = None, transactions: int | None = None) -> list[str]:
    length = ["-t", str(transactions)] if seconds is None else ["-T", str(seconds)]
    return ["-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), *length]


def _measure(options: list[str], url: str) -> PgbenchResult:
    printed = _run([*options, url])
    if failed := re.search(r"number of failed transactions: ([1-9]\d*)", printed):
        raise RuntimeError(f"{failed[1]} transactions failed:\n{printed}")
    return PgbenchResult(
        transactions=int(re.search(r"transactions actually processed: (\d+)", printed)[1]),  # type: ignore[index]
        a_second=float(re.search(r"tps = ([\d.]+)", printed)[1]),  # type: ignore[index]
        milliseconds=float(re.search(r"latency average = ([\d.]+)", printed)[1]),  # type: ignore[index]
    )


def _run(options: list[str]) -> str:
    done = subprocess.run([binaries() / "pgbench", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pgbench {' '.join(options)}\n{done.stdout}\n{done.stderr}")
    return done.stdout
