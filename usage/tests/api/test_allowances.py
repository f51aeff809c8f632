"""Allowances over HTTP: the very next debit is covered, and what holds already is not written again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from usage.api import answers_of_limits as answers
from usage.models import Allowance
from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.test_reading import fits

MONTHLY = {"units": "100", "period": "month"}
NEW_YEAR = "2035-01-01T00:00:00Z"


def put(shop: Shop, account: str, body: dict[str, Any], pattern: str = "chat.*") -> Answer:
    return shop.all.put(f"/accounts/{account}/allowances/{pattern}", body)


def covered(shop: Shop, account: str, quantity: object) -> tuple[str, str]:
    """How many units of a debit were covered, and what the rest cost; half a token a unit."""
    done = shop.all.post("/debits", debit_of(account, quantity))
    assert done.status == 201, done.content
    return done.json["items"][0]["covered_quantity"], done.json["tokens"]


def facts(account: str) -> int:
    return Allowance.objects.filter(account__reference=account).count()


def listed(shop: Shop, account: str) -> list[Any]:
    items: list[Any] = fits(shop.all.get(f"/accounts/{account}/allowances").content, answers.Allowances)[
        "items"
    ]
    return items


class TestPut:
    def test_includes_units_that_cover_the_next_debit(self, shop: Shop) -> None:
        account = shop.account("100")

        made = put(shop, account, {**MONTHLY, "reason": "Plan Pro."})

        assert made.status == 201
        told = fits(made.content, answers.OneAllowance)
        assert (told["present"]["units"], told["present"]["reason"], told["scheduled"]) == (
            "100",
            "Plan Pro.",
            [],
        )
        assert covered(shop, account, 80) == ("80", "0.000000")
        assert covered(shop, account, 50) == ("20", "15.000000")
        (shown,) = listed(shop, account)
        assert (shown["window"]["used"], shown["window"]["available"]) == ("100", "0")

    def test_changes_what_is_named_and_leaves_the_rest(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, {**MONTHLY, "anchor": "2026-01-15", "carries": "30", "effective_until": NEW_YEAR})
        covered(shop, account, 100)

        more = put(shop, account, {"units": "120"}).json["present"]

        assert (more["units"], more["period"], more["anchor"]) == ("120", "month", "2026-01-15")
        assert (more["carries"], more["effective_until"]) == ("30", NEW_YEAR)
        assert covered(shop, account, 50) == ("20", "15.000000")
        plain = put(shop, account, {"anchor": None, "carries": None, "effective_until": None}).json["present"]
        assert (plain["units"], plain["anchor"], plain["carries"], plain["effective_until"]) == (
            "120",
            None,
            "0",
            None,
        )

    def test_drops_the_anchor_with_the_months(self, shop: Shop) -> None:
        account = shop.account()
        put(shop, account, {**MONTHLY, "anchor": "2026-01-15"})

        daily = put(shop, account, {"period": "day"}).json["present"]

        assert (daily["period"], daily["anchor"]) == ("day", None)

    @pytest.mark.parametrize(
        "again",
        [
            MONTHLY,
            {},
            {"units": 100},
            {**MONTHLY, "carries": 0, "anchor": None, "effective_until": None},
            {"period": "month", "reason": "another"},
            {"units": "100.000", "effective_from": NEW_YEAR},
        ],
        ids=str,
    )
    def test_writes_nothing_where_that_holds_already(self, shop: Shop, again: dict[str, Any]) -> None:
        account = shop.account()
        first = put(shop, account, MONTHLY)

        second = put(shop, account, again)

        assert (second.status, facts(account)) == (200, 1)
        assert second.json["present"] == first.json["present"]

    def test_ends_it_once(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, MONTHLY)

        ended = [put(shop, account, {"units": None}) for _ in range(2)]

        assert [(each.status, each.json["present"]) for each in ended] == [(200, None)] * 2
        assert facts(account) == 2
        assert covered(shop, account, 10) == ("0", "5.000000")
        assert listed(shop, account) == []
        assert put(shop, account, MONTHLY).status == 200
        assert covered(shop, account, 10) == ("10", "0.000000")

    def test_has_nothing_to_end_where_there_was_none(self, shop: Shop) -> None:
        account = shop.account()

        told = put(shop, account, {"units": None})

        assert (told.status, told.json["present"], facts(account)) == (200, None, 0)

    def test_schedules_a_change_and_takes_it_back(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, MONTHLY)

        later = {"units": "500", "effective_from": NEW_YEAR}
        ahead = [put(shop, account, later) for _ in range(2)][1].json

        assert (ahead["present"]["units"], [each["units"] for each in ahead["scheduled"]]) == ("100", ["500"])
        assert [(each["state"], each["units"]) for each in listed(shop, account)] == [
            ("present", "100"),
            ("scheduled", "500"),
        ]
        assert (listed(shop, account)[1]["window"], facts(account)) == (None, 2)
        put(shop, account, {"units": "100", "effective_from": NEW_YEAR})
        assert [each["units"] for each in listed(shop, account)] == ["100", "100"]
        assert covered(shop, account, 120) == ("100", "10.000000")

    def test_refuses_to_begin_in_the_past_but_knows_what_began_there(self, shop: Shop) -> None:
        account = shop.account("100")
        put(shop, account, MONTHLY)
        begun = Allowance.objects.get(account__reference=account).effective_from.isoformat()

        again = put(shop, account, {**MONTHLY, "effective_from": begun})
        other = put(shop, account, {"units": "7", "effective_from": begun})

        assert (again.status, other.status, other.slug) == (200, 409, "conflict")
        assert other.pointers == ["/effective_from"]
        put(shop, account, {"units": "50"})
        assert put(shop, account, {**MONTHLY, "effective_from": begun}).slug == "conflict"
        assert facts(account) == 2

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"units": 5}, "/period"),
            ({"period": "month"}, "/units"),
            ({**MONTHLY, "period": None}, "/period"),
            ({"units": 5, "period": "day", "anchor": "2026-01-15"}, "/anchor"),
            ({**MONTHLY, "carries": -1}, "/carries"),
            ({**MONTHLY, "effective_from": NEW_YEAR, "effective_until": NEW_YEAR}, "/effective_until"),
            ({"units": None, "effective_until": NEW_YEAR}, "/effective_until"),
        ],
        ids=str,
    )
    def test_refuses_what_no_allowance_can_be(self, shop: Shop, body: dict[str, Any], pointer: str) -> None:
        account = shop.account()

        answer = put(shop, account, body)

        assert (answer.status, answer.slug, answer.pointers) == (400, "invalid-request", [pointer])
        assert facts(account) == 0

    def test_tells_no_first_day_of_what_never_begins_anew(self, shop: Shop) -> None:
        account = shop.account()

        once = put(shop, account, {"units": "100", "period": "total"})

        window = fits(once.content, answers.OneAllowance)["present"]["window"]
        assert (window["starts_on"], window["resets_at"], window["available"]) == (None, None, "100")

    def test_refuses_an_end_that_is_past(self, shop: Shop) -> None:
        account = shop.account()
        past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

        answer = put(shop, account, {**MONTHLY, "effective_until": past})

        assert answer.pointers == ["/effective_until"]
        assert (
            answer.json["detail"] == "The end has to lie after the start, which is now where none is named."
        )

    @pytest.mark.parametrize("pattern", ["chat.*", "chat.input", "*", "a/b:c*"])
    def test_takes_any_pattern(self, shop: Shop, pattern: str) -> None:
        account = shop.account()

        assert put(shop, account, MONTHLY, pattern).json["pattern"] == pattern
        assert [each["pattern"] for each in listed(shop, account)] == [pattern]

    @pytest.mark.parametrize("pattern", ["*.chat", "a b", "**", "a*b", "x" * 128 + "*"])
    def test_refuses_what_no_pattern_can_be(self, shop: Shop, pattern: str) -> None:
        account = shop.account()

        assert put(shop, account, MONTHLY, pattern).slug == "invalid-request"
        assert facts(account) == 0

    def test_needs_the_scope_provision_and_an_account(self, shop: Shop) -> None:
        path = f"/accounts/{shop.account()}/allowances/chat.*"

        assert shop.client("read", "debit", "events").put(path, MONTHLY).slug == "forbidden"
        assert shop.client("provision").get(path.removesuffix("/chat.*")).slug == "forbidden"
        assert shop.all.get(path).slug == "method-not-allowed"
        assert put(shop, "nobody", MONTHLY).slug == "not-found"
        assert shop.all.get("/accounts/nobody/allowances").slug == "not-found"


class TestList:
    def test_pages_the_closest_pattern_first(self, shop: Shop) -> None:
        account = shop.account()
        for pattern in ("*", "chat.input", "chat.*"):
            put(shop, account, MONTHLY, pattern)

        first = shop.all.get(f"/accounts/{account}/allowances?limit=2").json
        second = shop.all.get(first["next"].removeprefix("/api/v1")).json

        told = [each["pattern"] for page in (first, second) for each in page["items"]]
        assert (told, second["next"]) == (["chat.input", "chat.*", "*"], None)
        stray = f"/accounts/{account}/budgets?cursor={quote(first['next'].partition('cursor=')[2])}"
        assert shop.all.get(stray).slug == "invalid-request"
