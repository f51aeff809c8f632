"""Who is let in, to what, and how the paths answer in general."""

from __future__ import annotations

from unittest import mock

import pytest
from django.db import OperationalError

from pricing.models import Product
from pricing.services import catalogue
from usage.api import debits
from usage.api.caller import RING
from usage.models import Debit
from usage.services import keys
from usage.tests.api.client import ApiClient
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.writing import write_endpoints

NOBODY = "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d"
SCOPE_OF = {
    "POST /debits": "debit",
    "POST /debits/batch": "debit",
    "POST /quotes": "read",
    f"GET /debits/{NOBODY}": "read",
    f"GET /debits/{NOBODY}/explanation": "read",
    f"POST /debits/{NOBODY}/reversals": "debit",
    f"GET /denials/{NOBODY}": "read",
    "POST /holds": "debit",
    f"GET /holds/{NOBODY}": "read",
    f"POST /holds/{NOBODY}/capture": "debit",
    f"POST /holds/{NOBODY}/release": "debit",
    f"POST /holds/{NOBODY}/extend": "debit",
    "PUT /accounts/acme": "provision",
    "GET /accounts/acme": "read",
    "GET /accounts/acme/balance": "read",
    "GET /accounts/acme/ledger": "read",
    "GET /accounts/acme/grants": "read",
    "POST /accounts/acme/grants": "provision",
    "POST /accounts/acme/transfers": "provision",
    f"GET /grants/{NOBODY}": "read",
    f"POST /grants/{NOBODY}/void": "provision",
    "GET /accounts/acme/entitlements": "read",
    "GET /accounts/acme/entitlements/chat.input": "read",
    "POST /entitlements/query": "read",
    "GET /accounts/acme/budgets": "read",
    "GET /accounts/acme/budgets/chat": "read",
    "PUT /accounts/acme/budgets/chat": "provision",
    "GET /accounts/acme/allowances": "read",
    "PUT /accounts/acme/allowances/chat.*": "provision",
    "GET /accounts/acme/access": "read",
    "PUT /accounts/acme/access/chat.*": "provision",
    "GET /rates": "read",
    "GET /accounts/acme/top-up": "read",
    "PUT /accounts/acme/top-up": "provision",
    f"POST /top-ups/{NOBODY}/paid": "provision",
    f"POST /top-ups/{NOBODY}/refused": "provision",
}


class TestScopes:
    @pytest.mark.parametrize("scope", ["debit", "events", "read", "provision"])
    def test_open_what_they_name_and_nothing_else(self, shop: Shop, scope: str) -> None:
        client = shop.client(scope)

        let_in = []
        for call in SCOPE_OF:
            method, path = call.split()
            answer = client.send(method, path, {} if method != "GET" else None)
            assert answer.status < 500, (call, answer.content)
            if answer.status != 403:
                let_in.append(call)

        assert let_in == [call for call, needed in SCOPE_OF.items() if needed == scope]

    def test_are_told_by_name(self, shop: Shop) -> None:
        answer = shop.client("read").post("/debits", {})

        assert answer.slug == "forbidden"
        assert "debit" in answer.json["detail"]

    def test_are_asked_for_before_anything_is_read(self, shop: Shop) -> None:
        assert shop.client("read").send("POST", "/debits", b"{not json").status == 403


