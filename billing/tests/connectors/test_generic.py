"""Signed webhooks pass the contract of connectors."""

from __future__ import annotations

import json
from collections.abc import Sequence

from billing.connectors.generic import ADDRESS, SENDING, SIGNING, Generic
from billing.rules.connecting import Access, Incoming, Message, Record
from billing.rules.signatures import proven, secret_text, signature
from billing.tests.connectors.contract import NOW, PATIENT, PRIVATE, Checks, Reads, Sends, Verifies
from billing.tests.connectors.stand_in import Asked, Reply, StandIn

THEIRS, OURS = secret_text(b"1" * 32), secret_text(b"2" * 32)
SALE = {
    "external_id": "SO-1",
    "version": 3,
    "account": "acme",
    "account_name": "Acme",
    "starts_at": "2026-11-26",
    "lines": [{"line": "pack", "sku": "pack", "quantity": "1.5", "amount": 180.25, "currency": "USD"}],
}
TOLD = (
    SALE,
    {"type": "customer", "external_id": "17", "account": "acme", "name": "Acme"},
    {"type": "trial", "external_id": "D-1", "offer": "Pilot", "customer": "17", "reason": "They asked."},
    {
        "type": "refund",
        "external_id": "R-1",
        "order": "SO-1",
        "amount": "5",
        "currency": "USD",
        "whole": True,
    },
    {"type": "ignore"},
)


class Inbox(StandIn):
    """Takes webhooks whose signature is right, each id once."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        message_id = proven([OURS], asked.headers, asked.body, NOW)
        if message_id not in self.taken and asked.json["type"] != "connection.test":
            self.taken.append(message_id)
        return Reply({"ok": True}, 202)


class TestGeneric(Verifies, Reads, Sends, Checks):
    def connector(self, seconds: float = PATIENT) -> Generic:
        return Generic(seconds)

    def made_stand_in(self) -> Inbox:
        return Inbox()

    def access(self, vendor: StandIn) -> Access:
        secrets = {SIGNING: [THEIRS], SENDING: [OURS]}
        return Access("shop", {ADDRESS: vendor.url}, secrets, PRIVATE, NOW)

    def signed(self, access: Access, body: bytes) -> Incoming:
        stamp = int(NOW.timestamp())
        headers = {
            "webhook-id": "msg-1",
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature([THEIRS], "msg-1", stamp, body),
        }
        return Incoming(headers, body, NOW)

    def bodies(self) -> Sequence[bytes]:
        return [json.dumps(each).encode() for each in TOLD]

    def records(self) -> Sequence[Record]:
        return [Record("msg-1", "order", json.loads(json.dumps(each), parse_float=str)) for each in TOLD]

    def message(self, kind: str, key: str) -> Message:
        return Message(kind, key, "17", {"available": "12.000000"})

    def done(self, vendor: StandIn) -> list[str]:
        assert isinstance(vendor, Inbox)
        return vendor.taken
