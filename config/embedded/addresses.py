"""Where the database and the broker are: given by the operator, or told by the supervisor that runs them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

NOWHERE = "postgresql://tokendesk_app@/tokendesk?host=/nonexistent/tokendesk-is-not-running"


@dataclass(frozen=True)
class Addresses:
    """The app role's database, the owner's (None where only one was given) and Redis."""

    database_url: str
    owner_url: str | None
    redis_url: str
    supervisor_pid: int | None = None

    @classmethod
    def current(cls, data_dir: Path) -> Addresses:
        """The addresses in force: the environment first, then what the running supervisor wrote."""
        told = cls.told(data_dir)
        database_url = os.environ.get("DATABASE_URL")
        redis_url = os.environ.get("REDIS_URL") or (told.redis_url if told else "unix:///nonexistent?db=0")
        if database_url:
            return cls(database_url, os.environ.get("DATABASE_OWNER_URL"), redis_url)
        if told:
            return cls(told.database_url, told.owner_url, redis_url, told.supervisor_pid)
        return cls(NOWHERE, None, redis_url)

    @classmethod
    def told(cls, data_dir: Path) -> Addresses | None:
        """What the supervisor of this data folder wrote when its services were ready, or None."""
        try:
            return cls(**json.loads((data_dir / "services.json").read_text()))
        except (FileNotFoundError, NotADirectoryError):
            return None

    @property
    def is_given(self) -> bool:
        """Whether the operator named the database, so that no embedded one runs."""
        return self.supervisor_pid is None and self.database_url != NOWHERE

    def url_of(self, role: str) -> str:
        """The database's URL for `app` or `owner`; the app's where no owner's was given."""
        return self.owner_url if role == "owner" and self.owner_url else self.database_url

    def tell(self, data_dir: Path) -> None:
        """Write the addresses for the commands of other terminals, whole or not at all."""
        unfinished = data_dir / f"services.json.{os.getpid()}"
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.chmod(0o600)
        unfinished.replace(data_dir / "services.json")


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for a `postgresql://` URL; a folder may be given as `?host=/folder`."""
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
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
