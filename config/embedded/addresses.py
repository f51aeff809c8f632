"""Where the database and the broker are: given by the operator, or told by the supervisor that runs them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
NOWHERE = "postgresql://tokendesk_app@/tokendesk?host=/nonexistent/tokendesk-is-not-running"

PATIENCE = {"connect_timeout": "10", "tcp_user_timeout": "20000"}
"""How long a server that is there and silent is waited for: seconds for a connection, milliseconds of lost packets."""


def data_folder() -> Path:
    """The folder that holds everything an installation must keep: `DATA_DIR`, else `.data` beside the code."""
    return Path(os.environ.get("DATA_DIR") or ROOT / ".data").absolute()


@dataclass(frozen=True)
class Addresses:
    """The app role's database, the owner's (None where only one was given), Redis and the web server."""

    database_url: str
    owner_url: str | None
    redis_url: str
    web_url: str = ""
    supervisor_pid: int = 0
    supervisor_began_at: float = 0.0

    @classmethod
    def current(cls, data_dir: Path) -> Addresses:
        """The addresses in force: the environment first, then what the running supervisor wrote."""
        told = cls.told(data_dir)
        database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
        redis_url = redis_url or (told.redis_url if told else "unix:///nonexistent?db=0")
        if database_url:
            return cls(
                database_url, os.environ.get("DATABASE_OWNER_URL"), redis_url, told.web_url if told else ""
            )
        return told or cls(NOWHERE, None, redis_url)

    @classmethod
    def told(cls, data_dir: Path) -> Addresses | None:
        """What the supervisor of this data folder wrote when its services were ready; None where none runs."""
        try:
            told = cls(**json.loads((data_dir / "services.json").read_text()))
            began_at = psutil.Process(told.supervisor_pid).create_time()
        except (OSError, ValueError, TypeError, psutil.NoSuchProcess):
            return None
        return told if abs(began_at - told.supervisor_began_at) < 1 else None

    def tell(self, data_dir: Path) -> None:
        """Write the addresses for the commands of other terminals, whole or not at all."""
        unfinished = data_dir / f"services.json.{os.getpid()}"
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(data_dir / "services.json")

    def url_of(self, role: str) -> str:
        """The database's URL for `app` or `owner`; the app's where no owner's was given."""
        return self.owner_url if role == "owner" and self.owner_url else self.database_url

    def as_environment(self) -> dict[str, str]:
        """The same as environment variables, for a child process."""
        owners = {"DATABASE_OWNER_URL": self.owner_url} if self.owner_url else {}
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, **owners}


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for a `postgresql://` URL; a folder may be given as `?host=/folder`, options of libpq too."""
    parts = urlsplit(url)
    options: dict[str, Any] = PATIENCE | dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    port = options.pop("port", None) or parts.port or ""
    kernel_engine = find_spec("config.kernel.postgresql") if find_spec("config.kernel") else None
    return {
        "ENGINE": "config.kernel.postgresql" if kernel_engine else "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": options,
    }


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: sockets are `redis+socket://`, their database is a `virtual_host`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    return f"redis+socket://{parts.path}?virtual_host={parse_qs(parts.query).get('db', ['0'])[0]}"
