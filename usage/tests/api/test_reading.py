"""What callers read: each answer has the shape that the schema promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from usage.api import answers
from usage.api.answers_of_prices import Rates
from usage.tests.api.conftest import Shop, debit_of

NOBODY = "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d"


def fits(content: bytes, shape: Any) -> Any:
    """The answer, after it was held against its struct: no member more, none less, amounts as texts."""
    msgspec.json.decode(content, type=shape)
    return msgspec.json.decode(content)


class TestAccount:
    def test_is_made_and_merged(self, shop: Shop) -> None:
        made = shop.all.put("/accounts/acme-ltd", {"name": "Acme", "rate_table": shop.table.code})
        merged = shop.all.put("/accounts/acme-ltd", {"policy": {"mode": "overage", "limit": 100}})
        reset = shop.all.put("/accounts/acme-ltd", {"policy": None, "name": None})

        assert (made.status, merged.status, reset.status) == (201, 200, 200)
        assert fits(merged.content, answers.Account) == {
            "account": "acme-ltd",
            "name": "Acme",
            "state": "active",
            "rate_table": shop.table.code,
            "segment": None,
            "scheduled": [],
            "time_zone": "UTC",
            "parent": None,
            "external_ids": {},
            "policy": {"mode": "overage", "limit": "100.000000"},
            "entitlements": "portfolio",
            "created_at": merged.json["created_at"],
        }
        assert reset.json["policy"] == {"mode": "block"}
        assert reset.json["name"] == ""
        assert shop.all.get("/accounts/acme-ltd").json == reset.json

    @pytest.mark.parametrize("reference", ["x" * 128, "Zoë 你好 🦉", "a b&c=d?e#f", "O'Neil; --"])
    def test_takes_references_in_any_script(self, shop: Shop, reference: str) -> None:
        path = {"PATH_INFO": "/api/v1/accounts/" + reference.encode().decode("latin-1")}

        assert shop.all.send("PUT", "", {}, **path).status == 201
        assert shop.all.send("GET", "", **path).json["account"] == reference

    @pytest.mark.parametrize(
        ("body", "slug"),
        [({"rate_table": "nothing"}, "unknown-reference"), ({"parent": "nobody"}, "unknown-account")],
    )
    def test_refuses_what_it_does_not_know(self, shop: Shop, body: dict[str, str], slug: str) -> None:
        assert shop.all.put("/accounts/acme-new", body).slug == slug
        assert shop.all.get("/accounts/acme-new").slug == "not-found"


class TestBalance:
    def test_tells_what_can_be_spent(self, shop: Shop) -> None:
        account = shop.account("100", policy={"mode": "overage", "limit": "7"})
        ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        shop.grant(account, "20", kind="promo", expires_at=ends)
        shop.all.post("/debits", debit_of(account, 10))

        told = fits(shop.all.get(f"/accounts/{account}/balance").content, answers.Balance)

        assert (told["available"], told["held"], told["overage"]) == ("115.000000", "0.000000", "0.000000")
        assert told["overage_limit"] == "7.000000"
        assert told["by_kind"] == {"promo": "15.000000", "trial": "100.000000"}
        assert told["next_expiry"]["tokens"] == "15.000000"
        assert told["policy"] == {"mode": "overage", "limit": "7.000000"}

    def test_answers_a_past_instant_as_it_did_then(self, shop: Shop) -> None:
        account = shop.account("100")
        before = shop.all.get(f"/accounts/{account}/balance").json
        shop.all.post("/debits", debit_of(account, 10))

        then = shop.all.get(f"/accounts/{account}/balance?as_of={quote(before['as_of'])}").json

        assert then == before

    def test_has_no_account_to_tell_of_before_it_was_opened(self, shop: Shop) -> None:
        account = shop.account("100")
        opened_at = shop.all.get(f"/accounts/{account}").json["created_at"]
        before = datetime.fromisoformat(opened_at) - timedelta(microseconds=1)

        then = shop.all.get(f"/accounts/{account}/balance?as_of={quote(opened_at)}")
        earlier = shop.all.get(f"/accounts/{account}/balance?as_of={quote(before.isoformat())}")

        assert (then.status, then.json["available"]) == (200, "0.000000")
        assert (earlier.status, earlier.slug) == (404, "not-found")

    @pytest.mark.parametrize(
        ("query", "status", "slug"),
        [
            ("token=XXX", 422, "unknown-reference"),
            ("as_of=2199-01-01T00:00:00Z", 400, "invalid-request"),
            ("as_of=2026-11-22T10:00:00", 400, "invalid-request"),
            ("as_of=0001-01-01T00:00:00Z", 400, "invalid-request"),
            ("as_of=", 400, "invalid-request"),
            ("as_off=2026-11-22T10:00:00Z", 400, "invalid-request"),
            ("token=AIT&token=AIT", 400, "invalid-request"),
            ("token=%00", 400, "invalid-request"),
        ],
    )
    def test_refuses_what_it_cannot_tell(self, shop: Shop, query: str, status: int, slug: str) -> None:
        answer = shop.all.get(f"/accounts/{shop.account()}/balance?{query}")

        assert (answer.status, answer.slug) == (status, slug)


class TestGrants:
    def test_are_handed_out_once_a_key(self, shop: Shop) -> None:
        account = shop.account(None)
        asked = {"kind": "purchase", "tokens": "500", "priority": 10, "features": ["chat.*"], "unit_cost": 0.01,
                 "currency": "USD", "external_id": "order-1", "reason": "first order"}  # fmt: skip
        path = f"/accounts/{account}/grants"

        first = shop.all.post(path, asked, once="g")
        again = shop.all.post(path, {**asked, "tokens": 500.0}, once="g")
        other = shop.all.post(path, {**asked, "tokens": "1"}, once="g")
        twice = shop.all.post(path, asked, once="h")

        told = fits(first.content, answers.Grant)
        assert first.status == 201
        assert (told["tokens"], told["remaining"], told["unit_cost"], told["currency"]) == (
            "500.000000", "500.000000", "0.01", "USD")  # fmt: skip
        assert (told["priority"], told["features"], told["external_id"]) == (10, ["chat.*"], "order-1")
        assert (again.status, again.headers["Idempotency-Replayed"], again.json) == (201, "true", told)
        assert other.slug == "idempotency-key-reused"
        assert (twice.status, twice.slug) == (409, "conflict")

    def test_are_listed_newest_first_page_by_page(self, shop: Shop) -> None:
        account = shop.account(None)
        made = [shop.grant(account, str(number))["id"] for number in range(1, 6)]

        first = fits(shop.all.get(f"/accounts/{account}/grants?limit=3").content, answers.Grants)
        second = fits(shop.all.get(first["next"].removeprefix("/api/v1")).content, answers.Grants)

        assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
        assert second["next"] is None

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=501", "limit=-1", "limit=99999999999999999999", "limit=1.5", "limit=١", "limit=",
                  "cursor=", "cursor=x", "cursor=MQ.AAAA", "cursor=%00", "page=2", "limit=1&limit=2"]
    )  # fmt: skip
    def test_refuse_other_pages(self, shop: Shop, query: str) -> None:
        for listed in ("grants", "ledger"):
            answer = shop.all.get(f"/accounts/{shop.account(None)}/{listed}?{query}")

            assert (answer.status, answer.slug) == (400, "invalid-request"), (listed, answer.content)

    def test_refuse_the_cursor_of_another_account(self, shop: Shop) -> None:
        one, other = shop.account("1"), shop.account("1")
        shop.grant(one, "2")
        following = shop.all.get(f"/accounts/{one}/grants?limit=1").json["next"]

        answer = shop.all.get(following.removeprefix("/api/v1").replace(one, other))

        assert (answer.status, answer.slug) == (400, "invalid-request")

    def test_are_voided(self, shop: Shop) -> None:
        account = shop.account("100")
        grant = shop.grant(account, "10")["id"]

        voided = shop.all.post(f"/grants/{grant}/void", {"reason": "twice"}, once="v")
        again = shop.all.post(f"/grants/{grant}/void", {"reason": "twice"}, once="v")
        more = shop.all.post(f"/grants/{grant}/void", {})

        told = fits(voided.content, answers.Grant)
        assert (voided.status, told["voided"], told["remaining"]) == (200, "10.000000", "0.000000")
        assert (again.json, again.headers["Idempotency-Replayed"]) == (told, "true")
        assert (more.status, more.slug) == (409, "conflict")
        assert shop.all.get(f"/grants/{grant}").json == told

    def test_are_not_found_by_other_names(self, shop: Shop) -> None:
        assert shop.all.get(f"/grants/{NOBODY}").slug == "not-found"
        assert shop.all.post(f"/grants/{NOBODY}/void", {}).slug == "not-found"
        assert shop.all.get("/accounts/nobody/grants").slug == "not-found"


class TestTransfer:
    def test_moves_tokens_once_a_key(self, shop: Shop) -> None:
        account = shop.account("100")
        part = shop.account(None, parent=account)
        path = f"/accounts/{account}/transfers"

        moved = shop.all.post(path, {"to": part, "tokens": "25"}, once="t")
        again = shop.all.post(path, {"to": part, "tokens": 25}, once="t")

        told = fits(moved.content, answers.Transfer)
        assert (moved.status, told["tokens"], told["balance"]["available"]) == (201, "25.000000", "75.000000")
        assert (again.status, again.headers["Idempotency-Replayed"], again.json) == (201, "true", told)
        assert shop.all.get(f"/accounts/{part}/balance").json["available"] == "25.000000"

    @pytest.mark.parametrize(
        ("to", "tokens", "status", "slug"),
        [
            ("part", "101", 402, "insufficient-tokens"),
            ("nobody", "1", 422, "unknown-account"),
            ("stranger", "1", 409, "conflict"),
        ],
    )
    def test_refuses_what_cannot_be_moved(
        self, shop: Shop, to: str, tokens: str, status: int, slug: str
    ) -> None:
        account = shop.account("100")
        targets = {"part": shop.account(None, parent=account), "stranger": shop.account(None)}

        answer = shop.all.post(
            f"/accounts/{account}/transfers", {"to": targets.get(to, to), "tokens": tokens}
        )

        assert (answer.status, answer.slug) == (status, slug), answer.content
        if status == 402:
            assert answer.json["shortfall"] == "1.000000"
            assert shop.all.get(f"/denials/{answer.json['denial']}").status == 200
        assert shop.all.get(f"/accounts/{account}/balance").json["available"] == "100.000000"


class TestLedger:
    def test_lists_every_movement_newest_first(self, shop: Shop) -> None:
        account = shop.account("100")
        debit = shop.all.post("/debits", debit_of(account, 10)).json
        shop.all.post(f"/debits/{debit['id']}/reversals", {"tokens": "1"})

        told = fits(shop.all.get(f"/accounts/{account}/ledger").content, answers.Ledger)

        moved = [
            (each["number"], each["kind"], each["tokens"], each["balance_after"]) for each in told["items"]
        ]
        assert moved == [
            (3, "restore", "1.000000", "96.000000"),
            (2, "draw", "5.000000", "95.000000"),
            (1, "grant", "100.000000", "100.000000"),
        ]
        assert told["items"][1]["cause_id"] == debit["id"]
        assert told["next"] is None


class TestDenial:
    def test_tells_request_reason_figures_and_count(self, shop: Shop) -> None:
        account = shop.account("1")
        refused = [shop.all.post("/debits", debit_of(account, 10)).json for _ in range(2)]

        told = fits(shop.all.get(f"/denials/{refused[0]['denial']}").content, answers.Denial)

        assert refused[0]["denial"] == refused[1]["denial"]
        assert (told["account"], told["reason"], told["count"]) == (account, "insufficient-tokens", 2)
        assert told["figures"]["required"] == "5.000000"
        assert told["request"]["items"][0]["quantity"]


class TestExplanation:
    def test_tells_every_step(self, shop: Shop) -> None:
        debit = shop.all.post("/debits", debit_of(shop.account(), 10)).json

        told = fits(shop.all.get(f"/debits/{debit['id']}/explanation").content, answers.Explanation)

        assert told["debit"] == debit["id"]
        assert told["steps"]


class TestRates:
    def test_shows_the_price_list_of_an_account(self, shop: Shop) -> None:
        account = shop.account()

        told = fits(shop.all.get(f"/rates?account={account}").content, Rates)

        assert (told["table"], told["token"], told["version"]) == (shop.table.code, "AIT", 1)
        prices = {
            each["feature"]: (each["tokens"], each["per"], each["unit_tokens"]) for each in told["items"]
        }
        assert prices == {"chat.input": ("0.5", "1", "0.5"), "chat.output": ("2", "1", "2")}

    def test_goes_page_by_page(self, shop: Shop) -> None:
        account = shop.account()

        first = shop.all.get(f"/rates?account={account}&limit=1").json
        second = shop.all.get(first["next"].removeprefix("/api/v1")).json

        assert [each["feature"] for each in first["items"] + second["items"]] == ["chat.input", "chat.output"]
        assert second["next"] is None

    def test_refuses_what_has_no_prices(self, shop: Shop) -> None:
        account = shop.account()

        assert shop.all.get("/rates?account=nobody").slug == "unknown-account"
        assert shop.all.get(f"/rates?account={account}&at=1990-01-01T00:00:00Z").slug == "no-rate"
