"""A product with prices, its keys, and an account with tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pricing.models import Feature, RateTable
from pricing.queries.pricebook import pricebook
from pricing.tests.prices import a_code, a_table, published, row
from usage.api.caller import RING
from usage.services import keys
from usage.tests.api.client import ApiClient


@dataclass(frozen=True)
class Shop:
    """The product `assistant` with two features, a rate table, and clients with one key each."""

    table: RateTable
    all: ApiClient

    @staticmethod
    def client(*scopes: str, product: str = "assistant") -> ApiClient:
        return ApiClient(keys.create(product_code=product, scopes=scopes).text)

    def account(self, tokens: str | None = "100", **more: Any) -> str:
        """The reference of a new account that pays by the table, with so many trial tokens."""
        reference = a_code("acme")
        assert self.all.put(f"/accounts/{reference}", {"rate_table": self.table.code, **more}).status == 201
        if tokens is not None:
            self.grant(reference, tokens)
        return reference

    def grant(self, account: str, tokens: str, **more: Any) -> Any:
        answer = self.all.post(f"/accounts/{account}/grants", {"kind": "trial", "tokens": tokens, **more})
        assert answer.status == 201, answer.content
        return answer.json


def debit_of(account: str, quantity: object = "10", **more: Any) -> dict[str, Any]:
    """A debit of one item; a unit of `chat.input` costs 0.5 tokens, one of `chat.output` costs 2."""
    return {"account": account, "items": [{"feature": "chat.input", "quantity": quantity}], **more}


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    table = a_table()
    published(table, row("chat.input", "0.5"), row("chat.output", "2"))
    RING.forget()
    yield Shop(table, Shop.client("debit", "read", "provision"))
    RING.forget()


@pytest.fixture
def open_shop(services: object) -> Shop:
    """A shop whose rows stay."""
    table = a_table()
    published(table, row("chat.input", "0.5"), row("chat.output", "2"))
    RING.forget()
    pricebook().forget_all()
    product = Feature.objects.get(code="chat.input").product.code  # another committed test may have made it
    return Shop(table, Shop.client("debit", "read", "provision", product=product))
