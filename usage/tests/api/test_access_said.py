"""What an account may use, said over HTTP: the very next debit knows it, and what holds is not written again."""

from __future__ import annotations

from typing import Any

import pytest

from usage.api import answers_of_limits as answers
from usage.models import Access
from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.test_reading import fits

NEW_YEAR, LATER = "2035-01-01T00:00:00Z", "2036-01-01T00:00:00Z"


def put(shop: Shop, account: str, pattern: str = "chat.*", **body: Any) -> Answer:
    return shop.all.put(f"/accounts/{account}/access/{pattern}", body)


def may(shop: Shop, account: str) -> bool:
    """Whether a debit of chat.input goes through."""
    answer = shop.all.post("/debits", debit_of(account, 1))
    assert answer.status == 201 or answer.slug == "not-entitled", answer.content
    return answer.status == 201


def kinds(account: str) -> list[str]:
    rows = Access.objects.filter(account__reference=account).order_by("effective_from", "recorded_at", "id")
    return list(rows.values_list("kind", flat=True))


def listed(shop: Shop, account: str) -> Any:
    return fits(shop.all.get(f"/accounts/{account}/access").content, answers.Access)


class TestPut:
    def test_closes_what_the_next_debit_may_not_use(self, shop: Shop) -> None:
        account = shop.account("100")
        assert may(shop, account)

        closed = put(shop, account, state="closed", reason="Not paid.")

        assert closed.status == 201
        told = fits(closed.content, answers.OneAccess)
        assert (told["state"], told["effective_until"], len(told["facts"])) == ("closed", None, 1)
        refused = shop.all.post("/debits", debit_of(account, 1))
        assert (refused.status, refused.slug) == (403, "not-entitled")
        assert refused.json["entitlement"]["pattern"] == "chat.*"
        assert refused.json["denial"]
        (fact,) = listed(shop, account)["items"]
        assert (fact["pattern"], fact["state"], fact["decides"], fact["reason"]) == (
            "chat.*",
            "closed",
            True,
            "Not paid.",
        )

    def test_lets_the_closest_pattern_decide(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, "*", state="closed")
        put(shop, account, "chat.input", state="open", effective_until=NEW_YEAR)

        assert may(shop, account)
        assert listed(shop, account)["entitlements"] == "bought"
        put(shop, account, "chat.input", state="default")
        assert not may(shop, account)
        assert [each["pattern"] for each in listed(shop, account)["items"]] == ["*"]

    @pytest.mark.parametrize("state", ["open", "closed"])
    def test_writes_nothing_where_that_is_so_already(self, shop: Shop, state: str) -> None:
        account = shop.account()
        first = put(shop, account, state=state, effective_until=NEW_YEAR)

        again = [
            put(shop, account, state=state, effective_until=NEW_YEAR),
            put(shop, account, state=state, reason="another"),
            put(shop, account, state=state, effective_from="2034-01-01T00:00:00Z"),
        ]

        assert [each.status for each in (first, *again)] == [201, 200, 200, 200]
        assert [each.json["facts"] for each in again] == [first.json["facts"]] * 3
        assert kinds(account) == [state]

    def test_writes_nothing_where_nothing_is_said(self, shop: Shop) -> None:
        account = shop.account()

        told = put(shop, account, state="default")

        assert (told.status, told.json["state"], told.json["facts"], kinds(account)) == (
            200,
            "default",
            [],
            [],
        )

    def test_lengthens_by_one_fact_and_shortens_by_two(self, shop: Shop) -> None:
        account = shop.account()
        put(shop, account, state="open", effective_until=NEW_YEAR)

        longer = put(shop, account, state="open", effective_until=LATER).json
        assert (longer["effective_until"], kinds(account)) == (LATER, ["open", "open"])
        shorter = [put(shop, account, state="open", effective_until=NEW_YEAR).json for _ in range(2)]

        assert [each["effective_until"] for each in shorter] == [NEW_YEAR] * 2
        assert kinds(account) == ["open", "open", "none", "open"]
        assert may(shop, account)

    def test_makes_a_closing_shorter_and_endless(self, shop: Shop) -> None:
        account = shop.account()
        put(shop, account, state="closed", effective_until=LATER)

        told = [put(shop, account, state="closed", effective_until=until).json for until in (NEW_YEAR, None)]

        assert [each["effective_until"] for each in told] == [NEW_YEAR, None]
        assert kinds(account) == ["closed"] * 3

    def test_schedules_and_takes_back(self, shop: Shop) -> None:
        account = shop.account("100")

        ahead = [put(shop, account, state="closed", effective_from=NEW_YEAR) for _ in range(2)][1].json

        assert (ahead["state"], kinds(account)) == ("default", ["closed"])
        (fact,) = ahead["facts"]
        assert (fact["state"], fact["effective_from"], fact["decides"]) == ("closed", NEW_YEAR, False)
        assert may(shop, account)
        put(shop, account, state="default", effective_from=NEW_YEAR)
        assert [each["state"] for each in listed(shop, account)["items"]] == ["default"]
        assert kinds(account) == ["closed", "none"]

    def test_refuses_to_begin_in_the_past_but_knows_what_began_there(self, shop: Shop) -> None:
        account = shop.account()
        put(shop, account, state="closed")
        begun = Access.objects.get(account__reference=account).effective_from.isoformat()

        assert put(shop, account, state="closed", effective_from=begun).status == 200
        other = put(shop, account, state="open", effective_from=begun)
        assert (other.status, other.slug, other.pointers) == (409, "conflict", ["/effective_from"])
        put(shop, account, state="open")
        assert put(shop, account, state="closed", effective_from=begun).slug == "conflict"
        assert kinds(account) == ["closed", "open"]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/state"),
            ({"state": None}, "/state"),
            ({"state": "none"}, "/state"),
            ({"state": "default", "effective_until": NEW_YEAR}, "/effective_until"),
            ({"state": "open", "effective_from": NEW_YEAR, "effective_until": NEW_YEAR}, "/effective_until"),
        ],
        ids=str,
    )
    def test_refuses_what_cannot_be_said(self, shop: Shop, body: dict[str, Any], pointer: str) -> None:
        account = shop.account()

        answer = put(shop, account, **body)

        assert (answer.status, answer.slug, answer.pointers) == (400, "invalid-request", [pointer])
        assert kinds(account) == []

    @pytest.mark.parametrize("pattern", ["*.chat", "a b", "**", "a*b", "x" * 129])
    def test_refuses_what_no_pattern_can_be(self, shop: Shop, pattern: str) -> None:
        assert put(shop, shop.account(), pattern, state="open").slug == "invalid-request"

    def test_needs_the_scope_provision_and_an_account(self, shop: Shop) -> None:
        path = f"/accounts/{shop.account()}/access/chat.*"

        assert shop.client("read", "debit", "events").put(path, {"state": "open"}).slug == "forbidden"
        assert shop.client("provision").get(path.removesuffix("/chat.*")).slug == "forbidden"
        assert put(shop, "nobody", state="open").slug == "not-found"
        assert shop.all.get("/accounts/nobody/access").slug == "not-found"

    def test_pages(self, shop: Shop) -> None:
        account = shop.account()
        for pattern in ("b*", "a*", "c*"):
            put(shop, account, pattern, state="closed")

        first = shop.all.get(f"/accounts/{account}/access?limit=2").json
        second = shop.all.get(first["next"].removeprefix("/api/v1")).json

        told = [each["pattern"] for page in (first, second) for each in page["items"]]
        assert (told, second["next"]) == (["a*", "b*", "c*"], None)


