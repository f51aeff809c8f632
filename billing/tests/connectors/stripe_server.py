"""A server on this machine that speaks Stripe's API v1 at version 2026-10-28.endive.

Written from what Stripe publishes: its OpenAPI specification (github.com/stripe/openapi) as its own SDK 16.1.0 carries
it, which names the parameters that each call takes and the fields that each object has, and the pages of
docs.stripe.com on errors, idempotent requests, pagination, expanding responses, rate limits and webhook signatures.
It keeps objects and answers from them; nothing is canned.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from billing.tests.connectors.stripe_books import DAY, VERSION
from billing.tests.connectors.stripe_calls import CALLS, Asked, permission_of
from billing.tests.connectors.stripe_protocol import Problem, Tree, decoded, invalid
from billing.tests.connectors.stripe_sales import Sales

KEYS_ARE_KEPT = DAY
REST = 7
"""For how many seconds it asks to be left alone where it was asked too much."""


@dataclass
class Trouble:
    """What goes wrong. after: calls that still go well. times: calls that fail then; None: all.

    kind: hang, 500, 429, 409, 401, 400, list, half, garbage; or `cut`: it is done, and nobody is told; or `late 500`:
    it is done, and a fault is answered and kept. acts_first: what was asked is done all the same.
    """

    kind: str
    after: int = 0
    times: int | None = None
    acts_first: bool = False

    def strikes(self) -> bool:
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
            return self.times >= 0
        return True


@dataclass(frozen=True)
class Kept:
    """The answer to the first request of an idempotency key."""

    print: str
    status: int
    body: bytes
    at: int


class StripeServer:
    """Listens on a port of its own. calls: what was asked for, as (method, path, parameters)."""

    def __init__(self) -> None:
        self.books = Sales()
        self.key, self.signing_secret = f"rk_test_{uuid4().hex}", f"whsec_{uuid4().hex}"
        self.old_signing_secrets: list[str] = []
        self.lacks: set[str] = set()
        """Permissions that the key was not given, as `invoices read`."""
        self.trouble: Trouble | None = None
        self.calls: list[tuple[str, str, Tree]] = []
        self.closing = Event()
        self._kept: dict[str, Kept] = {}
        self._under_way: set[str] = set()
        self._lock = Lock()
        self._port = 0
        self.up()

    # Whether it is there.

    def handler(self) -> type[Handler]:
        """What takes each call."""
        return Handler

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", self._port), type("Here", (self.handler(),), {"stand_in": self})
        )
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def close(self) -> None:
        self.closing.set()
        self.down()

    def fail(self, kind: str, after: int = 0, times: int | None = None) -> None:
        self.trouble = Trouble(kind, after, times)

    def recover(self) -> None:
        self.trouble = None

    # Webhooks.

    def delivery(self, event: Tree, at: int | None = None) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a webhook: signed with every secret that is not over yet."""
        body = json.dumps(event, indent=2).encode()
        return self.mark(body, self.books.now() if at is None else at), body

    def mark(self, body: bytes, at: int) -> dict[str, str]:
        """The headers of a webhook with this body."""
        signed = b"%d.%s" % (at, body)
        secrets = [self.signing_secret, *self.old_signing_secrets]
        marks = [hmac.new(secret.encode(), signed, sha256).hexdigest() for secret in secrets]
        header = ",".join([f"t={at}", *(f"v1={mark}" for mark in marks), "v0=unused"])
        return {"stripe-signature": header, "content-type": "application/json; charset=utf-8"}

    # Answers.

    def answer(self, asked: Asked, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Raises Problem."""
        self._admit(asked, headers)
        key = headers.get("idempotency-key", "") if asked.method == "POST" else ""
        if not key:
            return 200, json.dumps(self._done(asked)).encode(), {}
        with self._turn_of(key, asked):
            if (kept := self._known(key, asked)) is not None:
                return kept.status, kept.body, {"Idempotent-Replayed": "true", "Idempotency-Key": key}
            self.books.idempotency_key = key
            try:
                status, body = 200, json.dumps(self._done(asked)).encode()
            finally:
                self.books.idempotency_key = None
            if self.trouble and self.trouble.kind == "late 500" and self.trouble.strikes():
                status, body = 500, json.dumps(_API_ERROR).encode()
            self._kept[key] = Kept(asked.print, status, body, self.books.now())
        return status, body, {"Idempotency-Key": key}

    def _admit(self, asked: Asked, headers: dict[str, str]) -> None:
        word, _, key = headers.get("authorization", "").partition(" ")
        if word != "Bearer" or key != self.key:
            shown = f"{key[:8]}{'*' * 8}{key[-4:]}"
            raise invalid(f"Invalid API Key provided: {shown}", status=401)
        version = headers.get("stripe-version", VERSION)
        if version != VERSION:
            raise invalid(f"Invalid Stripe API version: {version}")
        if (need := permission_of(asked)) in self.lacks:
            raise invalid(
                f"The provided key '{key[:8]}***' does not have the required permissions for this endpoint on account "
                f"'acct_1Standin'. Having the '{need}' permission would allow this request to continue.",
                status=403,
            )

    @contextmanager
    def _turn_of(self, key: str, asked: Asked) -> Iterator[None]:
        with self._lock:
            if key in self._under_way:
                raise Problem(
                    409,
                    "idempotency_error",
                    f"There is currently another in-progress request using this Idempotent Key: {key}",
                    code="idempotency_key_in_use",
                )
            self._under_way.add(key)
        try:
            yield
        finally:
            self._under_way.discard(key)

    def _known(self, key: str, asked: Asked) -> Kept | None:
        if len(key) > 255:
            raise invalid("Idempotency keys can be up to 255 characters long.")
        kept = self._kept.get(key)
        if kept is None or kept.at <= self.books.now() - KEYS_ARE_KEPT:
            return None
        if kept.print != asked.print:
            raise Problem(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
            )
        return kept

    def _done(self, asked: Asked) -> Tree:
        with self.books.lock:
            for path, method, act in CALLS:
                if method == asked.method and (found := path.fullmatch(asked.path)):
                    return act(self.books, asked, **found.groupdict())
        raise invalid(f"Unrecognized request URL ({asked.method}: {asked.path}).", status=404)


_API_ERROR = {"error": {"type": "api_error", "message": "An unknown error occurred"}}
_FAULTS = {
    "500": (500, _API_ERROR),
    "429": (
        429,
        {
            "error": {
                "type": "invalid_request_error",
                "code": "rate_limit",
                "message": "Request rate limit exceeded. Learn more about rate limits: stripe.com/docs/rate-limits",
            }
        },
    ),
    "409": (
        409,
        {
            "error": {
                "type": "invalid_request_error",
                "code": "lock_timeout",
                "message": "This object cannot be accessed right now because another API request is using it.",
            }
        },
    ),
    "401": (401, {"error": {"type": "invalid_request_error", "message": "Expired API Key provided"}}),
    "400": (400, {"error": {"type": "invalid_request_error", "message": "It will not be."}}),
    "list": (200, []),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StripeServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_DELETE = do_GET

    def _serve(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length).decode()
        split = urlsplit(self.path)
        trouble = self.stand_in.trouble
        is_late = trouble is not None and trouble.kind in ("cut", "late 500")
        struck = trouble.kind if trouble and not is_late and trouble.strikes() else ""
        if trouble and trouble.acts_first and struck:
            self._answered(split.path, split.query or body)
        if struck == "hang":
            self.stand_in.closing.wait()
            self.close_connection = True
            return
        if struck in _FAULTS:
            status, said = _FAULTS[struck]
            headers = {"Retry-After": str(REST)} if status == 429 else {"Stripe-Should-Retry": "true"}
            self._say(status, json.dumps(said).encode(), headers)
            return
        status, answer, headers = self._answered(split.path, split.query or body)
        if struck == "garbage":
            answer = b"<html><body>502 Bad Gateway</body></html>"
        if trouble and trouble.kind == "cut" and trouble.strikes():
            self.close_connection = True
            return
        self._say(status, answer, headers, is_half=struck == "half")

    def _answered(self, path: str, form: str) -> tuple[int, bytes, dict[str, str]]:
        named = {name.lower(): value for name, value in self.headers.items()}
        try:
            asked = Asked(self.command, unquote(path), decoded(form))
            self.stand_in.calls.append((asked.method, asked.path, asked.form))
            return self.stand_in.answer(asked, named)
        except Problem as problem:
            return problem.status, json.dumps(problem.body).encode(), {}

    def _say(self, status: int, body: bytes, headers: dict[str, str], is_half: bool = False) -> None:
        self.send_response(status)
        usual = {
            "Content-Type": "application/json",
            "Request-Id": f"req_{uuid4().hex[:14]}",
            "Stripe-Version": VERSION,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        for name, value in (usual | headers).items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body[: len(body) // 2] if is_half else body)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass
