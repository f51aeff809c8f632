"""Stripe's own SDK, speaking through the guarded exchange: to checked addresses, in time, without retries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import stripe

from billing.connectors.exchange import SECONDS, Call, Reply, exchange, settled
from billing.rules.connecting import Access, Later, NotSetUp, Refused, Unreachable

KEY, ADDRESS, ACCOUNT = "secret_key", "address", "account"
USUAL_ADDRESS = "https://api.stripe.com"
PAGE = 100
MOST_PAGES = 100
REST_OF_THE_BUSY = 5.0
"""How long they are left alone where something else of ours is under way there; in seconds."""

Found = dict[str, Any]

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


class Caller:
    """One connection's way to Stripe. seconds: for each call."""

    def __init__(self, access: Access, seconds: float = SECONDS) -> None:
        self.guarded = Guarded(access.private_hosts, seconds)
        self.v1 = stripe.StripeClient(
            access.secret(KEY),
            stripe_account=access.settings.get(ACCOUNT) or None,
            base_addresses={"api": access.setting(ADDRESS).rstrip("/")},
            max_network_retries=0,
            http_client=self.guarded,
        ).v1

    def one(self, ask: Callable[..., object], *names: str, **params: Any) -> Found:
        """What a call of the SDK answers, numbers with a point as exact text. names: of the objects in its path.

        Raises Unreachable, Later, AccessExpired, Refused, NotSetUp.
        """
        try:
            ask(*names, params=params)
        except (stripe.StripeError, ValueError) as fault:
            raise Refused(f"Stripe's SDK asks no such thing: {fault}", 0) from fault
        return self.guarded.found

    def all(self, ask: Callable[..., object], *names: str, **params: Any) -> list[Found]:
        """All rows of a list, newest first. Raises as `one`, and Refused where they are too many to be read."""
        rows: list[Found] = []
        for _ in range(MOST_PAGES):
            place = {"starting_after": rows[-1]["id"]} if rows else {}
            page = self.one(ask, *names, **params, **place, limit=PAGE)
            rows += rows_of(page)
            if not page.get("has_more") or not page["data"]:
                return rows
        raise Refused(f"The list has more than {MOST_PAGES * PAGE:,} rows.", 200)


def rows_of(page: Mapping[str, Any]) -> Sequence[Found]:
    """The rows of a page.

    Raises Unreachable where it is none.
    """
    rows = page.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
        raise Unreachable("It answered with something that is no list.", 200)
    return rows


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
