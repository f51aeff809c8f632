"""Servers for a test run: PostgreSQL and Redis of its own, started by the xdist controller or the single process.

Loaded with `-p`, so that it comes before Django reads its settings.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
from typing import Any

import pytest

from config.embedded import template
from config.embedded.addresses import NOWHERE
from config.embedded.children import CannotStart, end
from config.embedded.postgres import THROW_AWAY, Cluster
from config.embedded.redis import RedisServer
from config.embedded.scratch import Scratch

# Nothing outside this run is ever reached, whatever the shell that started it had in its environment.
os.environ["DATABASE_URL"] = NOWHERE
os.environ["REDIS_URL"] = "unix:///nonexistent?db=0"
os.environ.pop("DATABASE_OWNER_URL", None)
os.environ.pop("DATABASE_ROLE", None)
os.environ["SECRET_KEY"] = "only for tests, which hold nothing worth signing"

# Half a million objects are made while tests are collected, and stay: to look for cycles among them every few hundred
# took a third of that time.
gc.set_threshold(50_000, 20, 50)


class Servers:
    """The servers of one test run, in a folder of their own."""

    def __init__(self) -> None:
        self._scratch = Scratch("tokendesk-test-")
        self.folder = self._scratch.folder
        self._children: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def start(self) -> None:
        user, log = self._scratch.user, self.folder / "log"
        redis = RedisServer(self.folder, self.folder, user, keeps=False)
        data = template.copy_into(self.folder, cache=template.ROOT / ".data" / "test-templates")
        self._children.append((Cluster(data, self.folder, user, THROW_AWAY).start(log=log), signal.SIGINT))
        self._children.append((redis.start(log=log), signal.SIGTERM))

    def stop(self) -> None:
        for child, by in reversed(self._children):
            end(child, by=by, within_seconds=20)
        self._scratch.close()


class ServersOfThisRun:
    """Starts the servers when first asked and ends them with the run."""

    def __init__(self) -> None:
        self._servers: Servers | None = None

    def folder(self) -> str:
        if self._servers is None:
            self._servers = Servers()
            try:
                self._servers.start()
            except CannotStart as fault:
                pytest.exit(str(fault), returncode=3)
        return str(self._servers.folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker where the servers are; the first worker finds them being started."""
        node.workerinput["servers"] = self.folder()

    def pytest_unconfigure(self) -> None:
        if self._servers is not None:
            self._servers.stop()


def pytest_configure(config: pytest.Config) -> None:
    from config.embedded import pytest_databases

    config.pluginmanager.register(pytest_databases, "databases-of-a-worker")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ServersOfThisRun(), "servers-of-this-run")


def pytest_collection_finish() -> None:
    """Let the search for cycles pass over what lasts as long as the run."""
    gc.freeze()
