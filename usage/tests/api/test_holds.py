from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pricing.models import Product
from pricing.services import catalogue
from usage.models import Debit
from usage.tests.api.conftest import Shop, debit_of
from wallets.models import Hold

MEMBERS = ["id", "account", "token", "state", "tokens", "items", "draws", "overage", "held", "overage_held", "captured",
           "debits", "occurred_at", "expires_at", "recorded_at"]  # fmt: skip


def a_hold(shop: Shop, account: str, quantity: object = "10", **more: Any) -> Any:
    """A unit costs 0.5 tokens."""
    answer = shop.all.post("/holds", debit_of(account, quantity, **more))
    assert answer.status == 201, answer.content
    return answer.json


def of_chat(quantity: object, **more: Any) -> dict[str, Any]:
    return {"items": [{"feature": "chat.input", "quantity": quantity}], **more}


def lasts(told: dict[str, Any]) -> timedelta:
    moments = [datetime.fromisoformat(told[name]) for name in ("recorded_at", "expires_at")]
    return moments[1] - moments[0]


class TestHold:
    def test_answers_the_contract_word_for_word(self, shop: Shop) -> None:
        account = shop.account("100")

        told = a_hold(shop, account, "10", subject={"user": "u"}, metadata={"job": "j"}, expires_in=600)

        assert list(told) == [*MEMBERS, "balance"]
        rate = {"table": shop.table.code, "version": 1, "unit_tokens": "0.5"}
        assert told["items"] == [
            {
                "feature": "chat.input",
                "quantity": "10",
                "covered_quantity": "0",
                "tokens": "5.000000",
                "rate": rate,
            }
        ]
        names = ("account", "token", "state", "tokens", "overage", "held", "captured", "debits")
        assert [told[name] for name in names] == [
            *(account, "AIT", "held", "5.000000", "0.000000", "5.000000", "0.000000", []),
        ]
        assert [each["tokens"] for each in told["draws"]] == ["5.000000"]
        assert told["balance"] == {"available": "95.000000", "held": "5.000000", "overage": "0.000000"}
        assert lasts(told) == timedelta(seconds=600)

    def test_lasts_for_a_quarter_of_an_hour_where_nothing_is_said_and_a_day_at_most(self, shop: Shop) -> None:
        account = shop.account()

        assert lasts(a_hold(shop, account)) == timedelta(seconds=900)
        assert lasts(a_hold(shop, account, expires_in=86_400)) == timedelta(days=1)
        for seconds in (0, -1, 86_401, "600", 1.5, True):
            answer = shop.all.post("/holds", debit_of(account, expires_in=seconds))
            assert (answer.status, answer.pointers) == (400, ["/expires_in"]), seconds

    def test_is_shown_to_its_own_product_alone(self, shop: Shop) -> None:
        hold = a_hold(shop, shop.account())
        if not Product.objects.filter(code="other").exists():
            catalogue.create_product(code="other")
        other = Shop.client("debit", "read", product="other")

        shown = shop.all.get(f"/holds/{hold['id']}")

        assert (shown.status, list(shown.json)) == (200, MEMBERS)
        assert shown.json == {name: hold[name] for name in MEMBERS}
        assert other.get(f"/holds/{hold['id']}").slug == "not-found"
        assert other.post(f"/holds/{hold['id']}/capture", of_chat(1)).slug == "not-found"
        assert other.post(f"/holds/{hold['id']}/release", {}).slug == "not-found"
        assert other.post(f"/holds/{hold['id']}/extend", {"expires_in": 5}).slug == "not-found"

    def test_is_refused_as_a_debit_is(self, shop: Shop) -> None:
        account = shop.account("1")

        answer = shop.all.post("/holds", debit_of(account, 10))

        assert (answer.status, answer.slug) == (402, "insufficient-tokens")
        told = {name: answer.json[name] for name in ("required", "available", "shortfall")}
        assert told == {"required": "5.000000", "available": "1.000000", "shortfall": "4.000000"}
        denial = shop.all.get(f"/denials/{answer.json['denial']}").json
        assert (denial["reason"], denial["count"]) == ("insufficient-tokens", 1)
        assert not Hold.objects.filter(account__reference=account).exists()

    def test_answers_a_replay_with_the_first_answer(self, shop: Shop) -> None:
        account = shop.account()
        first = shop.all.post("/holds", debit_of(account, 5), once="hold-1")
        shop.all.post(f"/holds/{first.json['id']}/release", None)

        again = shop.all.post("/holds", debit_of(account, "5.0"), once="hold-1")

        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status, again.content) == (201, first.content)

    def test_counts_in_balance_and_grants(self, shop: Shop) -> None:
        account = shop.account("100")
        a_hold(shop, account, 10)

        balance = shop.all.get(f"/accounts/{account}/balance").json
        grant = shop.all.get(f"/accounts/{account}/grants").json["items"][0]

        assert (balance["available"], balance["held"], balance["by_kind"]) == (
            *("95.000000", "5.000000"),
            {"trial": "95.000000"},
        )
        assert (grant["remaining"], grant["held"]) == ("100.000000", "5.000000")


