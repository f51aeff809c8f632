"""Turns of the roll: how much one takes, and where it begins anew."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection

from config.embedded.pytest_databases import TestServices
from config.kernel.database import call
from usage.services import rolling
from usage.tests.made import UNLIMITED, Shop
from usage.tests.rolled import agree, roll_up

pytestmark = pytest.mark.committed


class TestSlices:
    def test_become_smaller_where_a_statement_takes_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop = Shop()
        account = shop.an_account(policy=UNLIMITED)
        for _ in range(5):
            shop.debit(account, "3")
        tried = []

        def only_small_ones(statement: str, given: dict[str, Any]) -> Any:
            tried.append(given["most"])
            if given["most"] <= 7:
                return call(statement, given)
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 20")
                try:
                    cursor.execute("SELECT pg_sleep(5)")
                finally:
                    cursor.execute("RESET statement_timeout")

        monkeypatch.setattr(rolling, "call", only_small_ones)
        roll_up()

        assert tried[:3] == [500, 62, 7]
        assert agree(account)


class TestHome:
    def test_is_another_one_where_its_tables_are(self, services: TestServices) -> None:
        """As after a dump was restored over what was dropped, in the same database."""
        homes = set()
        for made in ("", "CREATE TEMP TABLE usage_debit ()", "CREATE TEMP TABLE usage_reversal ()"):
            with psycopg.connect(services.owner_url, autocommit=True) as owner:
                owner.execute(made or "SELECT 1")
                homes.add(owner.execute("SELECT usage_rollup_home_v1()").fetchone())

        assert len(homes) == 3
