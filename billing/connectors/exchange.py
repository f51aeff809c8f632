"""Calls to outside systems over HTTP: guarded as webhooks are, answered whole, told apart by what may help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpcore

from billing.connectors.guarded import (
    Deadline,
    GuardedBackend,
    LookUp,
    TooSlow,
    addresses_of,
    cause_of,
    checked_addresses,
    trust,
)
from billing.connectors.guarded import (
    Refused as ClosedAddress,
)
from billing.rules.connecting import AccessExpired, Later, Refused, Unreachable, Unreadable
from billing.rules.content import parsed
from billing.rules.deliveries import Answer, rest_named
from billing.rules.targets import Target, target_of

SECONDS = 20.0
MOST_BYTES = 32 * 1024 * 1024
EXCERPT = 2_000
AGENT = "Tokendesk/1"
UNSAID_REST = 30.0
"""How long they are left alone that ask for it and don't say how long; in seconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. form: sent as a form; told: sent as JSON; content: sent as it is. At most one of the three."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    told: Any = None
    content: bytes = b""
    private_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int

    @property
    def excerpt(self) -> str:
        return self.body[:EXCERPT].decode("utf-8", "replace").replace("\x00", "\ufffd")

    def read(self) -> Any:
        """The body as JSON, with what has a point as exact text.

        Raises Unreachable where it is none: a gateway's page is no answer of theirs.
        """
        try:
            return parsed(self.body)
        except Unreadable as fault:
            raise Unreachable(
                f"It answered {self.status} with something that is no JSON.", self.status
            ) from fault

    def answer(self, error: str = "") -> Answer:
        """The same as how an attempt went."""
        return Answer(
            self.status, error, self.excerpt, self.milliseconds, self.headers.get("retry-after", "")
        )

    def refusal(self, why: str) -> Answer:
        """The same as an attempt that would fail again."""
        return replace(self.answer(why), is_final=True)


def exchange(call: Call, seconds: float = SECONDS, look_up: LookUp = addresses_of) -> Reply:
    """Make one call and answer what came back, whatever its status. Follows no redirect.

    Raises Unreachable: nothing came back within `seconds` in all, or nobody may be called there.
    """
    began_at = monotonic()
    try:
        return _exchanged(call, target_of(_whole(call)), Deadline(seconds), look_up, began_at)
    except (ValueError, ClosedAddress) as refusal:
        raise Unreachable(str(refusal)) from refusal
    except (TooSlow, httpcore.TimeoutException) as fault:
        raise Unreachable(f"No answer within {seconds:g} s.") from fault
    except httpcore.RemoteProtocolError as fault:
        raise Unreachable(f"It gave no answer of HTTP: {cause_of(fault)}.") from fault
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as fault:
        raise Unreachable(f"It can't be reached: {cause_of(fault)}.") from fault


def settled(reply: Reply, now_seconds: float | None = None) -> Reply:
    """The reply, where it says that what was asked was done.

    now_seconds: since 1970, for a `Retry-After` that names a date. Raises AccessExpired for 401, Later for 429 and for
    a 503 that names a time, Unreachable for every other from 500 on and for redirects, Refused for the rest.
    """
    status = reply.status
    if 200 <= status <= 299:
        return reply
    if status == 401:
        raise AccessExpired("They don't know our token any more (401).")
    rest = _asked_rest(reply, now_seconds)
    if status == 429 or (status == 503 and rest is not None):
        raise Later(f"They ask for a pause ({status}).", UNSAID_REST if rest is None else rest)
    if status >= 500:
        raise Unreachable(f"It answered {status}.", status)
    if status <= 399:
        raise Unreachable(f"It answered {status}; redirects are not followed.", status)
    raise Refused(f"It answered {status}: {' '.join(reply.excerpt[:300].split())}", status, reply.excerpt)


def _asked_rest(reply: Reply, now_seconds: float | None) -> float | None:
    now = None if now_seconds is None else datetime.fromtimestamp(now_seconds, UTC)
    rest = rest_named(reply.headers.get("retry-after", ""), now)
    return None if rest is None else rest.total_seconds()


def _whole(call: Call) -> str:
    if not call.query:
        return call.url
    return f"{call.url}{'&' if '?' in call.url else '?'}{urlencode(call.query)}"


def _exchanged(call: Call, target: Target, deadline: Deadline, look_up: LookUp, began_at: float) -> Reply:
    addresses = checked_addresses(target, call.private_hosts, deadline, look_up)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    kind, content = _content(call)
    headers = {
        "host": target.authority,
        "connection": "close",
        "accept": "application/json",
        "user-agent": AGENT,
    }
    headers |= ({"content-type": kind} if kind else {}) | {
        key.lower(): said for key, said in call.headers.items()
    }
    with (
        httpcore.ConnectionPool(
            ssl_context=trust(), network_backend=GuardedBackend(target, addresses, deadline)
        ) as pool,
        pool.stream(call.method, url, headers=list(headers.items()), content=content) as response,
    ):
        named = {key.decode("latin-1").lower(): said.decode("latin-1") for key, said in response.headers}
        body = _whole_body(response)
        return Reply(response.status, named, body, int((monotonic() - began_at) * 1000))


def _content(call: Call) -> tuple[str, bytes]:
    if call.told is not None:
        return "application/json", json.dumps(call.told).encode()
    if call.form is not None:
        return "application/x-www-form-urlencoded", urlencode(call.form).encode()
    return "", call.content


def _whole_body(response: httpcore.Response) -> bytes:
    """Raises Unreachable where it is longer than anything that was asked for."""
    parts, length = [], 0
    for part in response.iter_stream():
        length += len(part)
        if length > MOST_BYTES:
            raise Unreachable(f"It answered more than {MOST_BYTES:,} bytes.", response.status)
        parts.append(part)
    return b"".join(parts)
