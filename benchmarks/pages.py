"""How long pages of the admin take with a million debits of ten thousand accounts.

    python -m benchmarks.pages

Half of the debits are of one account. They are written by plain SQL with their lines and entries, through 90 days, and
rolled up; then each page is asked for a few times within the process, by a superuser who sees all of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import django
import psycopg

from benchmarks import rollups
from benchmarks.processes import cpu_seconds
from benchmarks.seed import charge_once, seed
from benchmarks.stack import Ground
from config.embedded.addresses import ROOT
from config.embedded.postgres import DATABASE

HEAVY = "bench-1"
ASKED = 9
ROLLED_AT_ONCE = 20_000
PROMISES = {"home": 0.2}
"""Seconds within which the median has to stay."""

# Each debit draws three tokens of its account's one grant, in the order of its time.
_ENTRIES = """
    INSERT INTO wallets_entry (
        account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after, floor, grant_id,
        cause_kind, cause_id, recorded_at)
    SELECT d.account_id, w.id, w.last_number + d.n, 'draw', 3, w.balance - 3 * (d.n - 1), w.balance - 3 * d.n, 0, 0,
           g.id, 'debit', d.id, d.recorded_at
    FROM (SELECT id, account_id, recorded_at, row_number() OVER (PARTITION BY account_id ORDER BY id) AS n
          FROM usage_debit WHERE key LIKE 'bench-%') AS d
    JOIN wallets_wallet w ON w.account_id = d.account_id
    JOIN wallets_grant g ON g.account_id = d.account_id
    ORDER BY d.id
"""
_SETTLE = """
    WITH drawn AS (
        SELECT account_id, count(*) AS n FROM usage_debit WHERE key LIKE 'bench-%' GROUP BY 1
    ), spent AS (
        UPDATE wallets_grant g SET remaining = g.remaining - 3 * d.n, spent = g.spent + 3 * d.n
        FROM drawn d WHERE d.account_id = g.account_id
    )
    UPDATE wallets_wallet w SET balance = w.balance - 3 * d.n, last_number = w.last_number + d.n
    FROM drawn d WHERE d.account_id = w.account_id
"""


def fill(connection: psycopg.Connection[Any], debits: int) -> None:
    """Write debits, lines, entries, and what they leave of each grant. The connection may look past triggers."""
    rollups.fill(connection, debits * rollups.LINES_A_DEBIT, HEAVY)
    connection.execute("SET session_replication_role = replica")
    connection.execute(_ENTRIES)
    connection.execute(_SETTLE)
    connection.commit()


def rolled() -> dict[str, float]:
    """Roll up, and let the daily jobs look at it once: seconds of each."""
    from billing.services import advising, noting_hours
    from usage.queries.moments import database_clock

    told = rollups.rolled(ROLLED_AT_ONCE)
    for name, job in (
        ("hours noted", noting_hours.note_hours),
        ("advised", lambda: advising.advise(database_clock())),
    ):
        begun = time.monotonic()
        job()
        told[name] = time.monotonic() - begun
    return told


def asked(server: int) -> dict[str, Any]:
    """Ask for each page; the median and the worst, in milliseconds. server: PostgreSQL's process.

    CPU: of both processes, for one page. Raises SystemExit where a promise is missed.
    """
    client = _client()
    told = {name: _taken(client, path, server) for name, path in _pages().items()}
    missed = [name for name, most in PROMISES.items() if told[name]["median ms"] > most * 1000]
    if missed:
        print(json.dumps(told, indent=1))
        raise SystemExit(f"Slower than promised: {', '.join(missed)}.")
    return told


def _pages() -> dict[str, str]:
    from wallets.models import Account

    account = Account.objects.get(reference=HEAVY)
    usage = "/admin/usage/rollups/?days="
    return {
        "home": "/admin/",
        "usage of all accounts, 30 days": f"{usage}30",
        "usage of all accounts, 90 days": f"{usage}90",
        "usage of one account, 30 days": f"{usage}30&account={HEAVY}",
        "usage of one account, 90 days": f"{usage}90&account={HEAVY}",
        "account": f"/admin/wallets/account/{account.pk}/change/",
        "inbox": "/admin/billing/inboxitem/",
        "advice": "/admin/billing/advice/",
        "debits": "/admin/usage/debit/",
        "ledger": "/admin/wallets/entry/",
        "accounts": "/admin/wallets/account/",
    }


def _client() -> Any:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.filter(is_superuser=True).order_by("pk")[0])
    return client


def _taken(client: Any, path: str, server: int) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked_for:
        _got(client, path)
    queries = len(asked_for)
    took = []
    before = time.process_time(), cpu_seconds(server)
    for _ in range(ASKED):
        begun = time.monotonic()
        _got(client, path)
        took.append((time.monotonic() - begun) * 1000)
    python, postgres = time.process_time() - before[0], cpu_seconds(server) - before[1]
    return {
        "median ms": round(median(took)),
        "worst ms": round(max(took)),
        "queries": queries,
        "CPU ms of Python": round(python * 1000 / ASKED),
        "CPU ms of PostgreSQL": round(postgres * 1000 / ASKED),
    }


def _got(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} was answered {answer.status_code}.")


def main() -> int:
    options = _arguments()
    if options.step:
        django.setup()
        told = rolled() if options.step == "roll" else asked(options.server)
        print(json.dumps(told, indent=1))
        return 0
    ground = Ground(options.folder)
    ground.wipe()
    with ground.everything() as product:
        charge_once(product, seed(product, options.accounts))
    with ground.postgres_alone() as server:
        with ground.superuser(DATABASE) as connection:
            fill(connection, options.debits)
        _step(ground, "roll", server)
        with ground.superuser(DATABASE) as connection:
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
        _step(ground, "ask", server)
    return 0


def _step(ground: Ground, name: str, server: int) -> None:
    """One step, by the app role, in a process that knows the database."""
    words = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "benchmarks.pages",
        "--step",
        name,
        "--server",
        str(server),
    ]
    environment = ground.environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run(words, env=environment, check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--debits", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=ROOT / ".data" / "bench", help="wiped at the start")
    parser.add_argument("--step", choices=("roll", "ask"), help="one step in the database of the environment")
    parser.add_argument("--server", type=int, help="PostgreSQL's process, for a step")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
