"""What the tests of the page on integrating a product stand on: a running installation, its prices, and customers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from config.embedded.postgres import SUPERUSER
from config.embedded.pytest_databases import TestServices
from config.tests import pages
from config.tests.integrating.wire import Wire
from config.tests.running import Product, managed

PAGE = "docs/how-to/integrate-a-product.md"
PRICES = """\
product,feature,name,unit,tokens,per,interval,heartbeat,refund_unused
assistant,chat.output,Chat output,text token,10,1000,,,
assistant,desk,Desk,interval,6,1,PT1H,PT15M,prorata
assistant,blink,Blink,interval,1,1,PT1S,PT1S,none
"""
_serial = count(1)
PICTURE = Decimal("2.5")
"""What 250 text tokens cost."""


def code_of_the_page() -> dict[str, Any]:
    """What the page's Python defines, block after block."""
    found: dict[str, Any] = {}
    for block in pages.blocks(pages.page(PAGE)):
        if block.kind == "python":
            exec(compile(block.text, PAGE, "exec"), found)
    return found


@dataclass(frozen=True)
class Installation:
    """A product with a worker, reached over a wire. key: of the assistant, with all scopes."""

    product: Product
    services: TestServices
    wire: Wire
    key: str

    @classmethod
    def set_up(cls, product: Product, services: TestServices, wire: Wire, folder: Path) -> Installation:
        prices = folder / "prices.csv"
        prices.write_text(PRICES)
        managed(product, "ratetable", "import", "standard", str(prices), "--publish")
        key = managed(
            product, "apikey", "create", "--product", "assistant", "--scopes", "debit,events,read,provision"
        )
        return cls(product, services, wire, key)

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """Past the wire."""
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        told = httpx.request(
            method, f"{self.product.url}/api/v1{path}", json=body, headers=headers, timeout=30
        )
        assert told.is_success, told.text
        return told.json()

    def customer(self, tokens: str, **asked: Any) -> str:
        reference = f"acme-{next(_serial)}"
        self.ask("PUT", f"/accounts/{reference}", {"rate_table": "standard", **asked})
        self.ask(
            "POST",
            f"/accounts/{reference}/grants",
            {"kind": "trial", "tokens": tokens},
            f"trial-of-{reference}",
        )
        return reference

    def spent(self, account: str, tokens: str) -> Decimal:
        """What was taken, of grants and beyond them, when nothing of the account waits any more."""
        deadline = time.monotonic() + 30
        while self._waiting(account):
            assert time.monotonic() < deadline, "events were not rated"
            time.sleep(0.05)
        told = self.ask("GET", f"/accounts/{account}/balance")
        return Decimal(tokens) - Decimal(told["available"]) - Decimal(told["held"]) + Decimal(told["overage"])

    def debits(self, account: str) -> int:
        return self._counted(
            "SELECT count(*) FROM usage_debit d JOIN wallets_account a ON a.id = d.account_id WHERE a.reference = %s",
            account,
        )

    def _waiting(self, account: str) -> int:
        return self._counted("SELECT count(*) FROM usage_waitingevent WHERE account = %s", account)

    def _counted(self, question: str, account: str) -> int:
        with self.services.cluster.connect(SUPERUSER, self.product.database) as database:
            found = database.execute(question, [account]).fetchone()
        assert found is not None
        return int(str(found[0]))

    def without_a_database(self) -> None:
        """The database admits nobody any more, and drops who is there."""
        self._as_superuser("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false")
        self._as_superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'")

    def with_a_database(self) -> None:
        self._as_superuser("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true")

    def _as_superuser(self, statement: str) -> None:
        with self.services.cluster.connect(SUPERUSER, "postgres") as connection:
            connection.execute(statement.format(self.product.database))


def a_job(account: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"job-{next(_serial)}",
        "account": account,
        "user": "u-17",
        "asked_at": datetime.now(UTC),
        **more,
    }


def a_book(page: dict[str, Any], desk: Any, folder: Path, most_open: int = 1000) -> Any:
    return page["Book"](desk, str(folder / "book"), "/tests", most_open, rest=0.2)


def states(book: Any) -> set[str]:
    return {state for (state,) in book.rows.execute("SELECT state FROM work")}
