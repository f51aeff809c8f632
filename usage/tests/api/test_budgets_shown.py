"""Budgets as they are shown over HTTP: limits, windows, values, pages."""

from __future__ import annotations

from urllib.parse import quote

from usage.api import answers_of_limits as answers
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.test_budgets import USERS, debit, put
from usage.tests.api.test_reading import fits


class TestShow:
    def test_tells_the_most_used_values_with_what_holds_keep(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, USERS)
        debit(shop, account, 4)
        debit(shop, account, 2, None)
        held = debit_of(account, 6, subject={"user": "bob"})
        assert shop.all.post("/holds", held).status == 201

        told = shop.all.get(f"/accounts/{account}/budgets/users").json

        assert told["values"] == [
            {"value": "bob", "spent": "0.000000", "held": "3.000000", "available": "7.000000"},
            {"value": "ann", "spent": "2.000000", "held": "0.000000", "available": "8.000000"},
            {"value": None, "spent": "1.000000", "held": "0.000000", "available": "9.000000"},
        ]

    def test_tells_of_one_value_used_or_not(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, USERS)
        debit(shop, account, 4)
        debit(shop, account, 4, "bob")

        told = [
            shop.all.get(f"/accounts/{account}/budgets/users?value={quote(user)}").json
            for user in ("ann", "Zoë Ünal")
        ]

        assert [each["values"] for each in told] == [
            [{"value": "ann", "spent": "2.000000", "held": "0.000000", "available": "8.000000"}],
            [{"value": "Zoë Ünal", "spent": "0.000000", "held": "0.000000", "available": "10.000000"}],
        ]
        assert {each["more_values"] for each in told} == {0}

    def test_has_no_values_where_nothing_is_counted_apart(self, shop: Shop) -> None:
        account = shop.account()
        put(shop, account, {"period": "month", "tokens": 5}, "all")

        answer = shop.all.get(f"/accounts/{account}/budgets/all?value=ann")

        assert (answer.status, answer.slug, answer.pointers) == (400, "invalid-request", ["value"])

    def test_counts_how_many_values_are_not_told(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, USERS)
        for place in range(10):
            debit(shop, account, place + 1, f"u-{place}")

        told = shop.all.get(f"/accounts/{account}/budgets/users").json

        assert [each["value"] for each in told["values"]] == [f"u-{place}" for place in range(9, 1, -1)]
        assert told["more_values"] == 2

    def test_knows_no_such_budget(self, shop: Shop) -> None:
        account, other = shop.account(), shop.account()
        put(shop, other, USERS)

        assert shop.all.get(f"/accounts/{account}/budgets/users").slug == "not-found"
        assert shop.all.get("/accounts/nobody/budgets/users").slug == "not-found"


class TestList:
    def test_pages_by_code_with_those_that_are_ended(self, shop: Shop) -> None:
        account = shop.account()
        for code in ("c", "a", "b"):
            put(shop, account, {"period": "month", "tokens": 5}, code)
        put(shop, account, {"tokens": None}, "b")

        first = shop.all.get(f"/accounts/{account}/budgets?limit=2")
        second = shop.all.get(first.json["next"].removeprefix("/api/v1"))

        told = fits(first.content, answers.Budgets)["items"] + fits(second.content, answers.Budgets)["items"]
        assert [(each["code"], each["tokens"]) for each in told] == [
            ("a", "5.000000"),
            ("b", None),
            ("c", "5.000000"),
        ]
        assert second.json["next"] is None

    def test_is_empty_where_there_are_none(self, shop: Shop) -> None:
        told = shop.all.get(f"/accounts/{shop.account()}/budgets").json

        assert (told["items"], told["next"]) == ([], None)
