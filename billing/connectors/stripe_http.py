"""The SDK's requests through the guarded exchange: to checked addresses, in time, without retries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from billing.connectors.exchange import Call, Reply, exchange, settled
from billing.connectors.stripe_client import Found
from billing.rules.connecting import Later, NotSetUp, Refused, Unreachable

REST_OF_THE_BUSY = 5.0
"""How long they are left alone where something else of ours is under way there; in seconds."""

_PASSED_ON = frozenset(
    {"authorization", "content-type", "idempotency-key", "stripe-version", "stripe-account"}
)
stripe.enable_telemetry = False


class Guarded(stripe.HTTPClient):
    """What the SDK sends its requests by. Of its headers those go out that tell nothing of this machine.

    found: what the last answer was, numbers with a point as exact text. Raises what a status means before the SDK
    sees it.
    """

    name = "guarded"

    def __init__(self, private_hosts: frozenset[str], seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self.found: Found = {}
        self.reply: Reply | None = None
        self._private_hosts = private_hosts

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        said = {name: value for name, value in (headers or {}).items() if name.lower() in _PASSED_ON}
        call = Call(
            method.upper(), url, said, content=(post_data or "").encode(), private_hosts=self._private_hosts
        )
        self.reply = reply = exchange(call, self._seconds)
        _settle(reply)
        found = reply.read()
        if not isinstance(found, dict):
            raise Unreachable(f"It answered {reply.status} with no object.", reply.status)
        self.found = found
        return reply.body.decode(), reply.status, reply.headers


def _settle(reply: Reply) -> None:
    """As `settled`, in Stripe's terms: what a key may not is for a person to mend, and who is busy is asked later."""
    if reply.status == 403:
        raise NotSetUp(f"Stripe refuses the key: {said(reply)}")
    if reply.status == 409:
        raise Later(f"Stripe is busy with it: {said(reply)}", REST_OF_THE_BUSY)
    try:
        settled(reply)
    except Refused as refusal:
        raise Refused(
            f"Stripe answered {reply.status}: {said(reply)}", reply.status, refusal.excerpt
        ) from refusal


def said(reply: Reply) -> str:
    """The message of an error object, or how the answer begins."""
    try:
        return str(reply.read()["error"]["message"])[:500]
    except (Unreachable, KeyError, TypeError):
        return " ".join(reply.excerpt[:200].split())
