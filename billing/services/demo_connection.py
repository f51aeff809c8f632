"""The demo's connection: a shop that calls by signed webhooks, and that can't be called back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from billing.models import Connection
from billing.rules.connecting import Incoming
from billing.rules.demo_clients import Client
from billing.rules.signatures import signature
from billing.services import applying, connection_starts, connections, figures, receiving, syncing
from billing.services.accesses import Connectors
from billing.services.connections import ConnectionWish
from billing.services.demo_town import MANAGER, REASON, Town

CODE, SECRET = "shop", "signing_secret"
NOWHERE = "https://shop.invalid/webhooks"
"""Where what it is told goes: a name that never leads anywhere."""
SECONDS = 20.0


def connect(town: Town, clients: Sequence[Client], connectors: Connectors, now: datetime) -> None:
    """Set it up, take its calls as they come now, signed as any caller signs them, and apply them."""
    secret = _begun(town, connectors)
    for place, told in enumerate(_told(clients[1:4]), start=1):
        receiving.receive(CODE, _signed(secret, f"shop-{place}", told, now), connectors)
    applying.work_due(connectors, SECONDS)


def send(connectors: Connectors) -> None:
    """Send the shop what it is to know, which fails, and leaves the run that tells of it."""
    figures.note_changes(connectors, SECONDS)
    syncing.send_due(connectors, SECONDS)


def _begun(town: Town, connectors: Connectors) -> str:
    """The secret that the shop signs with."""
    kind, user = connectors["webhook"], town.people[MANAGER]
    wish = ConnectionWish("Web shop", {"address": NOWHERE})
    begun = connection_starts.begin(
        code=CODE, kind=kind.kind, known=kind.settings, wish=wish, secrets={}, user=user, reason=REASON
    )
    connections.set_state(
        connection_id=begun.connection.pk, state=Connection.State.ON, user=user, reason=REASON
    )
    return begun.shown[SECRET]


def _told(clients: Sequence[Client]) -> list[dict[str, Any]]:
    """A customer and an order for each, a second version of the last, and an order of something unknown."""
    told = [each for client in clients for each in (_customer(client), _order(client, "pack-100", 1, 1))]
    last = clients[-1]
    return [*told, _order(last, "pack-100", 2, 2), _order(last, "pack-of-cards", 1, 1, "SHOP-wrong")]


def _customer(client: Client) -> dict[str, Any]:
    return {"type": "customer", "external_id": f"C-{client.reference}", "account": client.reference}


def _order(client: Client, sku: str, quantity: int, version: int, name: str = "") -> dict[str, Any]:
    return {
        "type": "order",
        "external_id": name or f"SHOP-{client.reference}",
        "version": version,
        "account": client.reference,
        "lines": [{"sku": sku, "quantity": quantity}],
    }


def _signed(secret: str, message_id: str, told: dict[str, Any], now: datetime) -> Incoming:
    body, stamp = orjson.dumps(told), int(now.timestamp())
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature([secret], message_id, stamp, body),
    }
    return Incoming(headers, body, now)
