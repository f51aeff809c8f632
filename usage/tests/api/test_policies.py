"""Policies over HTTP: the ladder in the field `policy`, what it refuses, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from usage.models import Bucket, Debit, Policy
from usage.queries.policies import Scope
from usage.services import policies
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.laddered import overage
from usage.tests.made import AUTHOR

LADDER = {
    "mode": "overage",
    "limit": "100",
    "limit_percent": "20",
    "limit_money": {"amount": 50, "unit_price": "0.01", "currency": "USD"},
    "notify": [80, 50],
    "throttle": [{"from": 90, "calls_per_minute": 60}, {"tokens_per_minute": "1000"}],
    "grace": {"for": "P3D", "tokens": "500"},
    "hold_limit": 1000,
}
SHOWN = {
    "mode": "overage",
    "limit": "100.000000",
    "limit_percent": "20",
    "limit_money": {"amount": "50", "unit_price": "0.01", "currency": "USD"},
    "notify": [50, 80],
    "throttle": [{"from": 0, "tokens_per_minute": "1000.000000"}, {"from": 90, "calls_per_minute": 60}],
    "grace": {"for": "PT72H", "tokens": "500.000000"},
    "hold_limit": "1000.000000",
}


class TestPolicy:
    def test_is_taken_and_shown_with_all_its_steps(self, shop: Shop) -> None:
        account = shop.account(None)

        put = shop.all.put(f"/accounts/{account}", {"policy": LADDER})

        assert put.status == 200
        assert put.json["policy"] == SHOWN
        assert shop.all.get(f"/accounts/{account}").json["policy"] == SHOWN
        balance = shop.all.get(f"/accounts/{account}/balance").json
        assert balance["policy"] == SHOWN
        assert balance["overage_limit"] == "100.000000"

    def test_that_is_shown_is_taken_again_and_changes_nothing(self, shop: Shop) -> None:
        account = shop.account(None, policy=LADDER)

        assert shop.all.put(f"/accounts/{account}", {"policy": SHOWN}).json["policy"] == SHOWN
        assert Policy.objects.count() == 1

    def test_is_replaced_whole(self, shop: Shop) -> None:
        account = shop.account(None, policy=LADDER)

        put = shop.all.put(f"/accounts/{account}", {"policy": {"mode": "block", "notify": [90]}})

        assert put.json["policy"] == {"mode": "block", "notify": [90]}

    def test_as_of_an_instant_is_that_of_then(self, shop: Shop) -> None:
        account = shop.account(None, policy=LADDER)
        then = shop.all.get(f"/accounts/{account}/balance").json["as_of"]
        shop.all.put(f"/accounts/{account}", {"policy": {"mode": "block"}})

        assert shop.all.get(f"/accounts/{account}/balance?as_of={then}").json["policy"] == SHOWN

    def test_that_is_shared_is_shown_with_whose_it_is_until_the_account_has_its_own(self, shop: Shop) -> None:
        account = shop.account(None)
        policies.share(scope=Scope(table=shop.table), policy=overage("7"), author=AUTHOR)

        shared = shop.all.get(f"/accounts/{account}").json["policy"]
        own = shop.all.put(f"/accounts/{account}", {"policy": {"mode": "block"}}).json["policy"]
        again = shop.all.put(f"/accounts/{account}", {"policy": None}).json["policy"]

        assert shared == {"mode": "overage", "limit": "7.000000", "scope": f"rate table {shop.table.code}"}
        assert (own, again) == ({"mode": "block"}, shared)

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"mode": "block", "limit": "1"}, "/policy/limit"),
            ({"mode": "overage", "limit": "1", "scope": "account"}, "/policy/scope"),
            ({"mode": "block", "limit_percent": "1"}, "/policy/limit_percent"),
            ({"mode": "overage", "limit_percent": "-1"}, "/policy/limit_percent"),
            ({"mode": "overage", "limit_percent": "1000001"}, "/policy/limit_percent"),
            (
                {"mode": "overage", "limit_money": {"amount": "1", "currency": "USD"}},
                "/policy/limit_money/unit_price",
            ),
            (
                {"mode": "overage", "limit_money": {"amount": "1", "unit_price": "0", "currency": "USD"}},
                "/policy/limit_money/unit_price",
            ),
            (
                {"mode": "overage", "limit_money": {"amount": "1", "unit_price": "1", "currency": "usd"}},
                "/policy/limit_money/currency",
            ),
            ({"mode": "block", "notify": [0]}, "/policy/notify/0"),
            ({"mode": "block", "notify": ["50"]}, "/policy/notify/0"),
            ({"mode": "block", "notify": [50, 101]}, "/policy/notify/1"),
            ({"mode": "block", "notify": [50, 50]}, "/policy/notify/1"),
            ({"mode": "block", "throttle": [{}]}, "/policy/throttle/0"),
            (
                {"mode": "block", "throttle": [{"calls_per_minute": 1, "tokens_per_minute": 1}]},
                "/policy/throttle/0",
            ),
            ({"mode": "block", "throttle": [{"calls_per_minute": 0}]}, "/policy/throttle/0/calls_per_minute"),
            (
                {"mode": "block", "throttle": [{"calls_per_minute": 1.5}]},
                "/policy/throttle/0/calls_per_minute",
            ),
            (
                {"mode": "block", "throttle": [{"tokens_per_minute": 0}]},
                "/policy/throttle/0/tokens_per_minute",
            ),
            (
                {"mode": "block", "throttle": [{"from": 101, "calls_per_minute": 1}]},
                "/policy/throttle/0/from",
            ),
            (
                {"mode": "block", "throttle": [{"calls_per_minute": 1}, {"calls_per_minute": 2}]},
                "/policy/throttle/1",
            ),
            ({"mode": "block", "grace": {}}, "/policy/grace"),
            ({"mode": "block", "grace": {"for": "P1Y"}}, "/policy/grace/for"),
            ({"mode": "block", "grace": {"for": "PT0S"}}, "/policy/grace/for"),
            ({"mode": "block", "grace": {"for": "P367D"}}, "/policy/grace/for"),
            ({"mode": "block", "grace": {"tokens": "0"}}, "/policy/grace/tokens"),
            ({"mode": "block", "hold_limit": 0}, "/policy/hold_limit"),
            ({"mode": "soft"}, "/policy/mode"),
        ],
    )
    def test_out_of_form_is_refused_with_its_place_and_changes_nothing(
        self, shop: Shop, wrong: dict[str, Any], pointer: str
    ) -> None:
        account = shop.account(None)

        refused = shop.all.put(f"/accounts/{account}", {"policy": wrong})

        assert (refused.status, refused.slug) == (400, "invalid-request")
        assert refused.pointers == [pointer]
        assert not Policy.objects.exists()


class TestThrottle:
    def test_answers_429_with_when_to_come_again_and_a_denial(self, shop: Shop) -> None:
        account = shop.account("100", policy={"mode": "block", "throttle": [{"calls_per_minute": 1}]})
        shop.all.post("/debits", debit_of(account))

        refused = shop.all.post("/debits", debit_of(account))

        told = refused.json
        assert (refused.status, refused.slug) == (429, "throttled")
        assert int(refused.headers["Retry-After"]) == told["retry_after"]
        assert 1 <= told["retry_after"] <= 60
        assert (told["available"], told["limit"], told["throttle"]) == ("0", "1", "calls_per_minute")
        denial = shop.all.get(f"/denials/{told['denial']}").json
        assert denial["reason"] == "throttled"
        assert denial["explanation"] == [
            "The policy of the account lets 1 call a minute through.",
            "5 % of what was available were gone. Asked for: 1 call. Free: 0 calls.",
            f"There is enough again {told['retry_after']} s later.",
        ]

    def test_of_what_can_never_pass_answers_403(self, shop: Shop) -> None:
        account = shop.account("100", policy={"mode": "block", "throttle": [{"tokens_per_minute": "4"}]})

        refused = shop.all.post("/debits", debit_of(account))

        assert (refused.status, refused.slug) == (403, "limit-reached")
        assert (refused.json["limit"], refused.json["required"]) == ("4.000000", "5.000000")
        assert "Retry-After" not in refused.headers

    def test_is_told_by_quotes_which_take_nothing(self, shop: Shop) -> None:
        account = shop.account("100", policy={"mode": "block", "throttle": [{"calls_per_minute": 1}]})

        quoted = [shop.all.post("/quotes", debit_of(account), once=None).json for _ in range(2)]
        shop.all.post("/debits", debit_of(account))
        after = shop.all.post("/quotes", debit_of(account), once=None).json

        assert [each["allowed"] for each in quoted] == [True, True]
        assert (after["allowed"], after["refusal"], after["outcome"]) == (False, "throttled", None)
        assert Bucket.objects.get().level < 60_000_000

    def test_refuses_rows_of_a_batch_and_leaves_their_neighbours(self, shop: Shop) -> None:
        account = shop.account("100", policy={"mode": "block", "throttle": [{"calls_per_minute": 2}]})
        rows = [{"idempotency_key": f"row-{n}", **debit_of(account)} for n in range(3)]

        answer = shop.all.post("/debits/batch", {"debits": rows}, once=None)

        assert [each["status"] for each in answer.json["results"]] == [201, 201, 429]
        assert Debit.objects.count() == 2


class TestRefusalOfGrace:
    def test_carries_the_figures_and_is_explained(self, shop: Shop) -> None:
        account = shop.account(None, policy={"mode": "block", "grace": {"tokens": "10"}})
        assert shop.all.post("/debits", debit_of(account, 20)).json["notices"] == ["grace", "overage"]

        refused = shop.all.post("/debits", debit_of(account))

        assert (refused.status, refused.json["shortfall"], refused.json["cap"]) == (402, "5.000000", "grace")
        told = shop.all.get(f"/denials/{refused.json['denial']}").json["explanation"]
        assert told[0] == "5.000000 tokens were asked for."
        assert told[2].startswith("The policy of the account gave a grace beyond zero from ")
        assert told[2].endswith(" on. It is over; another one needs a purchase.")
        assert told[3:] == ["10.000000 were owed already.", "5.000000 were missing."]

    def test_is_told_by_quotes(self, shop: Shop) -> None:
        account = shop.account(None, policy={"mode": "block", "grace": {"tokens": "10"}})

        told = shop.all.post("/quotes", debit_of(account, 21), once=None).json

        assert (told["allowed"], told["refusal"]) == (False, "insufficient-tokens")


class TestExplanation:
    def test_tells_share_bucket_and_the_step_that_decided(self, shop: Shop) -> None:
        steps = {"notify": [50], "throttle": [{"calls_per_minute": 60}], "limit_percent": "20"}
        account = shop.account(None, policy={"mode": "overage", **steps})
        shop.grant(account, "100", kind="purchase")

        done = shop.all.post("/debits", debit_of(account, 220)).json
        told = shop.all.get(f"/debits/{done['id']}/explanation").json["steps"]

        by_name = {step["step"]: step for step in told}
        assert done["notices"] == ["threshold:50", "overage"]
        assert by_name["throttle"]["text"] == (
            "The policy of the account lets 60 calls a minute through: 60 were free, 1 taken, 59 left."
        )
        assert by_name["ladder"]["text"] == (
            "100.000000 were available before it, of 100.000000 when the last grant came into force: 0 % were gone. "
            "With it 50 % were gone, which is told once until the next grant."
        )
        assert by_name["policy"]["text"] == (
            "10.000000 AIT became overage. The policy of the account allows overage up to a share of the last purchase "
            "of 100.000000: 20.000000. 10.000000 were owed then."
        )
        assert by_name["policy"]["agrees"]
