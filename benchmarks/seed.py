"""Fills a benchmark's database: prices by a rate file, accounts and tokens through the HTTP API."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.stack import Ground, Product
from billing.connectors import api_client
from config.kernel.errors import DomainError

PRODUCT = "chat"
MODEL = {"model": "gpt-4o"}
ITEMS = (("chat.input", "1532"), ("chat.output", "211"))
RATES = """product,feature,name,unit,tokens,per,dimension.model,tier_from,tier_mode,formula,cost,cost_currency
chat,chat.input,Input,token,312.5,1000000,gpt-4o,,,,0.0000025,USD
chat,chat.output,Output,token,1250,1000000,gpt-4o,,,,0.00001,USD
chat,tiered.input,Input by tiers,token,312.5,1000000,gpt-4o,0,graduated,,,
chat,tiered.input,,,300,1000000,gpt-4o,1000000,graduated,,,
chat,tiered.input,,,250,1000000,gpt-4o,10000000,graduated,,,
chat,tiered.output,Output by tiers,token,1250,1000000,gpt-4o,0,graduated,,,
chat,tiered.output,,,1200,1000000,gpt-4o,1000000,graduated,,,
chat,tiered.output,,,1000,1000000,gpt-4o,10000000,graduated,,,
chat,formula.input,Input by a formula,token,,,,,,ceil(quantity / 10000) * 20,,
chat,formula.output,Output by a formula,token,,,,,,ceil(quantity / 10000) * 20,,
"""
MODELS = 500
"""Rows of each of the two features that are priced by model: a thousand in all."""
TOKENS_EACH = "100000000"


@dataclass(frozen=True)
class Seeded:
    """What a load generator must know: a key, and how many accounts there are, named `bench-1` and on."""

    api_key: str
    accounts: int

    @staticmethod
    def body(account: int, priced: str = "chat", model: str = MODEL["model"]) -> dict[str, Any]:
        """A debit of two lines. priced: which pair of features, by how their rates say what they cost."""
        items = [
            {
                "feature": code.replace("chat", priced),
                "quantity": quantity,
                "dimensions": {"model": model},
            }
            for code, quantity in ITEMS
        ]
        return {"account": f"bench-{account}", "items": items, "metadata": {"request_id": "r-9"}}


def seed(product: Product, accounts: int) -> Seeded:
    """Publish the prices, make a key, and give each account tokens."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        Path(file.name).write_text(RATES + _by_model())
        _done(product.ground, "ratetable", "import", "standard", file.name, "--publish")
    scopes = "debit,events,read,provision"
    key = _done(product.ground, "apikey", "create", "--product", PRODUCT, "--scopes", scopes).strip()
    _send(product, _openings(key, accounts), 8)
    _send(product, _grants(key, accounts), 8)
    with product.ground.superuser() as connection:
        connection.execute("CREATE SCHEMA bench")
        connection.execute(
            "CREATE TABLE bench.account AS SELECT substr(reference, 7)::int AS n, id FROM wallets_account"
        )
        connection.execute("ALTER TABLE bench.account ADD PRIMARY KEY (n)")
        connection.execute("GRANT USAGE ON SCHEMA bench TO PUBLIC")
        connection.execute("GRANT SELECT ON bench.account TO PUBLIC")
        connection.execute("VACUUM ANALYZE")
    return Seeded(key, accounts)


def _by_model() -> str:
    names = (("models.input", "312.5"), ("models.output", "1250"))
    rows = [
        f"chat,{code},,token,{tokens},1000000,m-{n},,,,,\n" for code, tokens in names for n in range(MODELS)
    ]
    return "".join(rows)


def compiled_request(seeded: Seeded) -> str:
    """The debit as Python compiles it for the SQL function, without account and key.

    Django must be set up for the product's database.
    """
    from django.db import connection

    from pricing.models import Product as Owner
    from usage.queries.pricing_for import price
    from usage.rules.orders import Item

    items = [Item(code, Decimal(quantity), MODEL) for code, quantity in ITEMS]
    owner = Owner.objects.get(code=PRODUCT)
    try:
        found = price(account="bench-1", product_id=owner.pk, items=items, moment=datetime.now(UTC))
    except DomainError as refusal:
        raise SystemExit(f"The benchmark's debit can't be priced: {refusal.detail}") from refusal
    request = found.request() | {
        "product": owner.pk,
        "api_key": owner.api_keys.get().pk,
        "fingerprint": "ab" * 32,
        "metadata": {"request_id": "r-9"},
    }
    del request["account"]
    connection.close()
    return json.dumps(request, default=str)


def charge_once(product: Product, seeded: Seeded) -> None:
    """Let the first account be charged over HTTP, for others to be modelled on."""
    _send(product, iter([_request("POST", "/api/v1/debits", seeded.api_key, seeded.body(1), 0)]), 1)


def _openings(key: str, accounts: int) -> Iterator[api_client.Request]:
    for n in range(1, accounts + 1):
        yield _request("PUT", f"/api/v1/accounts/bench-{n}", key, {"name": f"Bench {n}"}, n)


def _grants(key: str, accounts: int) -> Iterator[api_client.Request]:
    body = {"kind": "purchase", "tokens": TOKENS_EACH, "reason": "benchmark"}
    for n in range(1, accounts + 1):
        yield _request("POST", f"/api/v1/accounts/bench-{n}/grants", key, body, n)


def _request(method: str, path: str, key: str, body: dict[str, Any], n: int) -> api_client.Request:
    headers = {"Host": "localhost", "Authorization": f"Bearer {key}", "Idempotency-Key": f"seed-{n}"}
    return api_client.Request(api_client.request_bytes(method, path, headers, json.dumps(body).encode()), n)


def _send(product: Product, requests: Iterator[api_client.Request], connections: int) -> None:
    def check(answer: api_client.Answer) -> None:
        if answer.status not in (200, 201):
            raise SystemExit(f"Seeding was answered {answer.status}: {answer.body.decode()}")

    api_client.exchange("127.0.0.1", product.port, requests, connections, check)


def _done(ground: Ground, *words: str) -> str:
    done = ground.manage(*words)
    if done.returncode:
        raise SystemExit(f"manage.py {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
