"""Sends webhooks, one request each, to whoever is reachable at a public address. Follows no redirect."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic

import httpcore

from billing.connectors.guarded import (
    Deadline,
    GuardedBackend,
    LookUp,
    Refused,
    TooSlow,
    addresses_of,
    cause_of,
    checked_addresses,
    trust,
)
from billing.rules.deliveries import Answer, Post
from billing.rules.targets import Target, target_of

SECONDS = 10.0
KEPT_BYTES = 2048
"""How much of an answer is read and kept; the rest is not waited for."""


def send(post: Post, seconds: float = SECONDS, look_up: LookUp = addresses_of) -> Answer:
    """Send one webhook and answer how it went, within `seconds` in all. Never raises.

    Arrived is what was answered with a status from 200 to 299.
    """
    began_at = monotonic()
    try:
        target = target_of(post.url)
        status, retry_after, excerpt = _exchanged(post, target, Deadline(seconds), look_up)
    except (ValueError, Refused) as refusal:
        return _failed(str(refusal), began_at)
    except (TooSlow, httpcore.TimeoutException):
        return _failed(f"No answer within {seconds:g} s.", began_at)
    except httpcore.RemoteProtocolError as fault:
        return _failed(f"It gave no answer of HTTP: {cause_of(fault)}.", began_at)
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as fault:
        return _failed(f"It can't be reached: {cause_of(fault)}.", began_at)
    return Answer(
        status=status,
        error=_verdict(status),
        excerpt=excerpt,
        milliseconds=_since(began_at),
        retry_after=retry_after,
    )


def why_not(url: str, private_hosts: frozenset[str], seconds: float = 5.0) -> str:
    """Why nothing would be sent to this URL as its name stands now; empty where it would, or where nobody can tell."""
    try:
        checked_addresses(target_of(url), private_hosts, Deadline(seconds))
    except ValueError as fault:
        return str(fault)
    except Refused as refusal:
        return str(refusal)
    except TooSlow:
        return ""
    return ""


def _exchanged(post: Post, target: Target, deadline: Deadline, look_up: LookUp) -> tuple[int, str, str]:
    """The answer's status, its `Retry-After`, and how its body begins."""
    addresses = checked_addresses(target, post.private_hosts, deadline, look_up)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    headers = [("host", target.authority), ("connection", "close"), ("accept", "*/*"), *post.headers.items()]
    with (
        httpcore.ConnectionPool(
            ssl_context=trust(), network_backend=GuardedBackend(target, addresses, deadline)
        ) as pool,
        pool.stream("POST", url, headers=headers, content=post.body) as response,
    ):
        named = {name.lower(): value for name, value in response.headers}
        retry_after = named.get(b"retry-after", b"").decode("latin-1")
        return response.status, retry_after, _beginning(response)


def _beginning(response: httpcore.Response) -> str:
    """How the body begins. The status has decided: a body that is slow or broken is kept as far as it came."""
    excerpt = b""
    with suppress(TooSlow, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        for part in response.iter_stream():
            excerpt += part
            if len(excerpt) >= KEPT_BYTES:
                break
    return excerpt[:KEPT_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")


def _verdict(status: int) -> str:
    if 200 <= status <= 299:
        return ""
    if 300 <= status <= 399:
        return f"It answered {status}; redirects are not followed."
    return f"It answered {status}."


def _failed(why: str, began_at: float) -> Answer:
    return Answer(error=why, milliseconds=_since(began_at))


def _since(began_at: float) -> int:
    return int((monotonic() - began_at) * 1000)