class TestCapture:
    def test_answers_the_hold_and_its_debit(self, shop: Shop) -> None:
        account = shop.account("100")
        hold = a_hold(shop, account, 10)

        answer = shop.all.post(f"/holds/{hold['id']}/capture", of_chat("4"))

        told = answer.json
        assert (answer.status, list(told)) == (200, [*MEMBERS, "debit"])
        assert (told["state"], told["held"], told["captured"]) == ("captured", "0.000000", "2.000000")
        debit = told["debit"]
        assert (debit["hold"], debit["tokens"], debit["occurred_at"]) == (
            *(hold["id"], "2.000000"),
            hold["occurred_at"],
        )
        assert debit["balance"] == {"available": "98.000000", "held": "0.000000", "overage": "0.000000"}
        assert told["debits"] == [debit["id"]]
        assert shop.all.get(f"/debits/{debit['id']}").json == debit
        shown = shop.all.get(f"/holds/{hold['id']}").json
        assert shown == {name: told[name] for name in MEMBERS}

    @pytest.mark.parametrize("body", [None, b"", {}, {"final": True}, {"items": None, "final": None}])
    def test_without_items_is_as_estimated(self, shop: Shop, body: object) -> None:
        hold = a_hold(shop, shop.account(), 10)

        answer = shop.all.post(f"/holds/{hold['id']}/capture", body)

        assert (answer.status, answer.json["state"]) == (200, "captured"), answer.content
        assert answer.json["debit"]["tokens"] == "5.000000"

    def test_with_an_empty_list_is_a_release(self, shop: Shop) -> None:
        account = shop.account()
        hold = a_hold(shop, account, 10)

        told = shop.all.post(f"/holds/{hold['id']}/capture", {"items": []}).json

        assert (told["state"], told["debit"], told["debits"]) == ("released", None, [])
        assert not Debit.objects.filter(account__reference=account).exists()

    def test_of_a_step_of_nothing_is_refused(self, shop: Shop) -> None:
        hold = a_hold(shop, shop.account(), 10)

        answer = shop.all.post(f"/holds/{hold['id']}/capture", {"items": [], "final": False})

        assert (answer.status, answer.pointers) == (400, ["/final"])
        assert shop.all.get(f"/holds/{hold['id']}").json["state"] == "held"

    @pytest.mark.parametrize("final", ["true", 1, 0, [], {}])
    def test_is_final_or_not(self, shop: Shop, final: object) -> None:
        hold = a_hold(shop, shop.account(), 10)

        answer = shop.all.post(f"/holds/{hold['id']}/capture", of_chat(1, final=final))

        assert (answer.status, answer.pointers) == (400, ["/final"])

    def test_in_steps_keeps_the_rest_held(self, shop: Shop) -> None:
        account = shop.account("100")
        hold = a_hold(shop, account, 10)
        path = f"/holds/{hold['id']}/capture"

        step = shop.all.post(path, of_chat(4, final=False), once="step-1")
        last = shop.all.post(path, of_chat(2))
        again = shop.all.post(path, of_chat("4", final=False), once="step-1")

        assert (step.json["state"], step.json["held"], step.json["captured"]) == (
            "held",
            "3.000000",
            "2.000000",
        )
        assert (last.json["state"], last.json["captured"], len(last.json["debits"])) == (
            "captured",
            "3.000000",
            2,
        )
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status, again.content) == (200, step.content)

    def test_of_more_than_policy_allows_leaves_the_hold(self, shop: Shop) -> None:
        hold = a_hold(shop, shop.account("6"), 10)

        answer = shop.all.post(f"/holds/{hold['id']}/capture", of_chat(13))

        assert (answer.status, answer.slug, answer.json["shortfall"]) == (
            402,
            "insufficient-tokens",
            "0.500000",
        )
        assert shop.all.get(f"/holds/{hold['id']}").json["held"] == "5.000000"
        assert shop.all.get(f"/denials/{answer.json['denial']}").json["figures"]["hold"] == hold["id"]

    def test_of_what_has_no_rate_names_the_item(self, shop: Shop) -> None:
        catalogue.create_feature(product=Product.objects.get(code="assistant"), code="unpriced")
        hold = a_hold(shop, shop.account(), 10)
        body = {"items": [{"feature": "chat.input", "quantity": 1}, {"feature": "unpriced", "quantity": 1}]}

        answer = shop.all.post(f"/holds/{hold['id']}/capture", body)

        assert (answer.status, answer.slug, answer.pointers) == (422, "no-rate", ["/items/1"])


