"""Patterns and codes in paths over a real web server, as they stand and percent-encoded."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from config.tests.running import Product, managed

pytestmark = pytest.mark.committed

PRICES = "product,feature,name,unit,tokens\nassistant,chat.input,Chat input,token,1\n"


def put(product: Product, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    asked = urllib.request.Request(
        f"{product.url}/api/v1/accounts/acme{path}",
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as told:
        answer: dict[str, Any] = json.load(told)
        return answer | {"status": told.status}


def test_name_the_same_either_way(product: Product, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text(PRICES)
    managed(product, "ratetable", "import", "standard", str(prices), "--publish")
    key = managed(product, "apikey", "create", "--product", "assistant", "--scopes", "provision")
    put(product, key, "", {"rate_table": "standard"})

    for name, body in (
        ("access", {"state": "open"}),
        ("allowances", {"units": 5, "period": "month"}),
    ):
        for paths in (("chat.*", "chat.%2A", "chat%2e%2A"), ("*", "%2a"), ("a/b:c*", "a%2Fb%3Ac%2A")):
            told = [put(product, key, f"/{name}/{path}", body) for path in paths]
            assert [each["pattern"] for each in told] == [paths[0]] * len(paths)
            assert [each["status"] for each in told] == [201, *[200] * (len(paths) - 1)]
    codes = [
        put(product, key, f"/budgets/{path}", {"tokens": 5, "period": "day"})["code"]
        for path in ("team/eu:1", "team%2Feu%3A1")
    ]
    assert codes == ["team/eu:1"] * 2
