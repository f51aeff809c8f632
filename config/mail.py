"""How e-mail goes out: by the mail server of `EMAIL_URL`; kept as files in the data folder where none is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
TLS = ("starttls", "none")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """fault: why the URL can't be used; mails are kept as files then."""

    is_sent: bool = False
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    starts_tls: bool = False
    is_tls: bool = False
    fault: str = ""

    @property
    def backend(self) -> str:
        return f"django.core.mail.backends.{'smtp' if self.is_sent else 'filebased'}.EmailBackend"


def outgoing(url: str) -> Outgoing:
    """What `EMAIL_URL` says: `smtp://user:password@host:587`, with STARTTLS unless `?tls=none`; `smtps://` is TLS from
    the first byte. Empty: mails are kept as files.
    """
    if not url:
        return Outgoing()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Outgoing(fault="it is no URL, or its port is no number")
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = asked.pop("tls", "starttls")
    if parts.scheme not in PORTS or not parts.hostname:
        return Outgoing(fault="it has to begin with smtp:// or smtps:// and name a host")
    if asked or tls not in TLS or (parts.scheme == "smtps" and "tls" in parts.query):
        return Outgoing(fault="after the host there may be ?tls=starttls or ?tls=none, with smtp:// alone")
    if parts.path not in ("", "/"):
        return Outgoing(fault="it names no path; write special signs of a password as %2F")
    return Outgoing(
        is_sent=True,
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_tls=parts.scheme == "smtp" and tls == "starttls",
        is_tls=parts.scheme == "smtps",
    )


def seconds(said: str) -> float | None:
    """A number of seconds above 0; None where it is none."""
    try:
        number = float(said)
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def folder_of(data_dir: Path) -> str:
    """Where mails are kept that no server sends."""
    return str(data_dir / "mails")
