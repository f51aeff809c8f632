from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from usage.models import Claim, Debit, Denial
from usage.tests.api.conftest import Shop, debit_of

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class TestCharge:
    def test_answers_the_contract_word_for_word(self, shop: Shop) -> None:
        account = shop.account("100")
        grant = shop.grant(account, "1", priority=10)
        asked = {
            "account": account,
            "occurred_at": datetime.now(UTC).isoformat(),
            "items": [
                {"feature": "chat.input", "quantity": "1.50", "dimensions": {"model": "gpt-4o"}},
                {"feature": "chat.output", "quantity": 2, "dimensions": {"model": "gpt-4o"}},
            ],
            "subject": {"user": "u-17", "team": "research"},
            "metadata": {"request_id": "r-9"},
        }

        answer = shop.all.post("/debits", asked)

        assert answer.status == 201
        assert answer.headers["Content-Type"] == "application/json"
        told = answer.json
        rate = {"table": shop.table.code, "version": 1}
        assert list(told) == ["id", "account", "token", "outcome", "tokens", "items", "draws", "overage", "balance",
                              "notices", "occurred_at", "recorded_at"]  # fmt: skip
        assert told["account"] == account
        assert told["token"] == "AIT"
        assert told["outcome"] == "charged"
        assert told["tokens"] == "4.750000"
        assert told["items"] == [
            {"feature": "chat.input", "quantity": "1.5", "covered_quantity": "0", "tokens": "0.750000",
             "rate": {**rate, "unit_tokens": "0.5"}},
            {"feature": "chat.output", "quantity": "2", "covered_quantity": "0", "tokens": "4.000000",
             "rate": {**rate, "unit_tokens": "2"}},
        ]  # fmt: skip
        assert told["draws"][0] == {"grant": grant["id"], "kind": "trial", "tokens": "1.000000"}
        assert told["draws"][1]["tokens"] == "3.750000"
        assert told["overage"] == "0.000000"
        assert told["balance"] == {"available": "96.250000", "held": "0.000000", "overage": "0.000000"}
        assert told["notices"] == []
        assert RFC3339.fullmatch(told["occurred_at"])
        assert RFC3339.fullmatch(told["recorded_at"])

    def test_names_overage(self, shop: Shop) -> None:
        account = shop.account("1", policy={"mode": "overage", "limit": "100"})

        told = shop.all.post("/debits", debit_of(account, 10)).json

        assert told["outcome"] == "overage"
        assert told["overage"] == "4.000000"
        assert told["notices"] == ["overage"]
        assert told["balance"] == {"available": "0.000000", "held": "0.000000", "overage": "4.000000"}

    def test_answers_a_replay_with_the_first_answer_and_says_so(self, shop: Shop) -> None:
        account = shop.account()
        first = shop.all.post("/debits", debit_of(account, 5), once="call-1")

        again = shop.all.post("/debits", debit_of(account, "5.0", metadata=None), once="call-1")

        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status, again.content) == (201, first.content)
        assert Debit.objects.filter(account__reference=account).count() == 1

    def test_refuses_a_key_that_stands_for_another_body(self, shop: Shop) -> None:
        account = shop.account()
        shop.all.post("/debits", debit_of(account, 5), once="call-1")

        answer = shop.all.post("/debits", debit_of(account, 6), once="call-1")

        assert (answer.status, answer.slug) == (422, "idempotency-key-reused")
        assert Debit.objects.filter(account__reference=account).count() == 1

    def test_takes_the_same_key_on_two_accounts(self, shop: Shop) -> None:
        one, other = shop.account(), shop.account()

        answers = [shop.all.post("/debits", debit_of(account), once="call-1") for account in (one, other)]

        assert [answer.status for answer in answers] == [201, 201]
        assert answers[0].json["id"] != answers[1].json["id"]

    def test_asks_for_a_key(self, shop: Shop) -> None:
        account = shop.account()

        answer = shop.all.post("/debits", debit_of(account), once=None)

        assert (answer.status, answer.slug) == (400, "idempotency-key-missing")
        assert not Debit.objects.filter(account__reference=account).exists()

    def test_refuses_by_policy_with_a_denial(self, shop: Shop) -> None:
        account = shop.account("1")

        answer = shop.all.post("/debits", debit_of(account, 10), once="call-1")

        assert (answer.status, answer.slug) == (402, "insufficient-tokens")
        told = answer.json
        assert (told["required"], told["available"], told["shortfall"]) == (
            "5.000000",
            "1.000000",
            "4.000000",
        )
        assert Denial.objects.get(pk=told["denial"]).account.reference == account
        assert not Claim.objects.filter(key="call-1", account__reference=account, effect="debit").exists()

    def test_lets_a_refused_key_be_sent_again(self, shop: Shop) -> None:
        account = shop.account("1")
        refused = shop.all.post("/debits", debit_of(account, 10), once="call-1")
        shop.grant(account, "10")

        charged = shop.all.post("/debits", debit_of(account, 10), once="call-1")

        assert (refused.status, charged.status) == (402, 201)
        assert "Idempotency-Replayed" not in charged.headers

    @pytest.mark.parametrize(
        ("change", "status", "slug"),
        [
            ({"account": "nobody"}, 422, "unknown-account"),
            ({"items": [{"feature": "nothing", "quantity": 1}]}, 422, "unknown-feature"),
            ({"occurred_at": (datetime.now(UTC) - timedelta(days=36)).isoformat()}, 400, "invalid-request"),
            ({"occurred_at": (datetime.now(UTC) + timedelta(hours=6)).isoformat()}, 400, "invalid-request"),
            ({"items": []}, 400, "invalid-request"),
            ({"items": [{"feature": "chat.input", "quantity": 1}] * 101}, 400, "invalid-request"),
            ({"items": [{"feature": "chat.input", "quantity": "9" * 18}] * 100}, 400, "invalid-request"),
        ],
    )
    def test_refuses_what_cannot_be_charged(self, shop: Shop, change: object, status: int, slug: str) -> None:
        account = shop.account(policy={"mode": "overage", "limit": None})

        answer = shop.all.post("/debits", {**debit_of(account), **change})  # type: ignore[dict-item]

        assert (answer.status, answer.slug) == (status, slug), answer.content
        assert not Debit.objects.filter(account__reference=account).exists()

    @pytest.mark.parametrize("state", ["suspended", "closed"])
    def test_refuses_accounts_that_are_not_active(self, shop: Shop, state: str) -> None:
        account = shop.account()
        shop.all.put(f"/accounts/{account}", {"state": state})

        answer = shop.all.post("/debits", debit_of(account))

        assert (answer.status, answer.slug) == (403, "account-suspended")
        assert answer.json["denial"]

    def test_refuses_usage_that_no_rate_covers(self, shop: Shop) -> None:
        account = shop.account()
        before_the_price = datetime.now(UTC) - timedelta(days=20)

        answer = shop.all.post("/debits", debit_of(account, occurred_at=before_the_price.isoformat()))

        assert (answer.status, answer.slug) == (422, "no-rate")


