"""What accounts may use, over HTTP: the list, one feature, the matrix."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pricing.services import catalogue
from usage.api import answers_of_entitlements as answers
from usage.services import entitling, limiting
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.test_reading import fits
from usage.tests.made import AUTHOR
from wallets.models import Account


def close(account: str, pattern: str) -> None:
    account_id = Account.objects.get(reference=account).pk
    entitling.say(account_id=account_id, order=AccessOrder(pattern, "closed"), author=AUTHOR)


def include(account: str, pattern: str, units: str) -> None:
    account_id = Account.objects.get(reference=account).pk
    order = AllowanceOrder(pattern, Decimal(units), "month")
    limiting.include(account_id=account_id, order=order, author=AUTHOR)


class TestList:
    def test_tells_every_feature_and_why(self, shop: Shop) -> None:
        account = shop.account("100")
        include(account, "chat.input", "40")
        close(account, "chat.output")
        shop.all.post("/debits", debit_of(account, 15))

        told = fits(shop.all.get(f"/accounts/{account}/entitlements").content, answers.Entitlements)

        chat, output = told["items"]
        assert (told["account"], told["token"], told["next"]) == (account, "AIT", None)
        assert chat == {
            "feature": "chat.input",
            "name": chat["name"],
            "product": "assistant",
            "unit": chat["unit"],
            "allowed": True,
            "reason": "included",
            "included": "40",
            "used": "15",
            "resets_at": chat["resets_at"],
            "unit_tokens": "0.5",
            "until": None,
        }
        assert chat["resets_at"].endswith("-01T00:00:00Z")
        assert (output["allowed"], output["reason"], output["unit_tokens"]) == (False, "not-entitled", "2")

    def test_pages_by_feature(self, shop: Shop) -> None:
        account = shop.account()

        first = shop.all.get(f"/accounts/{account}/entitlements?limit=1").json
        second = shop.all.get(first["next"].removeprefix("/api/v1")).json

        assert [each["feature"] for page in (first, second) for each in page["items"]] == [
            "chat.input",
            "chat.output",
        ]
        assert second["next"] is None

    def test_shows_features_of_every_product_as_the_price_list_does(self, shop: Shop) -> None:
        other = catalogue.create_product(code="other")
        catalogue.create_feature(product=other, code="video")
        account = shop.account()

        told = shop.client("read").get(f"/accounts/{account}/entitlements").json["items"]

        assert [(each["feature"], each["product"]) for each in told] == [
            ("chat.input", "assistant"),
            ("chat.output", "assistant"),
            ("video", "other"),
        ]

    def test_knows_no_other_accounts(self, shop: Shop) -> None:
        assert shop.all.get("/accounts/nobody/entitlements").slug == "not-found"


class TestOne:
    @pytest.mark.parametrize(
        ("quantity", "allowed", "reason", "cost"),
        [
            ("", True, "tokens", "0.500000"),
            ("?quantity=200", True, "tokens", "100.000000"),
            ("?quantity=200.000002", False, "insufficient-tokens", "100.000001"),
            ("?quantity=0.000001", True, "tokens", "0.000001"),
        ],
    )
    def test_tells_what_so_much_would_cost(
        self, shop: Shop, quantity: str, allowed: bool, reason: str, cost: str
    ) -> None:
        account = shop.account("100")
        path = f"/accounts/{account}/entitlements/chat.input{quantity}"

        told = fits(shop.all.get(path).content, answers.OneEntitlement)

        assert (told["allowed"], told["reason"], told["would_cost"]) == (allowed, reason, cost)
        assert told["quantity"] == (quantity.partition("=")[2] or "1")

    def test_tells_what_a_quote_tells(self, shop: Shop) -> None:
        account = shop.account("100")
        include(account, "chat.*", "7")

        quote = shop.all.post("/quotes", debit_of(account, "9.5")).json
        told = shop.all.get(f"/accounts/{account}/entitlements/chat.input?quantity=9.5").json

        assert (
            (told["allowed"], told["would_cost"]) == (quote["allowed"], quote["tokens"]) == (True, "1.250000")
        )

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("quantity=0", "quantity"),
            ("quantity=-1", "quantity"),
            ("quantity=x", "quantity"),
            ("quantity=NaN", "quantity"),
            ("quantity=1e30", "quantity"),
            ("quantity=", "quantity"),
            ("surplus=1", "surplus"),
            ("quantity=1&quantity=2", "quantity"),
        ],
    )
    def test_refuses_what_no_quantity_is(self, shop: Shop, query: str, pointer: str) -> None:
        account = shop.account()

        answer = shop.all.get(f"/accounts/{account}/entitlements/chat.input?{query}")

        assert (answer.slug, answer.pointers) == ("invalid-request", [pointer])

    def test_refuses_what_would_overflow_as_a_quote_does(self, shop: Shop) -> None:
        account = shop.account()
        most = "9" * 18

        quote = shop.all.post(
            "/quotes", {"account": account, "items": [{"feature": "chat.output", "quantity": most}]}
        )
        answer = shop.all.get(f"/accounts/{account}/entitlements/chat.output?quantity={most}")

        assert (quote.status, quote.slug) == (answer.status, answer.slug) == (400, "invalid-request")

    def test_knows_no_other_features_and_accounts(self, shop: Shop) -> None:
        account = shop.account()

        assert shop.all.get(f"/accounts/{account}/entitlements/nothing").slug == "not-found"
        assert shop.all.get("/accounts/nobody/entitlements/chat.input").slug == "not-found"

    def test_finds_features_whose_codes_have_slashes(self, shop: Shop) -> None:
        product = shop.table and catalogue.create_product(code="models")
        catalogue.create_feature(product=product, code="openai/gpt-4o")
        account = shop.account()

        told = shop.all.get(f"/accounts/{account}/entitlements/openai/gpt-4o").json

        assert (told["feature"], told["reason"]) == ("openai/gpt-4o", "no-rate")


class TestMatrix:
    def ask(self, shop: Shop, accounts: list[str], features: list[str]) -> Any:
        return shop.all.post("/entitlements/query", {"accounts": accounts, "features": features}, once=None)

    def test_is_the_same_for_many_in_the_order_sent(self, shop: Shop) -> None:
        rich, poor, shut = shop.account("100"), shop.account(None), shop.account("100")
        close(shut, "*")
        accounts = [poor, rich, shut, rich]

        told = fits(
            self.ask(shop, accounts, ["chat.output", "chat.input"]).content, answers.EntitlementMatrix
        )

        assert [row["account"] for row in told["accounts"]] == accounts
        assert [[each["reason"] for each in row["items"]] for row in told["accounts"]] == [
            ["insufficient-tokens"] * 2,
            ["tokens"] * 2,
            ["not-entitled"] * 2,
            ["tokens"] * 2,
        ]
        listed = shop.all.get(f"/accounts/{rich}/entitlements").json["items"]
        assert told["accounts"][1]["items"] == listed[::-1]

    def test_refuses_the_whole_question_for_what_there_is_not(self, shop: Shop) -> None:
        account = shop.account()

        accounts = self.ask(shop, [account, "nobody", account, "noone"], ["chat.input"])
        features = self.ask(shop, [account], ["nothing", "chat.input"])

        assert (accounts.status, accounts.slug) == (422, "unknown-account")
        assert accounts.pointers == ["/accounts/1", "/accounts/3"]
        assert (features.status, features.slug) == (422, "unknown-feature")
        assert features.pointers == ["/features/0"]

    @pytest.mark.parametrize(("accounts", "features"), [(0, 1), (1, 0), (101, 1), (1, 101)])
    def test_takes_1_to_100_of_each(self, shop: Shop, accounts: int, features: int) -> None:
        account = shop.account()

        answer = self.ask(shop, [account] * accounts, ["chat.input"] * features)

        assert answer.slug == "invalid-request"

    def test_takes_100_of_each(self, shop: Shop) -> None:
        account = shop.account()

        rows = self.ask(shop, [account] * 100, ["chat.input"] * 100).json["accounts"]

        assert [len(row["items"]) for row in rows] == [100] * 100


class TestRefusal:
    def test_carries_the_entitlement_that_refused(self, shop: Shop) -> None:
        account = shop.account()
        close(account, "chat.*")

        answer = shop.all.post("/debits", debit_of(account))

        assert (answer.status, answer.slug) == (403, "not-entitled")
        assert answer.json["feature"] == "chat.input"
        assert answer.json["entitlement"]["pattern"] == "chat.*"
        denial = shop.all.get(f"/denials/{answer.json['denial']}").json
        assert denial["reason"] == "not-entitled"
        assert denial["figures"]["entitlement"] == answer.json["entitlement"]
