"""Budgets over HTTP: what is put rules the very next debit, and what holds already is not written again."""

from __future__ import annotations

from typing import Any

import pytest

from usage.api import answers_of_limits as answers
from usage.models import Budget, BudgetLimit
from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.test_reading import fits

USERS = {"period": "month", "tokens": "10", "feature": "chat.*", "per": "user"}


def put(shop: Shop, account: str, body: dict[str, Any], code: str = "users") -> Answer:
    return shop.all.put(f"/accounts/{account}/budgets/{code}", body)


def debit(shop: Shop, account: str, quantity: object, user: str | None = "ann", **more: Any) -> Answer:
    """Half a token a unit."""
    subject = {"subject": {"user": user}} if user else {}
    return shop.all.post("/debits", debit_of(account, quantity, **subject, **more))


def limits(account: str) -> list[tuple[Any, bool, str]]:
    rows = BudgetLimit.objects.filter(account__reference=account).order_by("recorded_at", "id")
    return [(None if row.tokens is None else int(row.tokens), row.is_hard, row.reason) for row in rows]


class TestPut:
    def test_opens_a_budget_that_the_next_debit_knows(self, shop: Shop) -> None:
        account = shop.account("100")

        made = put(shop, account, USERS)

        assert made.status == 201
        told = fits(made.content, answers.OneBudget)
        assert (told["code"], told["token"], told["feature"], told["per"]) == (
            "users",
            "AIT",
            "chat.*",
            "user",
        )
        assert (told["tokens"], told["hard"], told["values"], told["more_values"]) == (
            "10.000000",
            True,
            [],
            0,
        )
        assert debit(shop, account, 18).status == 201
        refused = debit(shop, account, 4)
        assert (refused.status, refused.slug) == (403, "limit-reached")
        figures = {
            name: refused.json[name] for name in ("budget", "value", "limit", "used", "required", "available")
        }
        assert figures == {
            "budget": "users",
            "value": "ann",
            "limit": "10.000000",
            "used": "9.000000",
            "required": "2.000000",
            "available": "1.000000",
        }
        assert refused.json["resets_at"][:19] == told["resets_at"][:19]
        assert refused.json["detail"] == (
            "The budget users has 1.000000 of 10.000000 tokens left for ann; 2.000000 are needed. "
            f"It begins anew at {told['resets_at']}."
        )
        assert debit(shop, account, 4, "bob").status == 201

    def test_tells_a_debit_of_a_soft_one_and_lets_it_through(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, {"period": "day", "tokens": 1, "hard": False}, "soft")

        done = debit(shop, account, 4)

        assert (done.status, done.json["notices"]) == (201, ["budget:soft"])
        (value,) = shop.all.get(f"/accounts/{account}/budgets/soft").json["values"]
        assert value == {"value": None, "spent": "2.000000", "held": "0.000000", "available": "0.000000"}

    def test_counts_whom_and_what_it_names(self, shop: Shop) -> None:
        account = shop.account("100")
        body = {"period": "total", "tokens": 1, "subject": {"team": "r"}, "dimensions": {"model": "x"}}
        told = put(shop, account, body, "team").json

        assert (told["subject"], told["dimensions"], told["starts_on"], told["resets_at"]) == (
            {"team": "r"},
            {"model": "x"},
            None,
            None,
        )
        asked = debit_of(account, 10, subject={"team": "r"})
        assert shop.all.post("/debits", asked).status == 201
        asked["items"][0]["dimensions"] = {"model": "x"}
        assert shop.all.post("/debits", asked).slug == "limit-reached"

    def test_changes_limit_and_hardness_and_keeps_what_was_counted(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, {**USERS, "reason": "one"})
        debit(shop, account, 20)

        raised = put(shop, account, {"tokens": "12", "reason": "two"})
        softened = put(shop, account, {"hard": False, "reason": "three"})

        assert (raised.status, raised.json["tokens"], raised.json["hard"]) == (200, "12.000000", True)
        assert raised.json["values"][0]["available"] == "2.000000"
        assert (softened.json["tokens"], softened.json["hard"]) == ("12.000000", False)
        history = [(each["tokens"], each["hard"], each["reason"]) for each in softened.json["limits"]]
        assert history == [
            ("12.000000", False, "three"),
            ("12.000000", True, "two"),
            ("10.000000", True, "one"),
        ]
        assert debit(shop, account, 50).status == 201

    @pytest.mark.parametrize(
        "again",
        [
            USERS,
            {},
            {"tokens": 10},
            {"tokens": "10.0", "hard": True},
            {"hard": None, "reason": "another"},
            {**USERS, "subject": None, "dimensions": {}, "token": "AIT"},
            {"token": None, "feature": "chat.*"},
        ],
        ids=str,
    )
    def test_writes_nothing_where_that_holds_already(self, shop: Shop, again: dict[str, Any]) -> None:
        account = shop.account()
        first = put(shop, account, USERS)

        second = put(shop, account, again)

        assert (second.status, limits(account)) == (200, [(10, True, "")])
        assert second.json | {"as_of": ""} == first.json | {"as_of": ""}

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"feature": "chat.input"}, "/feature"),
            ({"feature": None}, "/feature"),
            ({"period": "day"}, "/period"),
            ({"per": None}, "/per"),
            ({"per": "team"}, "/per"),
            ({"subject": {"team": "r"}}, "/subject"),
            ({"dimensions": {"model": "x"}}, "/dimensions"),
        ],
        ids=str,
    )
    def test_never_lets_it_count_something_else(self, shop: Shop, body: dict[str, Any], pointer: str) -> None:
        account = shop.account()
        put(shop, account, USERS)

        answer = put(shop, account, {"tokens": 99, **body})

        assert (answer.status, answer.slug, answer.pointers) == (409, "conflict", [pointer])
        assert pointer[1:] in answer.json["detail"]
        assert limits(account) == [(10, True, "")]

    def test_ends_it_and_opens_it_again(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, USERS)
        debit(shop, account, 20)

        ended = [put(shop, account, {"tokens": None}) for _ in range(2)]

        assert [(each.status, each.json["tokens"]) for each in ended] == [(200, None)] * 2
        assert ended[0].json["values"][0]["available"] is None
        assert debit(shop, account, 20).status == 201
        again = put(shop, account, {"tokens": "10"})
        assert (again.status, again.json["values"][0]["spent"]) == (200, "10.000000")
        assert debit(shop, account, 1).slug == "limit-reached"
        assert limits(account) == [(10, True, ""), (None, True, ""), (10, True, "")]

    def test_has_nothing_to_end_where_there_is_none(self, shop: Shop) -> None:
        account = shop.account()

        answer = put(shop, account, {"period": "month", "tokens": None})

        assert (answer.status, answer.slug) == (404, "not-found")
        assert not Budget.objects.filter(account__reference=account).exists()

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"tokens": 5}, "/period"),
            ({"period": "month"}, "/tokens"),
            ({**USERS, "period": None}, "/period"),
            ({**USERS, "period": "year"}, "/period"),
            ({**USERS, "hard": "yes"}, "/hard"),
            ({**USERS, "feature": "*.chat"}, "/feature"),
            ({**USERS, "subject": {"user": 5}}, "/subject/user"),
            ({**USERS, "tokens": "1.0000001"}, "/tokens"),
        ],
        ids=str,
    )
    def test_refuses_what_no_budget_can_be(self, shop: Shop, body: dict[str, Any], pointer: str) -> None:
        account = shop.account()

        answer = put(shop, account, body)

        assert (answer.status, answer.slug, answer.pointers) == (400, "invalid-request", [pointer])
        assert not Budget.objects.filter(account__reference=account).exists()

    @pytest.mark.parametrize("code", ["x" * 65, "a b", "-a", "a*", "é".encode().decode("latin-1"), "*"])
    def test_refuses_codes_that_no_budget_can_have(self, shop: Shop, code: str) -> None:
        account = shop.account()

        assert put(shop, account, USERS, code).slug == "invalid-request"
        assert shop.all.get(f"/accounts/{account}/budgets/{code}").status in (400, 404)

    def test_takes_codes_with_slashes_and_colons(self, shop: Shop) -> None:
        account = shop.account()

        assert put(shop, account, USERS, "team/research:eu").status == 201
        assert (
            shop.all.get(f"/accounts/{account}/budgets/team/research:eu").json["code"] == "team/research:eu"
        )

    def test_knows_no_such_account_and_no_such_unit(self, shop: Shop) -> None:
        account = shop.account()

        assert put(shop, "nobody", USERS).slug == "not-found"
        unknown = put(shop, account, {**USERS, "token": "XXX"})
        assert (unknown.status, unknown.slug, unknown.pointers) == (422, "unknown-reference", ["/token"])

    def test_needs_the_scope_provision(self, shop: Shop) -> None:
        account = shop.account()
        path = f"/accounts/{account}/budgets/users"

        assert shop.client("read", "debit", "events").put(path, USERS).slug == "forbidden"
        assert shop.client("provision").get(path).slug == "forbidden"
        assert shop.client("provision").put(path, USERS).status == 201
        assert shop.client("read").get(path).status == 200

    def test_keeps_who_set_it_by_the_products_code(self, shop: Shop) -> None:
        account = shop.account()
        put(shop, account, {**USERS, "reason": "Because."})

        limit = BudgetLimit.objects.get(account__reference=account)

        assert (limit.set_by, limit.reason) == ("assistant", "Because.")
