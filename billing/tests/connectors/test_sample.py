"""The connector of the guide passes the contract, in under 160 lines."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from billing.rules.connecting import Access, Incoming, Message, Record
from billing.tests.connectors import sample
from billing.tests.connectors.contract import (
    NOW,
    PATIENT,
    PRIVATE,
    Checks,
    Pulls,
    Reads,
    Renews,
    Sells,
    Sends,
    Verifies,
)
from billing.tests.connectors.sample import Birch
from billing.tests.connectors.stand_in import Asked, Reply, StandIn

COMPANY = {"sort": "companies", "id": "17", "changed": 5, "name": "Acme", "external_ref": "acme"}
DEAL = {"sort": "deals", "id": "D-1", "changed": 7, "stage": "won", "company": "17", "product": "pack"}
WON_AT = NOW - timedelta(hours=3)
HOOK_KEY = "AAAAAAAABBBBBBBB"


class BirchItself(StandIn):
    """Birch's API: pages of two, tasks once a key, a token that was renewed once."""

    def __init__(self) -> None:
        super().__init__()
        self.things = {
            "companies": [COMPANY | {"id": str(place)} for place in range(5)],
            "deals": [DEAL | {"id": f"D-{place}", "amount": "9.5", "currency": "USD"} for place in range(3)],
        }
        self.tasks: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            known = asked.form.get("refresh_token") == "refresh"
            told = {"token": "token", "refresh_token": "refresh", "lasts": 1800}
            return Reply(told) if known else Reply({}, 400)
        if asked.headers.get("authorization") != "Bearer token":
            return Reply({}, 401)
        if asked.path == "/me":
            return Reply({"name": "Tokendesk"})
        if asked.path == "/tasks":
            return Reply({"id": self._task(asked.headers["idempotency-key"])}, 201)
        things, after = self._wanted(asked), int(asked.query["after"])
        end = min(after + int(asked.query["limit"]), len(things))
        return Reply({"items": things[after:end], "after": end, "more": end < len(things)})

    def _wanted(self, asked: Asked) -> list[dict[str, Any]]:
        """All of a sort, those of these ids, or those that were won in these days: all were on one."""
        things, query = self.things[asked.path[1:]], asked.query
        if "since" in query and not query["since"] <= WON_AT.isoformat() < query["until"]:
            return []
        return [each for each in things if "ids" not in query or each["id"] in query["ids"].split(",")]

    def _task(self, key: str) -> str:
        if key not in self.tasks:
            self.tasks.append(key)
        return f"T-{self.tasks.index(key)}"


class TestSample(Verifies, Reads, Pulls, Sells, Sends, Renews, Checks):
    def connector(self, seconds: float = PATIENT) -> Birch:
        return Birch(seconds)

    def made_stand_in(self) -> BirchItself:
        return BirchItself()

    def access(self, vendor: StandIn) -> Access:
        secrets = {"hook_key": [HOOK_KEY], "token": ["token"], "refresh_token": ["refresh"]}
        return Access("birch", {"address": vendor.url}, secrets, PRIVATE, NOW)

    def signed(self, access: Access, body: bytes) -> Incoming:
        stamp = str(int(NOW.timestamp()))
        mac = hmac.new(HOOK_KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return Incoming({"x-birch-time": stamp, "x-birch-signature": mac}, body, NOW)

    def bodies(self) -> Sequence[bytes]:
        return [json.dumps(each).encode() for each in (COMPANY, DEAL)]

    def records(self) -> Sequence[Record]:
        told: list[dict[str, Any]] = [
            COMPANY,
            DEAL,
            COMPANY | {"deleted": True},
            {"sort": "notes", "id": "1"},
        ]
        return [Record(f"{each['sort']}-1", each["sort"], each) for each in told]

    def held(self, vendor: StandIn, stream: str) -> set[str]:
        assert isinstance(vendor, BirchItself)
        return {f"{stream}/{each['id']}@{each['changed']}" for each in vendor.things[stream]}

    def sold_there(self, vendor: StandIn) -> set[str]:
        assert isinstance(vendor, BirchItself)
        return {str(each["id"]) for each in vendor.things["deals"]}

    def message(self, kind: str, key: str) -> Message:
        return Message(kind, key, "17", {"title": "Call them"})

    def done(self, vendor: StandIn) -> list[str]:
        assert isinstance(vendor, BirchItself)
        return vendor.tasks

    def run_out(self, vendor: StandIn) -> Access:
        secrets = {"hook_key": [HOOK_KEY], "token": ["old"], "refresh_token": ["refresh"]}
        return Access("birch", {"address": vendor.url}, secrets, PRIVATE, NOW)

    def test_is_short(self) -> None:
        assert len(Path(sample.__file__).read_text().splitlines()) < 160
