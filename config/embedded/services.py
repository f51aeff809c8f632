"""PostgreSQL and Redis for one data folder: embedded ones, unless the operator's own are given."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from config.embedded.addresses import Addresses
from config.embedded.children import User
from config.embedded.ground import socket_folder
from config.embedded.postgres import APP, OWNER, Cluster
from config.embedded.redis import RedisServer
from config.embedded.supervisor import Part, Supervisor

LARGEST_LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Services:
    """What the product stands on, for the data folder this process holds."""

    data_dir: Path
    supervisor: Supervisor
    say: Callable[[str], None]

    def start(self) -> Addresses:
        """Start what was not given and answer where everything is.

        Raises CannotStart.
        """
        given = Addresses.current(self.data_dir)
        database_url, owner_url = given.database_url, given.owner_url
        if not os.environ.get("DATABASE_URL"):
            cluster = self._postgres()
            database_url, owner_url = cluster.url(APP), cluster.url(OWNER)
        redis_url = os.environ.get("REDIS_URL") or self._redis().url()
        began_at = psutil.Process().create_time()
        return Addresses(
            database_url, owner_url, redis_url, supervisor_pid=os.getpid(), supervisor_began_at=began_at
        )

    def _ground(self) -> tuple[Path, User | None]:
        user = User.unprivileged()
        return socket_folder(self.data_dir, user), user

    def _postgres(self) -> Cluster:
        sockets, user = self._ground()
        cluster, log = Cluster(self.data_dir / "postgres", sockets, user), log_file(self.data_dir, "postgres")
        if not cluster.is_initialised:
            self.say("Creating the database (PostgreSQL 18) …")
            cluster.initialise(log=log)
        self.say("Starting PostgreSQL …")
        self.supervisor.start(
            Part("PostgreSQL", lambda: cluster.start(log=log), signal.SIGINT, 60, is_server=True)
        )
        cluster.make_roles_and_database()
        return cluster

    def _redis(self) -> RedisServer:
        sockets, user = self._ground()
        folder = self.data_dir / "redis"
        folder.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
        server, log = RedisServer(folder, sockets, user), log_file(self.data_dir, "redis")
        self.say("Starting Redis …")
        self.supervisor.start(Part("Redis", lambda: server.start(log=log), is_server=True))
        return server


def log_file(data_dir: Path, name: str) -> Path:
    """Where a part writes what it has to say; a long log of earlier starts steps aside."""
    folder = data_dir / "logs"
    folder.mkdir(exist_ok=True)
    log = folder / f"{name}.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(folder / f"{name}.log.1")
    return log


def secret_key(data_dir: Path) -> str:
    """The key given, else the one kept in the data folder, made on the first start."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    kept = data_dir / "secret-key"
    if not kept.exists():
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return kept.read_text()
