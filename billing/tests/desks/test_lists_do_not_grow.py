"""Every list of the admin asks the database as many questions of many rows as of few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.tests.books import keep_books
from billing.tests.desks.growing import live_a_little
from billing.tests.desks.pages import lists
from billing.tests.desks.people import at_the_desk_of_an_administrator
from billing.tests.told import tell
from usage.tests.remembering import forget_what_is_remembered

pytestmark = pytest.mark.committed

STILL = (
    "auth/group",
    "billing/accountingperiod",
    "billing/gap",
    "billing/journalaccount",
    "billing/seller",
    "pricing/refusal",
    "usage/unlock",
    "usage/usagelink",
    "wallets/currency",
    "wallets/tokenunit",
)
"""Whose rows are few by nature, or come by what these histories do not tell."""


@dataclass(frozen=True)
class Seen:
    """What a list asked of the database, and how many rows it had."""

    queries: int
    rows: int | None


def of_models() -> list[str]:
    """The lists of all models that the admin knows."""
    names = (f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)
    return [reverse(f"admin:{name}_changelist") for name in names]


def addresses() -> list[str]:
    return sorted({*of_models(), *(page.address for page in lists() if "/add/" not in page.address)})


def seen(client: Client, address: str) -> Seen:
    if client.get(address).status_code == 302:
        return Seen(0, None)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200, address
    listed = (answer.context or {}).get("cl")
    return Seen(len(asked), listed.result_count if isinstance(listed, ChangeList) else None)


@pytest.fixture(scope="module")
def both(own_database: None, django_db_blocker: Any) -> Iterator[dict[str, tuple[Seen, Seen]]]:
    """Each list with a history of everything, and with two more."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        client = at_the_desk_of_an_administrator()
        few = _after_a_history(client)
        _after_a_history(client)
        many = _after_a_history(client)
        yield {address: (few[address], many[address]) for address in few}
        forget_what_is_remembered()


def _after_a_history(client: Client) -> dict[str, Seen]:
    tell(keep_books())
    live_a_little(1)
    return {address: seen(client, address) for address in addresses()}


class TestLists:
    @pytest.mark.parametrize("address", addresses())
    def test_ask_as_much_of_many_rows_as_of_few(
        self, both: dict[str, tuple[Seen, Seen]], address: str
    ) -> None:
        few, many = both[address]

        assert many.queries == few.queries

    def test_had_more_rows_to_show(self, both: dict[str, tuple[Seen, Seen]]) -> None:
        still = {
            address
            for address, (few, many) in both.items()
            if few.rows is not None and many.rows is not None and many.rows <= few.rows and "?" not in address
        }

        assert still == {f"/admin/{name}/" for name in STILL}
