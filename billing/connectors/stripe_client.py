"""Calls to Stripe by its own SDK, which is loaded when the first is made: it takes 18 MB of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from billing.connectors.exchange import SECONDS
from billing.rules.connecting import Access, Refused, Unreachable

KEY, ADDRESS, ACCOUNT = "secret_key", "address", "account"
USUAL_ADDRESS = "https://api.stripe.com"
PAGE = 100
MOST_PAGES = 100

Found = dict[str, Any]


class Caller:
    """One connection's way to Stripe. seconds: for each call."""

    def __init__(self, access: Access, seconds: float = SECONDS) -> None:
        from stripe import StripeClient

        from billing.connectors.stripe_http import Guarded

        self.guarded = Guarded(access.private_hosts, seconds)
        self.v1 = StripeClient(
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
        from stripe import StripeError

        try:
            ask(*names, params=params)
        except (StripeError, ValueError) as fault:
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