class TestKeys:
    @pytest.mark.parametrize(
        "sent",
        ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Token {key}", "{key}", "Bearer {key}x", "Bearer x{key}",
         "Bearer {key} {key}", "Bearer \x00", "Bearer \xe9", "Bearer " + "x" * 100_000],
    )  # fmt: skip
    def test_are_refused_in_any_other_form(self, shop: Shop, sent: str) -> None:
        client = ApiClient(extra={"HTTP_AUTHORIZATION": sent.replace("{key}", str(shop.all.key))})

        answer = client.get("/rates")

        assert (answer.status, answer.slug) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_are_missed_on_every_path(self, shop: Shop) -> None:
        for call in SCOPE_OF:
            method, path = call.split()
            assert (
                ApiClient().send(method, path, {} if method != "GET" else None).slug == "unauthenticated"
            ), call

    def test_are_taken_whatever_the_case_of_the_scheme(self, shop: Shop) -> None:
        assert (
            ApiClient(extra={"HTTP_AUTHORIZATION": f"bearer {shop.all.key}"}).get("/rates?account=x").status
            == 422
        )

    def test_stop_within_a_second_of_being_revoked(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        issued = keys.create(product_code="assistant", scopes=["read"])
        client = ApiClient(issued.text)
        account = shop.account()
        assert client.get(f"/accounts/{account}").status == 200

        keys.revoke(prefix=issued.key.prefix)
        now = RING._seconds()
        monkeypatch.setattr(RING, "_seconds", lambda: now + 0.51)

        assert client.get(f"/accounts/{account}").slug == "unauthenticated"


class TestProducts:
    @pytest.fixture
    def other(self, shop: Shop) -> ApiClient:
        if not Product.objects.filter(code="other").exists():
            catalogue.create_product(code="other")
        return shop.client("debit", "read", "provision", product="other")

    def test_charge_their_own_features_alone(self, shop: Shop, other: ApiClient) -> None:
        account = shop.account()

        answer = other.post("/debits", debit_of(account))

        assert (answer.status, answer.slug) == (403, "forbidden")
        assert answer.pointers == ["/items/0/feature"]
        assert not Debit.objects.filter(account__reference=account).exists()

    def test_see_their_own_debits_and_refusals_alone(self, shop: Shop, other: ApiClient) -> None:
        account = shop.account("5")
        debit = shop.all.post("/debits", debit_of(account)).json["id"]
        denial = shop.all.post("/debits", debit_of(account)).json["denial"]

        for path in (f"/debits/{debit}", f"/debits/{debit}/explanation", f"/denials/{denial}"):
            assert shop.all.get(path).status == 200
            assert other.get(path).slug == "not-found"
        assert other.post(f"/debits/{debit}/reversals", {}).slug == "not-found"

    def test_have_idempotency_keys_of_their_own(self, shop: Shop, other: ApiClient) -> None:
        account = shop.account(None)
        asked = {"kind": "trial", "tokens": "1"}

        made = [
            client.post(f"/accounts/{account}/grants", asked, once="k").json["id"]
            for client in (shop.all, other)
        ]

        assert made[0] != made[1]


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "",
            "/nowhere",
            "/debits/",
            "/debits//reversals",
            "/accounts/a/b/c",
            "/accounts/",
            "/shares",
            "/../x",
        ],
    )
    def test_that_do_not_exist_are_not_found(self, shop: Shop, path: str) -> None:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"):
            answer = shop.all.send(method, path, {})

            assert (answer.status, answer.slug) in [(404, "not-found"), (405, "method-not-allowed")], (
                method,
                path,
            )

    def test_outside_of_the_version_are_not_found_either(self, shop: Shop) -> None:
        assert ApiClient(prefix="/api").get("/v2/debits").slug == "not-found"
        assert ApiClient(prefix="/api").get("/").slug == "not-found"

    def test_refuse_other_methods_and_name_their_own(self, shop: Shop) -> None:
        answer = shop.all.send("DELETE", f"/debits/{NOBODY}")

        assert (answer.status, answer.slug) == (405, "method-not-allowed")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"

    def test_answer_options_without_a_key(self, shop: Shop) -> None:
        answer = ApiClient().send("OPTIONS", "/accounts/acme")

        assert (answer.status, answer.content) == (204, b"")
        assert answer.headers["Allow"] == "GET, PUT, HEAD, OPTIONS"

    def test_answer_head_as_get(self, shop: Shop) -> None:
        account = shop.account()

        assert shop.all.send("HEAD", f"/accounts/{account}").status == 200
        assert shop.all.send("HEAD", "/accounts/nobody").status == 404
        assert ApiClient().send("HEAD", f"/accounts/{account}").status == 401
        assert shop.all.send("HEAD", "/debits").status == 405

    def test_are_never_kept_by_caches(self, shop: Shop) -> None:
        account = shop.account()

        assert shop.all.get(f"/accounts/{account}").headers["Cache-Control"] == "no-store"
        assert shop.all.get("/accounts/nobody").headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("fault", "status", "slug"),
        [(KeyError("secret"), 500, "internal"), (OperationalError("gone"), 503, "unavailable")],
    )
    def test_tell_defects_as_problems_too(self, shop: Shop, fault: Exception, status: int, slug: str) -> None:
        with mock.patch.object(debits.metering, "charge", side_effect=fault):
            answer = shop.all.post("/debits", debit_of("acme"))

        assert (answer.status, answer.slug) == (status, slug)
        assert b"secret" not in answer.content


def test_a_header_that_is_not_needed_is_ignored(shop: Shop) -> None:
    account = shop.account()

    for _ in range(2):
        assert shop.all.post("/quotes", debit_of(account, _ + 1), once="same").status == 200


def test_one_key_stands_for_one_call_whatever_the_verb(shop: Shop) -> None:
    endpoints = [each for each in write_endpoints(shop) if each.is_moving]

    answers = [each.send(shop.all, each.body, HTTP_IDEMPOTENCY_KEY="one") for each in endpoints]

    assert [answer.status for answer in answers] == [201, *[422] * 9]
    assert {answer.slug for answer in answers[1:]} == {"idempotency-key-reused"}
