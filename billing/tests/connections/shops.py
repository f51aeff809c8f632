"""A shop of somebody else's that tells us what it sold, by signed webhooks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from billing.connectors.generic import SIGNING
from billing.connectors.registry import CONNECTORS
from billing.models import Connection, Handling, Order
from billing.queries.orders import present_version
from billing.rules.signatures import signature
from billing.services import applying, connection_secrets, connections
from billing.services.connections import ConnectionWish
from usage.tests.api.client import Answer, ApiClient
from usage.tests.made import clock, named

TABLES = ("received", "receivedbody", "handling", "externalsale", "order", "orderversion", "link", "syncrun")


@dataclass(frozen=True)
class Shop:
    """A connection of kind `webhook` that is on, and the secret it was given."""

    row: Connection
    secret: str

    def signed(self, body: bytes, message_id: str = "", at: int | None = None, **more: str) -> dict[str, str]:
        """The headers of a call, as a server has them. at: seconds since 1970."""
        message_id, at = message_id or named("msg"), int(clock().timestamp()) if at is None else at
        headers = {
            "HTTP_WEBHOOK_ID": message_id,
            "HTTP_WEBHOOK_TIMESTAMP": str(at),
            "HTTP_WEBHOOK_SIGNATURE": signature([self.secret], message_id, at, body),
        }
        return headers | more

    def call(self, body: bytes, headers: dict[str, str]) -> Answer:
        return ApiClient().send("POST", f"/connections/{self.row.code}/events", body, **headers)

    def tell(self, told: object, message_id: str = "") -> Answer:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        return self.call(body, self.signed(body, message_id))

    def work(self) -> int:
        """Apply what is due here, and nothing of anybody else's."""
        done, row, connector = 0, Connection.objects.get(pk=self.row.pk), CONNECTORS[self.row.kind]
        brought: set[str] = set()
        while claimed := applying.claim(row.pk):
            applying.record(claimed, applying.attempt(claimed, row, connector, brought))
            done += 1
        return done

    def handlings(self) -> list[Handling]:
        return list(Handling.objects.filter(connection=self.row).order_by("received_id"))

    def states(self) -> list[str]:
        return [each.state for each in self.handlings()]

    def order(self, name: str) -> Order:
        return Order.objects.get(external_id=f"{self.row.code}:{name}")

    def version(self, name: str) -> int:
        present = present_version(self.order(name))
        return present.number if present else -1


def a_shop(**settings: str) -> Shop:
    kind = CONNECTORS["webhook"]
    row = connections.make(
        code=named("shop"), kind=kind.kind, known=kind.settings, wish=ConnectionWish("Shop", settings)
    )
    connections.set_state(connection_id=row.pk, state="on")
    return Shop(row, connection_secrets.rotate(connection_id=row.pk, name=SIGNING))


def a_sale(account: str, sku: str, name: str = "", **more: Any) -> dict[str, Any]:
    """A body that tells of an order."""
    return {"external_id": name or named("SO"), "account": account, "lines": [{"sku": sku}]} | more


def census() -> dict[str, int]:
    """How many rows there are of all that a call may come to."""
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM billing_{table}")
            found[table] = cursor.fetchone()[0]
    return found
