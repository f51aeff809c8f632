"""A server on this machine that speaks Salesforce's REST API v65.0 and its token endpoint.

Written from what Salesforce publishes: the REST API Developer Guide of release 258 (query, queryAll, sObject
collections, describe, status codes and error responses, the limit header), the SOQL and SOSL Reference, the Object
Reference, and on help.salesforce.com the pages on the refresh token flow, the client credentials flow and invalid
query locators. It keeps records and answers from them; queries are parsed. Calls come `LATER` than what was done
before them. What the pages leave open it does the harder way: values are read when a page is answered, and what
comes without an order has the later record first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

from billing.tests.connectors.salesforce_books import ORG, Books
from billing.tests.connectors.salesforce_calls import Calls, Problem
from billing.tests.connectors.stand_in import Asked, Reply, StandIn

LASTS = timedelta(hours=2)
LATER = timedelta(seconds=5)
TOKEN = "/services/oauth2/token"


class SalesforceServer(StandIn):
    """tokens: when each session ends. used, allowed: calls of a day. later: how long after what was done calls come.

    instance_url: told with tokens. has_my_domain: whether client credentials count at this address.
    """

    def __init__(self) -> None:
        self.books = Books()
        self.calls = Calls(self.books)
        self.client_id, self.client_secret = "client", f"{uuid4()}-AAAAAAA"
        self.refresh_token, self.rotates = f"refresh-{uuid4()}", False
        self.has_my_domain = True
        self.tokens: dict[str, datetime] = {}
        self.used, self.allowed = 0, 100_000
        self.later = LATER
        self.failing: list[tuple[int, str]] = []
        """(calls that still go well, what is answered to the one after them), one after the other. lost: it is done."""
        super().__init__()
        self.instance_url = self.url

    # Whether it is there.

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def up(self) -> None:
        address = ("127.0.0.1", int(self._server.server_address[1]))
        self._server = ThreadingHTTPServer(address, self._server.RequestHandlerClass)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    # Answers.

    def token(self) -> str:
        """A new session."""
        token = f"00D!{uuid4()}"
        self.tokens[token] = self.books.now + LASTS
        return token

    def answer(self, asked: Asked) -> Reply:
        now = self.books.now + self.later
        headers = {"date": format_datetime(now, usegmt=True)}
        try:
            kind = self._failing()
            if kind == "locator":
                self.calls.finder.forget()
            elif kind and kind != "lost":
                raise _fault(kind)
            if asked.path == TOKEN:
                reply = self._token(asked)
            else:
                self._admit(asked)
                headers["sforce-limit-info"] = f"api-usage={self.used}/{self.allowed}"
                reply = self.calls.done(asked)
            if kind == "lost":
                raise _fault("500")
        except Problem as problem:
            reply = problem.reply
        return Reply(reply.told, reply.status, {**headers, **reply.headers})

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
        ends_at = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if ends_at is None or ends_at <= self.books.now:
            raise _fault("expired")
        if self.used >= self.allowed:
            raise _fault("day")
        self.used += 1

    def _token(self, asked: Asked) -> Reply:
        form = asked.form
        kind = form.get("grant_type")
        if form.get("client_id") != self.client_id:
            return _denied("invalid_client_id", "client identifier invalid")
        secret = form.get("client_secret")
        if secret != self.client_secret and (secret or kind == "client_credentials"):
            return _denied("invalid_client", "invalid client credentials")
        if kind == "client_credentials":
            if not self.has_my_domain:
                return _denied("invalid_grant", "request not supported on this domain")
        elif kind != "refresh_token":
            return _denied("unsupported_grant_type", "grant type not supported")
        elif form.get("refresh_token") != self.refresh_token:
            return _denied("invalid_grant", "expired access/refresh token")
        org = next(iter(self.books.tables[ORG]))
        told = {
            "access_token": self.token(),
            "signature": "c2lnbmVk",
            "scope": "api refresh_token",
            "instance_url": self.instance_url,
            "id": f"{self.url}/id/{org}/{self.books.seller.id}",
            "token_type": "Bearer",
            "issued_at": str(int(self.books.now.timestamp() * 1000)),
        }
        if self.rotates and kind == "refresh_token":
            self.refresh_token = f"refresh-{uuid4()}"
            told["refresh_token"] = self.refresh_token
        return Reply(told)


def _denied(error: str, said: str) -> Reply:
    return Reply({"error": error, "error_description": said}, 400)


def _fault(kind: str) -> Problem:
    faults = {
        "expired": (401, "INVALID_SESSION_ID", "Session expired or invalid"),
        "500": (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
        "503": (503, "SERVER_UNAVAILABLE", "The server is too busy to respond to the request."),
        "day": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        "many": (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        ),
        "slow": (400, "QUERY_TIMEOUT", "Your query request was running for too long."),
        "locked": (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        "disabled": (403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
    }
    status, code, message = faults[kind]
    return Problem(status, code, message)
