"""A dump that is taken under load, restored into a server that knows nothing, holds the same books to the last row."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from billing.tests.chaos.conftest import Say
from billing.tests.chaos.house import Shop
from billing.tests.chaos.load import KILLS_EACH, under_load
from config.embedded.addresses import ROOT, Addresses
from config.embedded.postgres import APP, OWNER, Cluster, binaries
from config.embedded.scratch import Scratch

pytestmark = [
    pytest.mark.destructive,
    pytest.mark.timeout(600),
    pytest.mark.skipif(KILLS_EACH < 2, reason="KILLS=1: nothing is killed here"),
]

Books = dict[str, tuple[int, Decimal]]
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def books(connection: psycopg.Connection[Any]) -> Books:
    """Of every table: how many rows, and a sum over all that stands in them."""
    summed = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} AS t"
    return {
        name: connection.execute(sql.SQL(summed).format(sql.Identifier(name))).fetchone()
        for (name,) in connection.execute(TABLES).fetchall()
    }  # type: ignore[misc]


def dumped(owner_url: str, into: Path) -> Books:
    """Dump the database and answer what stood in it at the very instant that the dump shows."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        ((snapshot,),) = connection.execute("SELECT pg_export_snapshot()").fetchall()
        command = [binaries() / "pg_dump", owner_url, "--format=custom", f"--snapshot={snapshot}"]
        subprocess.run([*command, f"--file={into}"], check=True)
        return books(connection)


@contextmanager
def a_fresh_server() -> Iterator[Cluster]:
    """PostgreSQL with the two roles and an empty database, as an operator makes them before a restore."""
    with Scratch("tokendesk-restore-") as scratch:
        cluster, log = (
            Cluster(scratch.folder / "postgres", scratch.folder, scratch.user),
            scratch.folder / "log",
        )
        cluster.initialise(log=log)
        server = cluster.start(log=log)
        try:
            cluster.make_roles_and_database()
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def managed(cluster: Cluster, folder: Path, *words: str) -> str:
    urls = {"DATABASE_URL": cluster.url(APP), "DATABASE_OWNER_URL": cluster.url(OWNER)}
    there = {"DATA_DIR": str(folder), "REDIS_URL": "unix:///nonexistent?db=0", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    done = subprocess.run(command, env=os.environ | urls | there, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_restored_dump_is_what_was_dumped(shop: Shop, say: Say, tmp_path: Path) -> None:
    told = Addresses.told(shop.house.folder)
    assert told is not None
    assert told.owner_url is not None
    with under_load(shop):
        time.sleep(2)
        was = dumped(told.owner_url, tmp_path / "tokendesk.dump")

    with a_fresh_server() as cluster:
        began = time.monotonic()
        command = [binaries() / "pg_restore", "--exit-on-error", f"--dbname={cluster.url(OWNER)}"]
        subprocess.run([*command, tmp_path / "tokendesk.dump"], check=True)
        took = time.monotonic() - began
        with cluster.connect(OWNER) as connection:
            found = books(connection)
        prepared = managed(cluster, tmp_path, "prepare")
        audit = json.loads(managed(cluster, tmp_path, "audit", "--json"))

    assert was["usage_debit"][0] > 0
    assert {
        name: (was.get(name), found.get(name)) for name in was | found if was.get(name) != found.get(name)
    } == {}
    assert "Migrating" not in prepared
    assert audit["is_clean"]
    say(
        f"{was['usage_debit'][0]:,} debits were dumped under load and restored in {took:.1f} s; the audit is clean."
    )
