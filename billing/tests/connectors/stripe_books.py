"""What Stripe keeps: customers, products, prices, and an event for everything that happens.

Objects have the fields of the published schema at API version 2026-10-28.endive, those that matter here;
`test_stripe_server.py` compares them with the classes that Stripe generates its SDK's from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from threading import RLock
from time import time
from typing import Any
from uuid import uuid4

from billing.tests.connectors.stripe_protocol import Tree, merged

VERSION = "2026-10-28.endive"
DAY = 86_400
EVENTS_ARE_KEPT = 30 * DAY


class Books:
    """All objects by name. Lists stand newest first."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.tables: dict[str, list[Tree]] = defaultdict(list)
        self.by_name: dict[str, Tree] = {}
        self.ahead = 0
        self.account = {
            "id": "acct_1Standin",
            "object": "account",
            "business_profile": {"name": "Stand-in Ltd"},
            "settings": {"dashboard": {"display_name": "Stand-in", "timezone": "Etc/UTC"}},
            "default_currency": "usd",
            "country": "US",
            "email": "owner@example.com",
            "type": "standard",
        }
        self.idempotency_key: str | None = None

    # Time and names.

    def now(self) -> int:
        """Seconds since 1970, by Stripe's own clock."""
        return int(time()) + self.ahead

    def later(self, seconds: int) -> None:
        """Let time pass."""
        self.ahead += seconds

    def find(self, name: str) -> Tree | None:
        return self.by_name.get(name)

    def keep(self, table: str, prefix: str, noun: str, **fields: Any) -> Tree:
        """A new object, the newest of its table."""
        row = {"id": f"{prefix}_{uuid4().hex[:24]}", "object": noun, "created": self.now()} | fields
        self.tables[table].insert(0, row)
        self.by_name[row["id"]] = row
        return row

    # What happens.

    def tell(self, kind: str, about: Tree, before: Mapping[str, Any] | None = None) -> Tree:
        """The event that something happened, with the object as it is now."""
        data: Tree = {"object": deepcopy(about)}
        if before is not None:
            data["previous_attributes"] = dict(before)
        return self.keep(
            "events",
            "evt",
            "event",
            type=kind,
            api_version=VERSION,
            data=data,
            livemode=False,
            pending_webhooks=1,
            request={"id": f"req_{uuid4().hex[:14]}", "idempotency_key": self.idempotency_key},
        )

    def events(self) -> Sequence[Tree]:
        """The events that are still listed."""
        return [each for each in self.tables["events"] if each["created"] > self.now() - EVENTS_ARE_KEPT]

    def event(self, kind: str) -> Tree:
        """The last event of a type."""
        return next(each for each in self.tables["events"] if each["type"] == kind)

    def change(self, row: Tree, kind: str, **fields: Any) -> Tree:
        """Change an object and tell it."""
        before = {name: row.get(name) for name, value in fields.items() if row.get(name) != value}
        row.update(fields)
        return self.tell(kind, row, before)

    # Customers and the catalogue.

    def customer(self, name: str = "Acme Ltd", metadata: Mapping[str, str] | None = None) -> Tree:
        row = self.keep(
            "customers",
            "cus",
            "customer",
            name=name,
            email="buyer@example.com",
            metadata=dict(metadata or {}),
            livemode=False,
            currency=None,
            delinquent=False,
        )
        self.tell("customer.created", row)
        return row

    def change_customer(self, row: Tree, asked: Mapping[str, Any]) -> Tree:
        fields = {name: asked[name] for name in ("name", "email") if name in asked}
        if "metadata" in asked:
            fields["metadata"] = merged(row["metadata"], asked["metadata"])
        if any(row.get(name) != value for name, value in fields.items()):
            self.change(row, "customer.updated", **fields)
        return row

    def delete_customer(self, row: Tree) -> Tree:
        self.tell("customer.deleted", row)
        self.tables["customers"].remove(row)
        gone = {"id": row["id"], "object": "customer", "deleted": True}
        self.by_name[row["id"]] = gone
        return gone

    def product(self, name: str = "Tokens", metadata: Mapping[str, str] | None = None) -> Tree:
        return self.keep(
            "products",
            "prod",
            "product",
            name=name,
            active=True,
            metadata=dict(metadata or {}),
            livemode=False,
        )

    def price(
        self,
        product: Tree,
        unit_amount: int = 1000,
        currency: str = "usd",
        recurring: str = "",
        **fields: Any,
    ) -> Tree:
        """recurring: the interval, as month; empty: it is paid once."""
        usual = {"metadata": {}, "lookup_key": None, "tax_behavior": "exclusive", "nickname": None}
        interval = {"interval": recurring, "interval_count": 1, "usage_type": "licensed", "meter": None}
        return self.keep(
            "prices",
            "price",
            "price",
            product=product["id"],
            unit_amount=unit_amount,
            unit_amount_decimal=str(unit_amount),
            currency=currency,
            type="recurring" if recurring else "one_time",
            recurring=interval | fields.pop("recurring_fields", {}) if recurring else None,
            active=True,
            billing_scheme="per_unit",
            livemode=False,
            **usual | fields,
        )
