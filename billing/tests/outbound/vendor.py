"""An outside system on this machine that keeps things, takes messages once a key, and fails as it is told."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

HANG, DOWN, HALF, GARBAGE, DONE_BUT_SILENT = "hang", "down", "half", "garbage", "done, but silent"
"""No answer until it closes; the line cut; half a body; a page of a gateway; done, and then no answer."""

PAGE = 3


class Vendor:
    """things: what can be fetched, oldest first. done: messages by key, as often as they took effect.

    heard: keys of messages, each time they came. poison: keys whose call is answered 500; bad: keys that are refused.
    """

    def __init__(self) -> None:
        self.things: list[dict[str, Any]] = []
        self.done: Counter[str] = Counter()
        self.heard: list[str] = []
        self.contents: dict[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.poison: set[str] = set()
        self.bad: set[str] = set()
        self.token, self.refresh, self.renewals = "token-0", "refresh-0", 0
        self.arrived, self.closing = Event(), Event()
        self._will: dict[str, deque[Any]] = defaultdict(deque)
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"vendor": self}))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def will(self, path: str, *faults: Any) -> None:
        """Answer the next calls of a path so: a word of those above, a status, or (429, seconds)."""
        self._will[path].extend(faults)

    def has(self, many: int) -> None:
        """Let there be so many more things to be fetched."""
        self.things += [{"id": f"thing-{len(self.things) + n}", "price": "1.10"} for n in range(many)]

    def next_fault(self, path: str) -> Any:
        with self._lock:
            self.calls[path] += 1
            return self._will[path].popleft() if self._will[path] else None

    def take(self, messages: list[dict[str, Any]]) -> tuple[int, Any]:
        keys = [each["key"] for each in messages]
        with self._lock:
            self.heard += keys
            if self.poison & set(keys):
                return 500, {"error": "it broke"}
            answers = []
            for each in messages:
                if each["key"] in self.bad:
                    answers.append({"error": f"No field called x in {each['key']}"})
                    continue
                if not self.done[each["key"]]:
                    self.done[each["key"]] += 1
                    self.contents[each["subject"]] = each["content"]
                answers.append({"id": f"theirs-{each['key']}"})
            return 200, answers

    def renew(self, refresh: str) -> tuple[int, Any]:
        """A refresh token counts once: whoever loses the new one is locked out."""
        with self._lock:
            if refresh != self.refresh:
                return 400, {"error": "invalid_grant"}
            self.renewals += 1
            self.token, self.refresh = f"token-{self.renewals}", f"refresh-{self.renewals}"
            return 200, {"token": self.token, "refresh": self.refresh}

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def a_vendor() -> Iterator[Vendor]:
    vendor = Vendor()
    try:
        yield vendor
    finally:
        vendor.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vendor: Vendor

    def log_message(self, *_args: Any) -> None:
        """Say nothing of each request."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _answer(self, body: bytes) -> None:
        at = urlsplit(self.path)
        fault = self.vendor.next_fault(at.path)
        self.vendor.arrived.set()
        try:
            if fault == HANG:
                self.vendor.closing.wait(30)
            elif fault == DONE_BUT_SILENT:
                self._done(at.path, at.query, body)
                self.vendor.closing.wait(30)
            if fault in (HANG, DOWN, DONE_BUT_SILENT):
                self.close_connection = True
                self.connection.close()
                return
            self._say(fault, *self._said(fault, at.path, at.query, body))
        except OSError:
            self.close_connection = True

    def _said(self, fault: Any, path: str, query: str, body: bytes) -> tuple[int, bytes]:
        if fault == GARBAGE:
            return 200, b"<html>Gateway</html>"
        if isinstance(fault, (int, tuple)):
            return (fault if isinstance(fault, int) else fault[0]), b'{"error": "as it was told"}'
        status, said = self._done(path, query, body)
        return status, json.dumps(said).encode()

    def _done(self, path: str, query: str, body: bytes) -> tuple[int, Any]:
        if path == "/token":
            return self.vendor.renew(json.loads(body)["refresh"])
        if self.headers.get("authorization") != f"Bearer {self.vendor.token}":
            return 401, {"error": "expired"}
        if path == "/messages":
            return self.vendor.take(json.loads(body))
        first = int(parse_qs(query)["from"][0])
        page = self.vendor.things[first : first + PAGE]
        return 200, {
            "things": page,
            "next": first + len(page),
            "more": first + PAGE < len(self.vendor.things),
        }

    def _say(self, fault: Any, status: int, body: bytes) -> None:
        self.send_response(status)
        if isinstance(fault, tuple):
            self.send_header("retry-after", str(fault[1]))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == HALF else body)
        if fault == HALF:
            self.close_connection = True
