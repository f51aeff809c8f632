"""A shop whose customers' programs call over HTTP, and whose people work at services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from billing.services import auditing, ordering
from usage.api.caller import RING
from usage.services import keys
from usage.tests.api.client import Answer, ApiClient
from usage.tests.made import DAY, Shop, clock
from wallets.models import Account


class Town:
    """Prices of one token a unit for two features, since sixty days; a customer since then, and a program's key."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.began_at = clock() - 60 * DAY
        self.shop = Shop(since=self.began_at)
        product = self.shop.product.code
        self.program = ApiClient(
            keys.create(product_code=product, scopes=["debit", "read", "provision"]).text
        )
        self.acme: Account = self.shop.an_account(self.began_at, name="Acme")

    def order(
        self, name: str, version: int, *lines: dict[str, Any], at: datetime | None = None, **more: Any
    ) -> Any:
        """The answer to a version of an order; at: what the database's clock says when it comes."""
        asked = {
            "external_id": name,
            "version": version,
            "account": self.acme.reference,
            "lines": list(lines),
        }
        with self.monkeypatch.context() as patch:
            if at is not None:
                patch.setattr(ordering, "next_effect", lambda: (at, uuid4()))
            answer = self.program.post("/orders", asked | more, once=None)
        assert answer.status == 200, answer.content
        return answer.json

    def debit(self, units: str, **more: Any) -> Answer:
        items = [{"feature": self.shop.chat, "quantity": units}]
        return self.program.post("/debits", {"account": self.acme.reference, "items": items} | more)

    def seat(self, user: str) -> str:
        """Whether a seat that somebody takes is a base or an overflow seat."""
        asked = {"account": self.acme.reference, "feature": self.shop.image, "subject": {"user": user}}
        answer = self.program.post("/checkouts", asked)
        assert answer.status == 201, answer.content
        return str(answer.json["seat"])

    def balance(self, member: str = "available") -> str:
        return str(self.program.get(f"/accounts/{self.acme.reference}/balance").json[member])


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The town; at the end its books are right."""
    RING.forget()
    yield Town(monkeypatch)
    RING.forget()
    assert [auditing.told(finding) for finding in auditing.findings()] == []
