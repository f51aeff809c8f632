"""A local server in a vendor's place: it answers as the vendor would, or gets into the troubles that vendors have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

THROTTLED, BROKEN, HALF, GARBAGE = "throttled", "broken", "half an answer", "garbage"
BESIDE_THE_POINT, SILENT, EXPIRED, REFUSING = "beside the point", "silent", "token expired", "refusing"
PAUSE = 7
"""Seconds for which a throttled vendor asks to be left alone."""
IN_TROUBLE: dict[str, tuple[int, bytes, dict[str, str], int]] = {
    HALF: (200, b'{"half": ', {}, 100),
    GARBAGE: (200, b"<html>A gateway's page", {}, 0),
    BESIDE_THE_POINT: (200, b"[]", {}, 0),
    THROTTLED: (429, b"{}", {"retry-after": str(PAUSE)}, 0),
    BROKEN: (500, b"{}", {}, 0),
    EXPIRED: (401, b"{}", {}, 0),
    REFUSING: (400, b'{"message": "No."}', {}, 0),
}
"""What is answered in trouble: status, body, headers, and how many bytes are announced and never come."""


@dataclass(frozen=True)
class Asked:
    """A request as it came. headers: names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered. told: sent as JSON."""

    told: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn:
    """Answers by `answer`, which a vendor's own stand-in has; `in_trouble` makes it fail for a while.

    A vendor that is in trouble after it did what was asked is told so by `does_it_first`.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.trouble, self.does_it_first = "", False
        self.closing, self._lock = Event(), Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    @contextmanager
    def in_trouble(self, trouble: str, *, does_it_first: bool = False) -> Iterator[None]:
        self.trouble, self.does_it_first = trouble, does_it_first
        try:
            yield
        finally:
            self.trouble, self.does_it_first = "", False

    def heard(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            return self.answer(asked) if not self.trouble or self.does_it_first else Reply()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def _handler_of(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            trouble = stand_in.trouble
            asked = Asked(
                self.command, parts.path, dict(parse_qsl(parts.query)), headers, self.rfile.read(length)
            )
            reply = stand_in.heard(asked)
            if trouble == SILENT:
                stand_in.closing.wait()
            elif trouble:
                status, body, headers, missing = IN_TROUBLE[trouble]
                self._say(status, body, headers, missing)
            else:
                self._say(reply.status, json.dumps(reply.told).encode(), reply.headers)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def _say(self, status: int, body: bytes, headers: Mapping[str, str], missing: int = 0) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body) + missing))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing is told of each request."""

    return Handler
