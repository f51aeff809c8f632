"""A load generator that costs little: it shares the cores with what it measures.

One thread and epoll; each connection has one request on its way; requests are cut from prepared bytes, answers are
not parsed beyond status and length. Run as a process of its own:

    python -m benchmarks.http_load PLAN.json    # prints the result as JSON
"""

import array
import json
import select
import socket
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from billing.rules.signatures import signature


@dataclass(frozen=True)
class Plan:
    """What to send, for how long. `bodies` are used in turn; in each, `@` stands for a key never used before.

    signing_secret: of webhooks, which carry no API key then. confirmation: what every answer must hold, so many times
    (0: `keys_a_body` times).
    """

    host: str
    port: int
    path: str
    api_key: str
    bodies: list[str]
    connections: int
    seconds: float
    key_prefix: str
    keys_a_body: int = 0  # 0: the key is a header; else the body holds that many `@`
    media_type: str = "application/json"
    confirmation: str = '"status":201'
    confirmations: int = 0
    signing_secret: str = ""


@dataclass(frozen=True)
class Result:
    """`answers` counts by status; latencies in milliseconds; `cpu_seconds` is the generator's own."""

    answers: dict[str, int]
    seconds: float
    p50: float
    p99: float
    cpu_seconds: float
    first_refusal: str

    @property
    def a_second(self) -> float:
        return sum(self.answers.values()) / self.seconds


class Load:
    """One run of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        head = f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n"
        head += "" if plan.signing_secret else f"Authorization: Bearer {plan.api_key}\r\n"
        self._head = f"{head}Content-Type: {plan.media_type}\r\n".encode("ascii")
        self._confirmation = plan.confirmation.encode()
        self._confirmations = plan.confirmations or plan.keys_a_body
        self._bodies = [body.encode() for body in plan.bodies]
        self._sent = 0
        self.latencies = array.array("Q")
        self.statuses: Counter[bytes] = Counter()
        self.first_refusal = b""

    def request(self) -> bytes:
        """The next request, complete."""
        self._sent += 1
        key = b"%s-%d" % (self.plan.key_prefix.encode(), self._sent)
        body = self._bodies[self._sent % len(self._bodies)]
        if not self.plan.keys_a_body:
            return b"%sIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s" % (
                self._head,
                key,
                len(body),
                body,
            )
        parts = body.split(b"@")
        body = b"".join(
            part if not number else b"%s-%d%s" % (key, number, part) for number, part in enumerate(parts)
        )
        head = self._head + self._signed(key, body) if self.plan.signing_secret else self._head
        return b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)

    def _signed(self, key: bytes, body: bytes) -> bytes:
        """The headers of a webhook, signed now by the Standard Webhooks specification."""
        name, stamp = key.decode(), int(time.time())
        mark = signature([self.plan.signing_secret], name, stamp, body)
        lines = (f"webhook-id: {name}", f"webhook-timestamp: {stamp}", f"webhook-signature: {mark}")
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")

    def run(self) -> Result:
        """Send until the time is over, then wait for what is on its way."""
        poll = select.epoll()
        connections = {
            each.fileno(): each for each in (self._connect() for _ in range(self.plan.connections))
        }
        sent_at: dict[int, int] = {}
        partial: dict[int, bytes] = {}
        cpu, begun = time.process_time(), time.perf_counter_ns()
        until = begun + int(self.plan.seconds * 1e9)
        for number, connection in connections.items():
            poll.register(number, select.EPOLLIN)
            sent_at[number] = time.perf_counter_ns()
            connection.sendall(self.request())
        while sent_at:
            for number, _event in poll.poll(30):
                received = partial.pop(number, b"") + connections[number].recv(16_384)
                if not self._is_complete(received):
                    partial[number] = received
                    continue
                now = time.perf_counter_ns()
                self._count(received, now - sent_at.pop(number))
                if now < until:
                    sent_at[number] = now
                    connections[number].sendall(self.request())
        seconds = (time.perf_counter_ns() - begun) / 1e9
        for connection in connections.values():
            connection.close()
        return self._result(seconds, time.process_time() - cpu)

    def _connect(self) -> socket.socket:
        opened = socket.create_connection((self.plan.host, self.plan.port), timeout=30)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    @staticmethod
    def _is_complete(received: bytes) -> bool:
        if not received:
            raise ConnectionError("the server closed a connection")
        split = received.find(b"\r\n\r\n")
        if split < 0:
            return False
        at = received.find(b"ontent-", 0, split)
        while at >= 0 and received[at + 7 : at + 14].lower() != b"length:":
            at = received.find(b"ontent-", at + 1, split)
        if at < 0:
            return received.endswith(b"\r\n0\r\n\r\n")
        return len(received) - split - 4 >= int(received[at + 14 : received.find(b"\r", at)])

    def _count(self, received: bytes, nanoseconds: int) -> None:
        self.latencies.append(nanoseconds)
        status = received[9:12]
        if self._confirmations and received.count(self._confirmation) != self._confirmations:
            status = b"a row of a batch was not taken"
        self.statuses[status] += 1
        if not status.startswith(b"2") and not self.first_refusal:
            self.first_refusal = received

    def _result(self, seconds: float, cpu_seconds: float) -> Result:
        ordered = sorted(self.latencies)
        return Result(
            answers={status.decode(): count for status, count in self.statuses.items()},
            seconds=seconds,
            p50=ordered[len(ordered) // 2] / 1e6,
            p99=ordered[len(ordered) * 99 // 100] / 1e6,
            cpu_seconds=cpu_seconds,
            first_refusal=self.first_refusal.decode(errors="replace"),
        )


if __name__ == "__main__":
    print(json.dumps(asdict(Load(Plan(**json.loads(Path(sys.argv[1]).read_text()))).run())))
