"""The whole product in a data folder of its own, as `manage.py up` runs it; and its PostgreSQL alone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import processes
from config.embedded.addresses import ROOT, Addresses
from config.embedded.children import User, end
from config.embedded.ground import socket_folder
from config.embedded.postgres import APP, DATABASE, SUPERUSER, Cluster

MARK = "benchmark"  # a file that says: this folder may be wiped
READY_WITHIN_SECONDS = 300


@dataclass(frozen=True)
class Ground:
    """The folder that a benchmark wipes, fills and measures in."""

    folder: Path

    def wipe(self) -> None:
        """Begin from nothing. Refuses a folder that holds anything but an earlier benchmark."""
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / MARK).exists():
            raise SystemExit(f"{self.folder} holds something else than a benchmark: give another folder.")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / MARK).touch()

    @property
    def cluster(self) -> Cluster:
        user = User.unprivileged()
        return Cluster(self.folder / "postgres", socket_folder(self.folder, user), user)

    def environment(self, database: str = DATABASE) -> dict[str, str]:
        """For `manage.py`, as the app role."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        return {**ours, "DATA_DIR": str(self.folder), "DATABASE_URL": self.cluster.url(APP, database)}

    def manage(self, *words: str, database: str = DATABASE) -> subprocess.CompletedProcess[str]:
        """Run a management command against one of the cluster's databases."""
        command = [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), *words]
        return subprocess.run(
            command, env=self.environment(database), capture_output=True, text=True, check=False
        )

    @contextmanager
    def postgres_alone(self) -> Iterator[int]:
        """Run the database server without the rest. Gives its process."""
        server = self.cluster.start(log=self.folder / "postgres-alone.log")
        try:
            yield server.pid
        finally:
            end(server, by=signal.SIGINT, within_seconds=120)

    @contextmanager
    def everything(self) -> Iterator["Product"]:
        """Run the product, from `manage.py up` to Ctrl-C."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {**self.environment(), "PORT": str(port)}
        del environment["DATABASE_URL"]
        log = (self.folder / "up.log").open("ab")
        up = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up"], env=environment, stdout=log, stderr=log
        )
        try:
            self._wait_for(up, port)
            yield Product(self, port, up.pid)
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(120)

    def _wait_for(self, up: subprocess.Popen[bytes], port: int) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while up.poll() is None and time.monotonic() < deadline:
            if Addresses.told(self.folder) is not None and _answers(port):
                return
            time.sleep(0.1)
        raise SystemExit(f"The product did not start: see {self.folder / 'up.log'}.")

    def clone(self, source: str, target: str) -> None:
        """Make a database as a copy of another that nobody is connected to, with the app role let in."""
        names = {
            "source": sql.Identifier(source),
            "target": sql.Identifier(target),
            "app": sql.Identifier(APP),
        }
        with self.cluster.connect(SUPERUSER, "postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {target}").format(**names))
            connection.execute(sql.SQL("CREATE DATABASE {target} TEMPLATE {source}").format(**names))
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {target} TO {app}").format(**names))

    def superuser(self, database: str = DATABASE) -> psycopg.Connection[tuple[object, ...]]:
        return self.cluster.connect(SUPERUSER, database)


@dataclass(frozen=True)
class Product:
    """The running product: its port and the processes of its parts."""

    ground: Ground
    port: int
    supervisor: int

    @property
    def postgres(self) -> int:
        return self._part("bin/postgres")

    @property
    def web(self) -> int:
        return self._part("granian")

    @property
    def worker(self) -> int:
        return self._part("config.jobs worker")

    def _part(self, word: str) -> int:
        children = processes.children().get(self.supervisor, [])
        return next(child for child in children if word in processes.command_line(child))

    def megabytes(self) -> float:
        """Memory of everything, supervisor included."""
        return processes.proportional_megabytes(processes.tree(self.supervisor))


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as opened:
            opened.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in opened.recv(100)
    except OSError:
        return False
