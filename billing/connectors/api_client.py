"""Speaks to Tokendesk's own HTTP API over persistent connections, from one thread, with little work a call.

For the demo and the benchmarks: the caller prepares whole requests, answers come back as they arrive.
"""

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

READ_BYTES = 65_536
RETRY_SECONDS = 0.1
GIVE_UP_SECONDS = 30.0


class ApiUnreachable(Exception):
    """Nobody answered at the address for `GIVE_UP_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Request:
    """`content`: head and body as sent; `tag`: whatever the caller wants back with the answer."""

    content: bytes
    tag: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`nanoseconds` from sending to the last byte; `head` holds the status line and the headers."""

    tag: int
    status: int
    head: bytes
    body: bytes
    nanoseconds: int

    @property
    def is_replayed(self) -> bool:
        return b"idempotency-replayed: true" in self.head.lower()

    @property
    def closes(self) -> bool:
        return b"connection: close" in self.head.lower()


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request, ready to be sent any number of times."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


class _Connection:
    """One connection with at most one request on its way."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self.request: Request | None = None
        self._received = bytearray()
        self._sent_at = 0
        self.socket = socket.socket()

    def _connect(self) -> socket.socket:
        opened = socket.create_connection(self._address, timeout=GIVE_UP_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, request: Request) -> None:
        self.request = request
        self._received.clear()
        self._sent_at = time.perf_counter_ns()
        self.socket.sendall(request.content)

    def resend(self) -> None:
        if self.request is not None:
            self.send(self.request)

    def receive(self) -> Answer | None:
        """The answer once it is complete. Raises ConnectionError where the server hung up before."""
        part = self.socket.recv(READ_BYTES)
        if not part:
            raise ConnectionResetError("the server closed the connection")
        self._received += part
        split = self._received.find(b"\r\n\r\n")
        if split < 0 or self.request is None:
            return None
        head, body = bytes(self._received[:split]), complete_body(self._received, split)
        if body is None:
            return None
        taken = time.perf_counter_ns() - self._sent_at
        return Answer(self.request.tag, int(head[9:12]), head, body, taken)

    def renew(self, give_up_at: float) -> None:
        """Connect again, trying until `give_up_at` on the monotonic clock."""
        self.socket.close()
        while True:
            try:
                self.socket = self._connect()
                return
            except OSError as refusal:
                if time.monotonic() > give_up_at:
                    raise ApiUnreachable(f"no answer from {self._address}") from refusal
                time.sleep(RETRY_SECONDS)


def complete_body(received: bytearray, split: int) -> bytes | None:
    """The body after the head that ends at `split`, or None while some of it is missing."""
    head = bytes(received[:split]).lower()
    start = split + 4
    at = head.find(b"content-length:")
    if at >= 0:
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        return bytes(received[start : start + length]) if len(received) >= start + length else None
    if b"transfer-encoding: chunked" in head:
        return _dechunked(received, start)
    return b""


def _dechunked(received: bytearray, start: int) -> bytes | None:
    parts: list[bytes] = []
    while (line_end := received.find(b"\r\n", start)) >= 0:
        length = int(bytes(received[start:line_end]).split(b";")[0], 16)
        start = line_end + 2 + length + 2
        if len(received) < start:
            return None
        if length == 0:
            return b"".join(parts)
        parts.append(bytes(received[line_end + 2 : start - 2]))
    return None


def exchange(
    host: str, port: int, requests: Iterator[Request], connections: int, on_answer: Callable[[Answer], None]
) -> None:
    """Send every request once and hand over its answer; `connections` requests are on their way at a time.

    A request whose connection breaks, or that is answered 503, is sent again: they carry idempotency keys, so that
    nothing happens twice. Raises ApiUnreachable.
    """
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            if (request := next(requests, None)) is not None:
                connection = _Connection(host, port)
                connection.renew(time.monotonic() + GIVE_UP_SECONDS)
                connection.send(request)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
        while selector.get_map():
            ready = selector.select(GIVE_UP_SECONDS)
            if not ready:
                raise ApiUnreachable(f"no answer from {host}:{port} for {GIVE_UP_SECONDS:g} s")
            for key, _events in ready:
                _turn(selector, key.data, requests, on_answer)


def _turn(
    selector: selectors.BaseSelector,
    connection: _Connection,
    requests: Iterator[Request],
    on_answer: Callable[[Answer], None],
) -> None:
    """Take what arrived on one connection, and send its next request when the answer is complete."""
    try:
        answer = connection.receive()
        if answer is None:
            return
        if answer.status == 503:
            time.sleep(RETRY_SECONDS)
        else:
            on_answer(answer)
            connection.request = next(requests, None)
        if answer.closes:
            raise ConnectionResetError("the server asked to close")
        if connection.request is not None:
            connection.send(connection.request)
    except ConnectionError:
        if connection.request is not None:
            _send_again(selector, connection)
    if connection.request is None:
        selector.unregister(connection.socket)
        connection.socket.close()


def _send_again(selector: selectors.BaseSelector, connection: _Connection) -> None:
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    selector.unregister(connection.socket)
    while True:
        connection.renew(give_up_at)
        try:
            connection.resend()
            break
        except ConnectionError:
            if time.monotonic() > give_up_at:
                raise
    selector.register(connection.socket, selectors.EVENT_READ, connection)
