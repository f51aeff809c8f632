"""A Redis of the tests' own, which they may stop and empty."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from redis import Redis

from config.embedded.children import end
from config.embedded.redis import RedisServer


class Broker:
    """A server that keeps nothing: stopped, it has lost everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = RedisServer(folder, folder, keeps=False)
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.child = self.server.start(log=self.folder / "log")

    def stop(self) -> None:
        if self.child is not None:
            end(self.child, by=signal.SIGKILL, within_seconds=10)
            self.child = None

    def empty(self) -> None:
        """Let it forget everything and go on."""
        with Redis(unix_socket_path=str(self.server.socket)) as client:
            client.flushall()
