"""Top-ups over HTTP: the rule, what it bought, and whether that is paid."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from billing.tests.top_ups.ruled import a_pack
from usage.tests.api.conftest import Shop
from usage.tests.made import together


def rule(sku: str, **more: Any) -> dict[str, Any]:
    return {"threshold": "1000", "fill_to": 5000, "sku": sku, "most": 3, "window": "month", **more}


@pytest.mark.django_db
class TestRule:
    def test_is_put_as_a_whole_and_buys(self, shop: Shop) -> None:
        account, pack = shop.account(tokens=None), a_pack("2500", "40")
        path = f"/accounts/{account}/top-up"
        assert shop.all.get(path).slug == "not-found"

        first = shop.all.put(path, rule(pack.code, most_amount="500", reason="Agreed."))
        again = shop.all.put(path, rule(pack.code, most_amount="500.00"))

        assert (first.status, first.json["state"], first.json["reason"]) == (200, "on", "Agreed.")
        assert again.json == first.json
        told = shop.all.get(path).json
        (made,) = told["top_ups"]
        assert (made["state"], made["quantity"], made["tokens"], made["amount"]) == (
            "bought",
            2,
            "5000.000000",
            "80",
        )
        assert (told["bought"], told["spent"]) == (1, "80")
        assert shop.all.get(f"/orders/{made['order']}").json["lines"][0]["sku"] == pack.code
        assert shop.all.get(f"/accounts/{account}/balance").json["available"] == "5000.000000"
        assert shop.all.put(path, rule(pack.code, on=False)).json["state"] == "off"

    def test_names_what_is_at_fault(self, shop: Shop) -> None:
        account, pack = shop.account(tokens=None), a_pack().code
        closed = shop.account(tokens=None, state="closed")
        cases = [
            (account, rule(pack, fill_to="1000"), 400, "invalid-request", ["/fill_to"]),
            (account, rule(pack, most=0), 400, "invalid-request", ["/most"]),
            (account, rule(pack, window="year"), 400, "invalid-request", ["/window"]),
            (account, rule(pack, most_packs=0), 400, "invalid-request", ["/most_packs"]),
            (account, rule(pack, most_amount="1"), 400, "invalid-request", ["/most_amount"]),
            (account, rule(pack, breaks_after=101), 400, "invalid-request", ["/breaks_after"]),
            (account, rule("nothing"), 422, "unknown-reference", ["/sku"]),
            (account, rule(pack, token="none"), 422, "unknown-reference", None),
            (closed, rule(pack), 409, "conflict", None),
            ("nobody", rule(pack), 404, "not-found", None),
        ]

        for name, body, status, slug, pointers in cases:
            answer = shop.all.put(f"/accounts/{name}/top-up", body)
            assert (answer.status, answer.slug) == (status, slug), (body, answer.content)
            assert pointers is None or answer.pointers == pointers

        assert shop.all.get(f"/accounts/{account}/top-up").slug == "not-found"
        assert Shop.client("read", "debit").put(f"/accounts/{account}/top-up", rule(pack)).slug == "forbidden"


@pytest.mark.django_db
class TestPayment:
    def test_is_said_once(self, shop: Shop) -> None:
        account, pack = shop.account(tokens=None), a_pack("5000", "40")
        path = f"/accounts/{account}/top-up"
        shop.all.put(path, rule(pack.code, needs_payment=True))
        waiting = shop.all.get(path).json["top_ups"][0]
        assert (waiting["state"], waiting["order"]) == ("pending", None)
        paid = f"/top-ups/{waiting['id']}/paid"

        assert shop.all.post(paid, {}, once=None).pointers == ["/reason"]
        assert Shop.client("read", "debit").post(paid, {"reason": "4711"}).slug == "forbidden"
        answers = [shop.all.post(paid, {"reason": "Transfer 4711"}, once=None) for _ in range(2)]

        assert answers[0].content == answers[1].content
        assert answers[0].json["state"] == "bought"
        assert shop.all.get(f"/accounts/{account}/balance").json["available"] == "5000.000000"
        refused = shop.all.post(f"/top-ups/{waiting['id']}/refused", {"reason": "Late."}, once=None)
        assert (refused.status, refused.slug) == (409, "conflict")
        assert shop.all.post(f"/top-ups/{uuid4()}/paid", {"reason": "r"}, once=None).slug == "not-found"

    def test_that_is_refused_breaks_the_rule_for_programs_too(self, shop: Shop) -> None:
        account, pack = shop.account(tokens=None), a_pack("5000", "40")
        path = f"/accounts/{account}/top-up"
        body = rule(pack.code, needs_payment=True, breaks_after=1)
        shop.all.put(path, body)
        waiting = shop.all.get(path).json["top_ups"][0]

        answer = shop.all.post(f"/top-ups/{waiting['id']}/refused", {"reason": "Declined."}, once=None)

        assert (answer.json["state"], answer.json["reason"]) == ("refused", "Declined.")
        told = shop.all.get(path).json
        assert (told["state"], told["bought"]) == ("broken", 0)
        assert told["reason"] == "Switched off after a refusal; the last: Declined."
        assert shop.all.put(path, body | {"on": True}).json["state"] == "broken"


@pytest.mark.committed
class TestRaces:
    def test_eight_same_rules_are_one_and_buy_once(self, open_shop: Shop) -> None:
        account, pack = open_shop.account(tokens=None), a_pack()

        answers = together([lambda: open_shop.all.put(f"/accounts/{account}/top-up", rule(pack.code))] * 8)

        assert {each.status for each in answers} == {200}
        (made,) = open_shop.all.get(f"/accounts/{account}/top-up").json["top_ups"]
        assert (made["state"], made["tokens"]) == ("bought", "5000.000000")
