"""The way from a product to Tokendesk, on which everything can go wrong: a real HTTP server that hands requests on."""

from __future__ import annotations

import http.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import urlsplit

OPEN, REFUSES, HANGS, BUSY, DEAF = "open", "refuses", "hangs", "busy", "deaf"
"""Hands on; nobody listens; takes requests and is silent; answers 503; hands on, and loses the answer."""


class Wire:
    """url: where the product believes Tokendesk to be. heard: requests that came, as their paths."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.state, self.heard = OPEN, list[str]()
        self._waking = Event()
        self._server: ThreadingHTTPServer | None = None
        self._listen(0)
        assert self._server is not None
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def go(self, state: str) -> None:
        """From now on it behaves so; whatever hangs ends unheard."""
        self._waking.set()
        self._waking = Event()
        self.state = state
        if state == REFUSES:
            self.close()
        elif self._server is None:
            self._listen(self.port)

    def close(self) -> None:
        self._waking.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _listen(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def handed_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> http.client.HTTPResponse:
        there = http.client.HTTPConnection(str(self.target.hostname), self.target.port, timeout=30)
        there.request(method, path, body, headers)
        return there.getresponse()

    def wait(self) -> None:
        self._waking.wait(60)


def _handler_of(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            wire.heard.append(self.path)
            state = wire.state
            if state == REFUSES:  # on a connection from before
                self.close_connection = True
            elif state == BUSY:
                self._say(503, {"Retry-After": "1", "Content-Type": "text/html"}, b"<h1>busy</h1>")
            elif state == HANGS:
                wire.wait()
                self.close_connection = True
            else:
                told = wire.handed_on("POST", self.path, dict(self.headers), body)
                content = told.read()
                if state == DEAF:
                    self.close_connection = True
                else:
                    kept = ("Content-Type", "Retry-After", "Idempotency-Replayed")
                    self._say(
                        told.status,
                        {name: told.headers[name] for name in kept if name in told.headers},
                        content,
                    )

        def _say(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
