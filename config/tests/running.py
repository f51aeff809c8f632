"""A running product with an empty database of its own: a web server, and where a test wants it a worker."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from config.embedded.postgres import APP, DATABASE, OWNER, SUPERUSER
from config.embedded.pytest_databases import TestServices
from config.embedded.up import Door
from config.tests import sources

READY_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Product:
    """url: of its web server. environment: of commands that are to reach it. database: its name."""

    url: str
    environment: dict[str, str]
    database: str


@contextmanager
def standing(services: TestServices, folder: Path, name: str) -> Iterator[dict[str, str]]:
    """A database of its own, empty and migrated. Answers the environment of commands that are to reach it."""
    with services.cluster.connect(SUPERUSER, "postgres") as connection:
        names = {
            "name": sql.Identifier(name),
            "template": sql.Identifier(DATABASE),
            "owner": sql.Identifier(OWNER),
            "app": sql.Identifier(APP),
        }
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names))
        connection.execute(
            sql.SQL("CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}").format(**names)
        )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {name} TO {app}").format(**names))
        try:
            yield services.environment | {
                "DATABASE_URL": services.cluster.url(APP, name),
                "DATABASE_OWNER_URL": services.cluster.url(OWNER, name),
                "DATA_DIR": str(folder / "data"),
            }
        finally:
            connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**names))


@contextmanager
def serving(services: TestServices, folder: Path, name: str) -> Iterator[Product]:
    """A web server over a database of its own: what is made in it first is the first there is."""
    with standing(services, folder, name) as environment:
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", *Door("127.0.0.1", port, 1).programs["web"]],
            env=environment,
            cwd=sources.root(),
            stdout=log_of("web", environment).open("ab"),
            stderr=subprocess.STDOUT,
        )
        try:
            yield Product(_answering(f"http://localhost:{port}"), environment, name)
        finally:
            server.terminate()
            server.wait(timeout=30)


@contextmanager
def working(product: Product) -> Iterator[None]:
    """The one that does the jobs of that product."""
    with _jobs(product, "worker"):
        yield


@contextmanager
def ringing(product: Product) -> Iterator[None]:
    """The one that rings for the jobs, so that a bell nobody heard is rung again."""
    with _jobs(product, "courier"):
        yield


@contextmanager
def _jobs(product: Product, kind: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "config.jobs", kind],
        env=product.environment,
        cwd=sources.root(),
        stdout=log_of(kind, product.environment).open("ab"),
        stderr=subprocess.STDOUT,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def log_of(kind: str, environment: dict[str, str]) -> Path:
    """What that process of a product writes down."""
    folder = Path(environment["DATA_DIR"]) / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{kind}.log"


def managed(product: Product, *words: str) -> str:
    """What a command of that product prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        env=product.environment | {"PYTHONWARNINGS": "ignore"},
        cwd=sources.root(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _answering(url: str) -> str:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, "the web server did not answer"
            time.sleep(0.1)
        else:
            return url
