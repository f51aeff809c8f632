"""A caller of the API: requests as a web server hands them over, through the whole application."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from psycopg.pq import TransactionStatus

from config.wsgi import application

_serial = count(1)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def slug(self) -> str:
        """The problem's word; fails where the answer is none."""
        assert self.headers["Content-Type"] == "application/problem+json", self.content[:500]
        assert self.json["status"] == self.status
        return str(self.json["type"].rpartition("/")[2])

    @property
    def pointers(self) -> list[str]:
        return [each["pointer"] for each in self.json["errors"]]


@dataclass(frozen=True)
class ApiClient:
    """Calls with one key."""

    key: str | None = None
    prefix: str = "/api/v1"
    extra: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def put(self, path: str, body: object) -> Answer:
        return self.send("PUT", path, body)

    def post(self, path: str, body: object, *, once: str | None = "", **headers: str) -> Answer:
        """once: the idempotency key; a new one where it is empty, none where it is None."""
        if once is not None:
            headers.setdefault("HTTP_IDEMPOTENCY_KEY", once or f"once-{next(_serial)}")
        return self.send("POST", path, body, **headers)

    def send(self, method: str, path: str, body: object = None, **environ: str) -> Answer:
        """body: bytes as they are, anything else as JSON."""
        path, _, query = path.partition("?")
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        asked: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": self.prefix + path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
            "wsgi.errors": io.StringIO(),
        }
        if body is not None:
            asked |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent))}
        if self.key is not None:
            asked["HTTP_AUTHORIZATION"] = f"Bearer {self.key}"
        return _called(
            {name: told for name, told in (asked | self.extra | environ).items() if told is not None}
        )


@contextmanager
def _connection_kept() -> Iterator[None]:
    """A test that is rolled back keeps its connection from request to request, as Django's own client does.

    What PostgreSQL refuses would end the test's transaction, so each request has a savepoint to go back to.
    """
    savepoint = transaction.savepoint() if connection.in_atomic_block else None
    ends = [signal for signal in (request_started, request_finished) if connection.in_atomic_block]
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
        if (
            savepoint is not None
            and connection.connection.info.transaction_status == TransactionStatus.INERROR
        ):
            connection.needs_rollback = False
            transaction.savepoint_rollback(savepoint)
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


def _called(environ: dict[str, Any]) -> Answer:
    told: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        told.update(status=int(status.split()[0]), headers=dict(headers))

    with _connection_kept():
        response = application(environ, start_response)
        content = b"".join(response)
        getattr(response, "close", lambda: None)()
    return Answer(told["status"], told["headers"], content)
