"""A real HTTP server on this machine that listens to webhooks and answers as it is told."""

from __future__ import annotations

import ssl
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

HANG = 0
"""No answer until the receiver is closed."""
DRIP = -1
"""A status, and then a body that never ends."""
SILENT_HEAD = -2
"""A header, a byte at a time, that never ends."""


@dataclass(frozen=True)
class Said:
    """How a request is answered."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers 200 unless `will_say` told it otherwise for a path: each answer once, the last one from then on."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[Heard] = []
        self.closing, self.arrived = Event(), Event()
        self._script: dict[str, deque[Said]] = defaultdict(lambda: deque([Said()]))
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._scheme = "http"
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, path: str = "/hooks", host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def will_say(self, *said: Said, path: str = "/hooks") -> None:
        self._script[path] = deque(said)

    def heard_at(self, path: str) -> list[Heard]:
        return [each for each in self.heard if each.path == path]

    def answer_to(self, heard: Heard) -> Said:
        with self._lock:
            self.heard.append(heard)
            script = self._script[heard.path]
            said = script.popleft() if len(script) > 1 else script[0]
        self.arrived.set()
        return said

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(context)
    try:
        yield receiver
    finally:
        receiver.close()


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: Any) -> None:
            """Say nothing of each request."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = receiver.answer_to(Heard(self.path, headers, body))
            try:
                self._answer(said)
            except OSError:
                self.close_connection = True

        def _answer(self, said: Said) -> None:
            if said.status == HANG:
                receiver.closing.wait(30)
                self.close_connection = True
            elif said.status == SILENT_HEAD:
                self._drip(b"HTTP/1.1 200 OK\r\nx-slow: ")
            elif said.status == DRIP:
                self._drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
            else:
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

        def _drip(self, head: bytes) -> None:
            self.wfile.write(head)
            while not receiver.closing.wait(0.02):
                self.wfile.write(b"x")

    return Handler
