"""Orders over HTTP: a customer on a hybrid plan, from the first order to the last."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from billing.models import OrderClock, OrderVersion
from billing.queries.orders import shown as shown_now
from billing.services import entitlements, ordering
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, monthly, order
from usage.models import Seats
from usage.tests.api.client import Answer
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.made import an_account, clock, together


def named() -> str:
    return f"SO-{uuid4().hex[:12]}"


def body(account: str, *skus: str, external_id: str, **more: Any) -> dict[str, Any]:
    return {"external_id": external_id, "account": account, "lines": [{"sku": sku} for sku in skus], **more}


def place(shop: Shop, asked: dict[str, Any]) -> Answer:
    return shop.all.post("/orders", asked, once=None)


def _without_billing(*told: Any) -> dict[str, Any]:
    return {name: value for name, value in shown_now(*told).items() if name != "billing"}


def available(shop: Shop, account: str) -> str:
    return str(shop.all.get(f"/accounts/{account}/balance").json["available"])


@pytest.mark.django_db
class TestHybridPlan:
    def test_is_live_when_the_answer_arrives(self, shop: Shop) -> None:
        """A plan of 1,000 tokens and 100 free units a month, a pack of 500 with 50 on top; 0.5 tokens a unit."""
        account, name = shop.account(tokens=None), named()
        plan = an_offer(
            "49",
            kind="plan",
            period="month",
            tokens=[monthly("1000", priority=20)],
            allowances={"chat.input": "100"},
            seats={"seat": 3},
        )
        pack = an_offer(
            "25", tokens=[bought("500", lasts_months=12), {"tokens": Decimal(50), "is_bonus": True}]
        )

        answer = place(shop, body(account, plan.code, pack.code, external_id=name))

        assert answer.status == 200, answer.content
        assert available(shop, account) == "1550.000000"
        first, second = answer.json["lines"]
        assert [each["kind"] for each in second["grants"]] == ["purchase", "promo"]
        assert (first["seats"], first["allowances"]) == (
            [{"pattern": "seat", "seats": 3}],
            [{"pattern": "chat.input", "units": "100", "period": "month"}],
        )
        assert first["period"]["amount"] == "49"
        # 100 units of 2,300 are free, 2,200 cost 1,100 tokens: all 1,000 of the plan, then 100 of the bonus or pack.
        spent = shop.all.post("/debits", debit_of(account, "2300")).json
        assert (spent["tokens"], spent["items"][0]["covered_quantity"]) == ("1100.000000", "100")
        assert [each["tokens"] for each in spent["draws"]][0] == "1000.000000"
        assert spent["draws"][0]["grant"] == first["grants"][0]["id"]
        # Cancelled, the 450 that are left of pack and bonus go, and the free units.
        ended = place(
            shop, body(account, plan.code, pack.code, external_id=name, version=2, state="cancelled")
        )
        assert (ended.json["state"], available(shop, account)) == ("cancelled", "0.000000")
        assert [each["state"] for each in ended.json["lines"]] == ["cancelled", "cancelled"]
        assert shop.all.post("/debits", debit_of(account, "1")).slug == "insufficient-tokens"
        assert shop.all.get(f"/orders/{name}").json == ended.json
        assert ended.json["billing"] is None

    def test_tells_who_bills_it_and_answers_as_before_what_was_answered_without(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account, name = shop.account(tokens=None), named()
        asked = body(account, an_offer("25").code, external_id=name)
        with monkeypatch.context() as former:
            former.setattr(ordering, "shown", _without_billing)
            first = place(shop, asked)

        again = place(shop, asked)
        second = place(shop, asked | {"version": 2, "billing": "external"})
        third = place(shop, asked | {"version": 3})

        assert (again.content, "billing" in again.json) == (first.content, False)
        shown = (second, third, shop.all.get(f"/orders/{name}"))
        assert [each.json["billing"] for each in shown] == ["external"] * 3

    def test_is_answered_once_a_version(self, shop: Shop) -> None:
        account, name = shop.account(tokens=None), named()
        pack = an_offer("25", tokens=[bought("500")])
        asked = body(account, pack.code, external_id=name, version=2)

        first = place(shop, asked)
        spelt = place(shop, {**asked, "lines": [{"sku": pack.code}], "version": 2})
        late = place(shop, body(account, pack.code, external_id=name))
        other = place(shop, {**asked, "lines": [{"sku": pack.code, "quantity": "2"}]})

        assert spelt.content == first.content
        assert (late.status, late.json["superseded"], late.json["present_version"]) == (200, True, 2)
        assert (other.status, other.slug) == (422, "idempotency-key-reused")
        assert available(shop, account) == "500.000000"


@pytest.mark.django_db
class TestRefusals:
    def test_name_what_is_at_fault(self, shop: Shop) -> None:
        account = shop.account(tokens=None)
        pack = an_offer("25", tokens=[bought("500")])
        closed = shop.account(tokens=None, state="closed")
        asked = body(account, pack.code, external_id=named())
        cases: list[tuple[dict[str, Any], int, str, str]] = [
            (
                body(account, pack.code, "nothing", external_id=named()),
                422,
                "unknown-reference",
                "/lines/1/sku",
            ),
            (body("nobody-here", pack.code, external_id=named()), 422, "unknown-account", "/account"),
            (body(closed, pack.code, external_id=named()), 409, "conflict", "/account"),
            (asked | {"lines": []}, 400, "invalid-request", "/lines"),
            (asked | {"lines": [{"line": "a", "sku": "x"}] * 2}, 400, "invalid-request", "/lines/1/line"),
            (asked | {"state": "draft"}, 400, "invalid-request", "/state"),
        ]

        for sent, status, slug, pointer in cases:
            answer = place(shop, sent)
            assert (answer.status, answer.slug) == (status, slug), answer.content
            assert not pointer or answer.pointers == [pointer]

        assert place(shop, asked).status == 200
        assert Shop.client("debit", "read").post("/orders", asked).slug == "forbidden"
        assert shop.all.get("/orders/none").slug == "not-found"


@pytest.mark.committed
class TestRaces:
    def test_twenty_same_calls_are_one_effect(self, open_shop: Shop) -> None:
        account, name = open_shop.account(tokens=None), named()
        pack = an_offer("25", tokens=[bought("500")], seats={"seat": 2})
        asked = body(account, pack.code, external_id=name)

        answers = together([lambda: place(open_shop, asked)] * 20)

        assert {(each.status, each.content) for each in answers} == {(200, answers[0].content)}
        assert available(open_shop, account) == "500.000000"

    def test_versions_that_race_end_in_the_highest(self, open_shop: Shop) -> None:
        account, name = open_shop.account(tokens=None), named()
        pack = an_offer("25", tokens=[bought("500")])
        calls = [
            body(account, pack.code, external_id=name, version=number)
            | {"lines": [{"sku": pack.code, "quantity": str(number)}]}
            for number in (1, 4, 3, 6, 5, 2)
        ]
        first = place(open_shop, calls[0])

        answers = together([lambda sent=sent: place(open_shop, sent) for sent in calls[1:]])  # type: ignore[misc]

        assert {first.status, *(each.status for each in answers)} == {200}
        assert available(open_shop, account) == "3000.000000"
        assert OrderVersion.objects.filter(order__external_id=name).latest("number").number == 6

    def test_one_name_for_two_accounts_is_one_order(self, open_shop: Shop) -> None:
        one, two, name = open_shop.account(tokens=None), open_shop.account(tokens=None), named()
        pack = an_offer("25", tokens=[bought("500")])

        answers = together(
            [lambda: place(open_shop, body(one, pack.code, external_id=name))]
            + [lambda: place(open_shop, body(two, pack.code, external_id=name))]
        )

        assert sorted(each.status for each in answers) == [200, 422]
        assert sorted([available(open_shop, one), available(open_shop, two)]) == ["0.000000", "500.000000"]

    def test_a_job_that_runs_four_times_at_once_gives_once(self) -> None:
        start = clock() - timedelta(days=33)
        account = an_account(start)
        parts = {"tokens": [monthly("500")], "seats": {"seat": 2}}
        plan = an_offer("25", kind="plan", period="month", **parts)
        order(account, a_line(plan), starts_at=start + timedelta(minutes=1), now=start)

        together([entitlements.work_due] * 4)

        assert [grant.tokens for grant in given_to(account)] == [500, 500]
        assert Seats.objects.filter(account=account).count() == 1
        assert OrderClock.objects.get(account=account).next_change_at > clock()