class TestRelease:
    @pytest.mark.parametrize("body", [None, b"", {}, {"reason": "Cancelled."}])
    def test_gives_all_back(self, shop: Shop, body: object) -> None:
        account = shop.account("100")
        hold = a_hold(shop, account, 10)

        answer = shop.all.post(f"/holds/{hold['id']}/release", body)

        assert (answer.status, list(answer.json)) == (200, MEMBERS)
        assert (answer.json["state"], answer.json["held"]) == ("released", "0.000000")
        assert shop.all.get(f"/accounts/{account}/balance").json["available"] == "100.000000"

    def test_needs_a_key(self, shop: Shop) -> None:
        hold = a_hold(shop, shop.account(), 10)

        for verb in ("release", "capture"):
            assert (
                shop.all.post(f"/holds/{hold['id']}/{verb}", {}, once=None).slug == "idempotency-key-missing"
            )


class TestExtend:
    def test_counts_from_now_and_needs_no_key(self, shop: Shop) -> None:
        hold = a_hold(shop, shop.account(), 10, expires_in=60)

        answers = [
            shop.all.post(f"/holds/{hold['id']}/extend", {"expires_in": 600}, once=key)
            for key in (None, "a", "a")
        ]

        ends = [answer.json["expires_at"] for answer in answers]
        assert [(answer.status, list(answer.json)) for answer in answers] == [(200, MEMBERS)] * 3
        assert hold["expires_at"] < ends[0] < ends[1] < ends[2]

    @pytest.mark.parametrize("body", [{}, {"expires_in": 0}, {"expires_in": 86_401}, {"expires_in": "600"}])
    def test_refuses_other_lengths(self, shop: Shop, body: dict[str, Any]) -> None:
        hold = a_hold(shop, shop.account(), 10)

        answer = shop.all.post(f"/holds/{hold['id']}/extend", body)

        assert (answer.status, answer.pointers) == (400, ["/expires_in"])


@pytest.mark.parametrize("settled_by", ["capture", "release"])
def test_a_settled_hold_is_a_conflict_to_every_verb(shop: Shop, settled_by: str) -> None:
    hold = a_hold(shop, shop.account(), 10)
    shop.all.post(f"/holds/{hold['id']}/{settled_by}", None)

    bodies: dict[str, Any] = {"capture": of_chat(1), "release": {}, "extend": {"expires_in": 5}}
    answers = [shop.all.post(f"/holds/{hold['id']}/{verb}", body) for verb, body in bodies.items()]

    assert [(answer.status, answer.slug) for answer in answers] == [(409, "conflict")] * 3