class TestQuote:
    def test_answers_as_a_debit_would_and_writes_nothing(self, shop: Shop) -> None:
        account = shop.account("100")

        quote = shop.all.post("/quotes", debit_of(account, 10), once=None)
        charged = shop.all.post("/debits", debit_of(account, 10)).json

        assert quote.status == 200
        assert quote.json["allowed"] is True
        assert quote.json["refusal"] is None
        for member in ("account", "token", "outcome", "tokens", "items", "draws", "overage", "balance"):
            assert quote.json[member] == charged[member]
        assert Debit.objects.filter(account__reference=account).count() == 1

    def test_names_the_refusal_and_leaves_no_denial(self, shop: Shop) -> None:
        account = shop.account("1")

        quote = shop.all.post("/quotes", debit_of(account, 10), once=None)

        assert quote.status == 200
        assert (quote.json["allowed"], quote.json["refusal"]) == (False, "insufficient-tokens")
        assert not Denial.objects.filter(account__reference=account).exists()

    def test_prices_by_a_version_of_ones_choice_with_the_scope_to_provision(self, shop: Shop) -> None:
        account = shop.account()
        asked = debit_of(account, 10, rate_table_version=1)

        assert shop.all.post("/quotes", asked, once=None).json["tokens"] == "5.000000"
        assert shop.client("read").post("/quotes", asked, once=None).slug == "forbidden"
        assert shop.all.post("/quotes", {**asked, "rate_table_version": 99}).slug == "unknown-reference"


class TestReversal:
    def test_gives_back_what_is_left(self, shop: Shop) -> None:
        account = shop.account("100")
        debit = shop.all.post("/debits", debit_of(account, 10)).json

        part = shop.all.post(f"/debits/{debit['id']}/reversals", {"tokens": "2", "reason": "cut off"})
        rest = shop.all.post(f"/debits/{debit['id']}/reversals", {})
        more = shop.all.post(f"/debits/{debit['id']}/reversals", {})

        assert part.status == 201
        assert part.json == {
            "id": part.json["id"],
            "debit": debit["id"],
            "tokens": "2.000000",
            "restored": "2.000000",
            "lapsed": "0.000000",
            "overage": "0.000000",
            "draws": [{**debit["draws"][0], "tokens": "2.000000"}],
            "balance": {"available": "97.000000", "held": "0.000000", "overage": "0.000000"},
        }
        assert rest.json["tokens"] == "3.000000"
        assert (more.status, more.slug) == (409, "conflict")

    def test_happens_once_a_key(self, shop: Shop) -> None:
        debit = shop.all.post("/debits", debit_of(shop.account(), 10)).json
        path = f"/debits/{debit['id']}/reversals"

        first = shop.all.post(path, {"tokens": "1"}, once="undo")
        again = shop.all.post(path, {"tokens": 1.0}, once="undo")
        other = shop.all.post(path, {"tokens": "2"}, once="undo")

        assert (again.status, again.content) == (201, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert other.slug == "idempotency-key-reused"

    def test_refuses_more_than_is_left(self, shop: Shop) -> None:
        debit = shop.all.post("/debits", debit_of(shop.account(), 10)).json

        assert shop.all.post(f"/debits/{debit['id']}/reversals", {"tokens": "5.000001"}).slug == "conflict"


class TestDebit:
    def test_is_shown_as_it_was_answered(self, shop: Shop) -> None:
        charged = shop.all.post("/debits", debit_of(shop.account(), 10))

        assert shop.all.get(f"/debits/{charged.json['id']}").json == charged.json

    @pytest.mark.parametrize("id", ["0", "x" * 300, "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d", "%F0%9F%A6%89"])
    def test_is_not_found_by_other_names(self, shop: Shop, id: str) -> None:
        assert shop.all.get(f"/debits/{id}").status in (400, 404)
