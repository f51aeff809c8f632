"""A server on this machine that speaks HubSpot's CRM API v3 and associations v4.

Written from what HubSpot publishes: its OpenAPI specifications (github.com/HubSpot/HubSpot-public-api-spec-collection
at 99893791383, of 2026-08-21: OAuth v1, companies, deals, line items, tasks and properties v3, associations v4), which
name the parameters that each call takes and the fields of what it answers, and the pages of developers.hubspot.com on
searches, usage limits, error handling, merged records and validating requests. It keeps records and answers from them;
nothing is canned. What the pages leave open it does the harder way: among equals a search has the later record first.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

from billing.tests.connectors.hubspot_books import NOON, Books
from billing.tests.connectors.hubspot_calls import Calls, Problem, invalid
from billing.tests.connectors.stand_in import Asked, Reply, StandIn

LASTS = timedelta(seconds=1800)
SCOPES = {
    "companies": "crm.objects.companies",
    "deals": "crm.objects.deals",
    "line_items": "crm.objects.line_items",
    "tasks": "crm.objects.contacts",
}
CALLED = "https://tokendesk.example/api/v1/connections/crm/events"


class HubSpotServer(StandIn):
    """tokens: when each runs out. lacks: scopes that the app was not given. searches_a_second: None for no limit."""

    def __init__(self) -> None:
        self.books = Books()
        self.calls = Calls(self.books)
        self.client_id, self.client_secret = "client", f"{uuid4()}-AAAAAAA"
        self.refresh_token, self.rotates = f"refresh-{uuid4()}", False
        self.tokens: dict[str, datetime] = {}
        self.lacks: set[str] = set()
        self.searches_a_second: int | None = None
        self.failing: list[tuple[int, str]] = []
        """(calls that still go well, what is answered to the one after them), one after the other. lost: it is done."""
        self._searches: list[datetime] = []
        super().__init__()

    # Whether it is there.

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def up(self) -> None:
        address = ("127.0.0.1", int(self._server.server_address[1]))
        self._server = ThreadingHTTPServer(address, self._server.RequestHandlerClass)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    # Tokens and calls to us.

    def token(self) -> str:
        """A new access token."""
        token = f"access-{uuid4()}"
        self.tokens[token] = self.books.now + LASTS
        return token

    def signed(self, body: bytes, at: datetime = NOON) -> dict[str, str]:
        """The headers of a call with this body to CALLED."""
        stamp = str(int(at.timestamp() * 1000))
        source = b"POST" + CALLED.encode() + body + stamp.encode()
        mac = b64encode(hmac.new(self.client_secret.encode(), source, sha256).digest()).decode()
        return {"x-hubspot-signature-v3": mac, "x-hubspot-request-timestamp": stamp}

    # Answers.

    def answer(self, asked: Asked) -> Reply:
        date = {"date": format_datetime(self.books.now, usegmt=True)}
        try:
            kind = self._failing()
            if kind and kind != "lost":
                raise _fault(kind)
            self._admit(asked)
            reply = self._token(asked) if asked.path == "/oauth/v1/token" else self.calls.done(asked)
            if kind:
                raise _fault("500")
        except Problem as problem:
            reply = problem.reply
        return Reply(reply.told, reply.status, {**date, **reply.headers})

    def _failing(self) -> str:
        if not self.failing:
            return ""
        after, kind = self.failing[0]
        self.failing[0] = (after - 1, kind)
        if after:
            return ""
        del self.failing[0]
        return kind

    def _admit(self, asked: Asked) -> None:
        if asked.path == "/oauth/v1/token":
            return
        ends_at = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if ends_at is None or ends_at <= self.books.now:
            raise _fault("expired" if ends_at else "unknown")
        sort = next((each for each in SCOPES if f"/{each}" in asked.path), "")
        is_write = asked.path.endswith(("/batch/create", "/batch/update"))
        scope = f"{SCOPES.get(sort, 'oauth')}.{'write' if is_write else 'read'}"
        if scope in self.lacks:
            detail = {"message": "Missing.", "context": {"requiredGranularScopes": [scope]}}
            raise Problem(403, "MISSING_SCOPES", "This app hasn't been granted it.", errors=[detail])
        if asked.path.endswith("/search"):
            self._count_search()

    def _count_search(self) -> None:
        since = self.books.now - timedelta(seconds=1)
        self._searches = [at for at in self._searches if at > since]
        if self.searches_a_second is not None and len(self._searches) >= self.searches_a_second:
            raise _fault("secondly")
        self._searches.append(self.books.now)

    def _token(self, asked: Asked) -> Reply:
        form = asked.form
        if form.get("grant_type") != "refresh_token":
            raise invalid("Only refresh tokens are known here.")
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            raise Problem(401, "INVALID_AUTHENTICATION", "missing or unknown client secret")
        if form.get("refresh_token") != self.refresh_token:
            raise Problem(
                400, "INVALID_INPUT", "missing or invalid refresh token", status="BAD_REFRESH_TOKEN"
            )
        if self.rotates:
            self.refresh_token = f"refresh-{uuid4()}"
        told = {"token_type": "bearer", "token_use": "access_token", "expires_in": int(LASTS.total_seconds())}
        return Reply(told | {"access_token": self.token(), "refresh_token": self.refresh_token})


def event(kind: str, name: str, at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """One event of a call, as `company.creation`."""
    told = {
        "eventId": int(name) * 7,
        "subscriptionId": 25,
        "portalId": 4711,
        "appId": 1160,
        "attemptNumber": 0,
    }
    moment = int(at.timestamp() * 1000)
    return {**told, "occurredAt": moment, "subscriptionType": kind, "objectId": int(name), **more}


def body_of(events: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(events).encode()


def _fault(kind: str) -> Problem:
    limit: dict[str, Any] = {"errorType": "RATE_LIMIT"}
    faults: dict[str, tuple[int, str, str, dict[str, Any]]] = {
        "expired": (401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.", {}),
        "unknown": (401, "INVALID_AUTHENTICATION", "Authentication credentials not found.", {}),
        "500": (500, "INTERNAL_ERROR", "internal error", {}),
        "secondly": (429, "RATE_LIMITS", "You have reached your secondly limit.", limit),
        "ten": (
            429,
            "RATE_LIMITS",
            "You have reached your ten_secondly_rolling limit.",
            limit | {"policyName": "TEN_SECONDLY_ROLLING"},
        ),
        "daily": (429, "RATE_LIMITS", "You have reached your daily limit.", limit | {"policyName": "DAILY"}),
        "locked": (423, "LOCKED", "It is locked.", {}),
    }
    status, category, message, more = faults[kind]
    return Problem(status, category, message, **more)
