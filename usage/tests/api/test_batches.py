from __future__ import annotations

import pytest

from usage.models import Debit
from usage.tests.api.conftest import Shop, debit_of


class TestBatch:
    def test_answers_each_row_for_itself_in_the_order_sent(self, shop: Shop) -> None:
        account, poor = shop.account("100"), shop.account("1")
        single = shop.all.post("/debits", debit_of(account, 2), once="call-0").json
        rows = [
            {**debit_of(account, 2), "idempotency_key": "call-0"},
            {**debit_of(account, 4), "idempotency_key": "call-1"},
            {**debit_of(poor, 100), "idempotency_key": "call-2"},
            {**debit_of("nobody"), "idempotency_key": "call-3"},
            {**debit_of(account, -1), "idempotency_key": "call-4"},
            {**debit_of(account, 4), "idempotency_key": "call-1"},
            {**debit_of(account, 5), "idempotency_key": "call-1"},
            debit_of(account),
            "no row",
            {**debit_of(account, 6), "idempotency_key": "call-5"},
        ]

        answer = shop.all.post("/debits/batch", {"debits": rows}, once=None)

        assert answer.status == 200
        results = answer.json["results"]
        assert [each["status"] for each in results] == [201, 201, 402, 422, 400, 201, 422, 400, 400, 201]
        assert results[0] == {"status": 201, "replayed": True, "body": single}
        assert results[5] == {"status": 201, "replayed": True, "body": results[1]["body"]}
        assert results[2]["type"].endswith("/insufficient-tokens")
        assert results[2]["denial"]
        assert results[3]["type"].endswith("/unknown-account")
        assert results[4]["errors"][0]["pointer"] == "/items/0/quantity"
        assert results[6]["type"].endswith("/idempotency-key-reused")
        assert results[7]["errors"][0]["pointer"] == "/idempotency_key"
        assert Debit.objects.filter(account__reference=account).count() == 3

    def test_refuses_a_row_that_names_a_member_twice_and_charges_its_neighbours(self, shop: Shop) -> None:
        account = shop.account()
        row = f'"account": "{account}", "items": [{{"feature": "chat.input", "quantity": 1}}]'
        body = f'{{"debits": [{{{row}, "account": "x", "idempotency_key": "a"}}, {{{row}, "idempotency_key": "b"}}]}}'

        results = shop.all.post("/debits/batch", body.encode(), once=None).json["results"]

        assert [each["status"] for each in results] == [400, 201]
        assert results[0]["errors"] == [{"pointer": "/account", "detail": "The member is named twice."}]

    def test_shares_its_keys_with_single_debits(self, shop: Shop) -> None:
        account = shop.account()
        row = {**debit_of(account), "idempotency_key": "call-1"}
        batched = shop.all.post("/debits/batch", {"debits": [row]}, once=None).json["results"][0]["body"]

        single = shop.all.post("/debits", debit_of(account), once="call-1")

        assert single.headers["Idempotency-Replayed"] == "true"
        assert single.json == batched

    def test_charges_a_key_on_two_accounts_and_repeats_it_on_each(self, shop: Shop) -> None:
        one, other = shop.account("100"), shop.account("100")
        rows = [
            {**debit_of(account), "idempotency_key": "call-1"} for account in (one, other, one, other, one)
        ]

        results = shop.all.post("/debits/batch", {"debits": rows}, once=None).json["results"]

        assert [each["status"] for each in results] == [201] * 5
        assert ["replayed" in each for each in results] == [False, False, True, True, True]
        assert [each["body"]["id"] for each in results[2:]] == [
            results[place]["body"]["id"] for place in (0, 1, 0)
        ]
        assert Debit.objects.filter(account__reference__in=[one, other]).count() == 2

    @pytest.mark.parametrize("rows", [[], [{}] * 1001, {}, None, "x"])
    def test_takes_one_to_a_thousand_rows(self, shop: Shop, rows: object) -> None:
        answer = shop.all.post("/debits/batch", {"debits": rows}, once=None)

        assert (answer.status, answer.slug) == (400, "invalid-request")
        assert answer.pointers == ["/debits"]
