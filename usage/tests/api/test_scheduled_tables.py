"""`rate_table_from`: a program says from when an account pays by another table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pricing.models import RateTable
from pricing.tests.prices import a_table, published, row
from usage.api import answers
from usage.models import Terms
from usage.services import terms
from usage.services.authors import Author
from usage.tests.api.conftest import Shop
from usage.tests.made import DAY, clock
from wallets.models import Account

NEW_YEAR = "2035-01-01T00:00:00Z"


@pytest.fixture
def gold(shop: Shop) -> RateTable:
    table = a_table()
    published(table, row("chat.input", "3"))
    return table


def ahead(table: RateTable | None, at: str = NEW_YEAR) -> dict[str, Any]:
    return {"rate_table": table.code if table else None, "segment": None, "effective_from": at}


def table_at(shop: Shop, account: str, at: str) -> str:
    return str(shop.all.get(f"/rates?account={account}&at={at}").json["table"])


class TestPut:
    def test_schedules_a_table_and_shows_it_until_it_begins(self, shop: Shop, gold: RateTable) -> None:
        account = shop.account()

        asked = {"rate_table": gold.code, "rate_table_from": "2035-01-01T01:00:00+01:00"}
        answer = shop.all.put(f"/accounts/{account}", asked)

        assert answer.status == 200
        msgspec.json.decode(answer.content, type=answers.Account)
        assert (answer.json["rate_table"], answer.json["scheduled"]) == (shop.table.code, [ahead(gold)])
        assert shop.all.get(f"/accounts/{account}").json == answer.json
        instants = ("2034-12-31T23:59:59.999999Z", NEW_YEAR)
        assert [table_at(shop, account, each) for each in instants] == [shop.table.code, gold.code]

    def test_said_again_changes_nothing(self, shop: Shop, gold: RateTable) -> None:
        account = shop.account()
        asked = {"rate_table": gold.code, "rate_table_from": NEW_YEAR}

        said = [shop.all.put(f"/accounts/{account}", asked).json["scheduled"] for _ in range(2)]

        assert said == [[ahead(gold)]] * 2
        assert Terms.objects.filter(account__reference=account).count() == 2

    def test_without_it_holds_from_now_and_leaves_what_is_scheduled(
        self, shop: Shop, gold: RateTable
    ) -> None:
        account = shop.account()
        shop.all.put(f"/accounts/{account}", {"rate_table": None, "rate_table_from": NEW_YEAR})

        for asked in ({"rate_table": gold.code}, {"rate_table": gold.code, "rate_table_from": None}):
            answer = shop.all.put(f"/accounts/{account}", asked)

        assert (answer.json["rate_table"], answer.json["scheduled"]) == (gold.code, [ahead(None)])

    @pytest.mark.parametrize(
        ("asked", "status", "slug", "pointers"),
        [
            ({"rate_table_from": NEW_YEAR}, 400, "invalid-request", ["/rate_table_from"]),
            (
                {"rate_table": None, "rate_table_from": "2035-01-01"},
                400,
                "invalid-request",
                ["/rate_table_from"],
            ),
            (
                {"rate_table": None, "rate_table_from": "2020-01-01T00:00:00Z"},
                409,
                "conflict",
                ["/rate_table_from"],
            ),
        ],
    )
    def test_refuses_an_instant_of_nothing_and_one_that_is_over(
        self, shop: Shop, asked: dict[str, Any], status: int, slug: str, pointers: list[str]
    ) -> None:
        account = shop.account()

        answer = shop.all.put(f"/accounts/{account}", asked)

        assert (answer.status, answer.slug, answer.pointers) == (status, slug, pointers)
        assert Terms.objects.filter(account__reference=account).count() == 1

    def test_refuses_two_tables_at_one_instant(self, shop: Shop, gold: RateTable) -> None:
        account = shop.account()
        shop.all.put(f"/accounts/{account}", {"rate_table": gold.code, "rate_table_from": NEW_YEAR})

        answer = shop.all.put(f"/accounts/{account}", {"rate_table": None, "rate_table_from": NEW_YEAR})

        assert (answer.status, answer.slug) == (409, "conflict")
        assert shop.all.get(f"/accounts/{account}").json["scheduled"] == [ahead(gold)]

    def test_shows_nothing_of_what_was_withdrawn(self, shop: Shop, gold: RateTable) -> None:
        account = Account.objects.get(reference=shop.account())
        begins = clock() + 9 * DAY + timedelta(microseconds=1)
        asked = {"rate_table": gold.code, "rate_table_from": begins.isoformat()}
        shop.all.put(f"/accounts/{account.reference}", asked)

        row = Terms.objects.get(account=account, effective_from=begins)
        author = Author("mina", "Not agreed.")
        terms.withdraw(account_id=account.pk, terms_id=row.pk, author=author)

        assert shop.all.get(f"/accounts/{account.reference}").json["scheduled"] == []