class TestMode:
    def test_of_what_was_bought_closes_the_rest_and_goes_back(self, shop: Shop) -> None:
        account = shop.account("100")

        bought = shop.all.put(f"/accounts/{account}", {"entitlements": "bought"})

        assert (bought.status, bought.json["entitlements"]) == (200, "bought")
        assert not may(shop, account)
        assert shop.all.get(f"/accounts/{account}").json["entitlements"] == "bought"
        again = shop.all.put(f"/accounts/{account}", {"entitlements": "bought", "name": "Acme"}).json
        assert (again["entitlements"], kinds(account)) == ("bought", ["closed"])
        assert shop.all.put(f"/accounts/{account}", {"name": "B"}).json["entitlements"] == "bought"
        whole = shop.all.put(f"/accounts/{account}", {"entitlements": None})
        assert (whole.json["entitlements"], kinds(account)) == ("portfolio", ["closed", "none"])
        assert may(shop, account)

    def test_may_be_said_of_a_new_account(self, shop: Shop) -> None:
        account = shop.account("100", entitlements="bought")

        assert not may(shop, account)
        assert kinds(shop.account("100", entitlements="portfolio")) == []

    def test_is_one_of_two(self, shop: Shop) -> None:
        answer = shop.all.put(f"/accounts/{shop.account()}", {"entitlements": "rented"})

        assert (answer.status, answer.pointers) == (400, ["/entitlements"])
