"""A connection that was cut while it was idle is nobody's business but ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from config.embedded.postgres import SUPERUSER
from usage.api.caller import RING
from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of

CALLS: dict[str, Callable[[Shop, str], Answer]] = {
    "debit": lambda shop, account: shop.all.post("/debits", debit_of(account)),
    "account": lambda shop, account: shop.all.get(f"/accounts/{account}"),
    "balance": lambda shop, account: shop.all.get(f"/accounts/{account}/balance"),
    "ledger": lambda shop, account: shop.all.get(f"/accounts/{account}/ledger"),
    "rates": lambda shop, account: shop.all.get(f"/rates?account={account}"),
}


@pytest.mark.committed
def test_is_opened_again_within_the_call(open_shop: Shop, services: object) -> None:
    account = open_shop.account()

    for name, call in CALLS.items():
        assert call(open_shop, account).status in (200, 201)
        backend = connection.connection.info.backend_pid
        with services.cluster.connect(SUPERUSER, "postgres") as other:  # type: ignore[attr-defined]
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        RING.forget()

        assert call(open_shop, account).status in (200, 201), name
