"""What usage says itself that it cost: read exactly, kept with its line, told again, and no part of any price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from usage.models import Claim, Debit, DebitLine
from usage.tests.api.conftest import Shop, debit_of
from wallets.models import Currency


def costing(account: str, cost: object = "0.0123", currency: object = "USD") -> dict[str, Any]:
    """A debit of one item that says what it cost; None leaves a member out."""
    said = {"cost": cost, "currency": currency}
    asked = debit_of(account)
    asked["items"][0] |= {name: value for name, value in said.items() if value is not None}
    return asked


def kept(account: str) -> list[tuple[Decimal | None, str | None]]:
    lines = DebitLine.objects.filter(account__reference=account).order_by("debit_id", "position")
    return list(lines.values_list("cost", "cost_currency"))


@pytest.fixture
def euro(db: None) -> Currency:
    return Currency.objects.create(code="EUR", reporting_rate=Decimal("1.25"))


class TestCost:
    def test_is_told_with_the_items_that_said_it_and_with_no_other(self, shop: Shop) -> None:
        account = shop.account()
        asked = costing(account)
        asked["items"].append({"feature": "chat.output", "quantity": 1})

        charged = shop.all.post("/debits", asked).json
        shown = shop.all.get(f"/debits/{charged['id']}").json

        one, other = charged["items"]
        assert list(one) == ["feature", "quantity", "covered_quantity", "tokens", "rate", "cost", "currency"]
        assert (one["cost"], one["currency"]) == ("0.0123", "USD")
        assert list(other) == ["feature", "quantity", "covered_quantity", "tokens", "rate"]
        assert shown == charged
        assert kept(account) == [(Decimal("0.0123"), "USD"), (None, None)]

    def test_changes_no_price(self, shop: Shop) -> None:
        account = shop.account()

        with_it, without = (
            shop.all.post("/debits", costing(account, "9")),
            shop.all.post("/debits", debit_of(account)),
        )

        assert with_it.json["tokens"] == without.json["tokens"] == "5.000000"

    @pytest.mark.parametrize(
        ("cost", "told"),
        [
            (0, "0"),
            ("0.000", "0"),
            (0.0123, "0.0123"),
            ("1.5e-3", "0.0015"),
            ("0.000000000001", "0.000000000001"),
            ("999999999999999999.999999999999", "999999999999999999.999999999999"),
        ],
    )
    def test_is_read_exactly(self, shop: Shop, cost: object, told: str) -> None:
        account = shop.account()

        charged = shop.all.post("/debits", costing(account, cost)).json

        assert charged["items"][0]["cost"] == told
        assert kept(account) == [(Decimal(told), "USD")]

    def test_is_in_the_reporting_currency_where_none_is_named(self, shop: Shop) -> None:
        charged = shop.all.post("/debits", costing(shop.account(), currency=None)).json

        assert charged["items"][0]["currency"] == "USD"

    def test_is_in_any_currency_that_there_is(self, shop: Shop, euro: Currency) -> None:
        charged = shop.all.post("/debits", costing(shop.account(), currency="EUR")).json

        assert (charged["items"][0]["cost"], charged["items"][0]["currency"]) == ("0.0123", "EUR")

    def test_in_no_known_currency_is_refused_and_leaves_the_key_free(self, shop: Shop) -> None:
        account = shop.account()

        refused = shop.all.post("/debits", costing(account, currency="XXX"), once="call-1")

        assert (refused.status, refused.slug, refused.pointers) == (
            422,
            "unknown-reference",
            ["/items/0/currency"],
        )
        assert not Debit.objects.filter(account__reference=account).exists()
        assert not Claim.objects.filter(account__reference=account, key="call-1").exists()
        assert shop.all.post("/debits", costing(account), once="call-1").status == 201

    def test_needs_to_be_there_where_a_currency_is(self, shop: Shop) -> None:
        account = shop.account()

        for asked in (
            costing(account, cost=None),
            {"items": [{**costing(account)["items"][0], "cost": None}]},
        ):
            refused = shop.all.post("/debits", {**debit_of(account), **asked})
            assert (refused.status, refused.slug, refused.pointers) == (
                400,
                "invalid-request",
                ["/items/0/currency"],
            )
        assert not Debit.objects.filter(account__reference=account).exists()

    def test_is_explained(self, shop: Shop) -> None:
        debit = shop.all.post("/debits", costing(shop.account())).json["id"]

        steps = shop.all.get(f"/debits/{debit}/explanation").json["steps"]

        (step,) = [each for each in steps if each["step"] == "price"]
        assert step["text"] == (
            "chat.input: 10 × 0.5 tokens = 5, rounded half_up to 5.000000. The usage said that it cost 0.0123 USD."
        )
        assert (step["cost"], step["currency"]) == ("0.0123", "USD")

    def test_is_not_in_an_explanation_where_nobody_said_it(self, shop: Shop) -> None:
        debit = shop.all.post("/debits", debit_of(shop.account())).json["id"]

        steps = shop.all.get(f"/debits/{debit}/explanation").json["steps"]

        assert not [each for each in steps if "cost" in each or "cost" in each["text"]]

    def test_is_told_by_a_refusal(self, shop: Shop) -> None:
        account = shop.account("1")

        denial = shop.all.post("/debits", costing(account)).json["denial"]

        item = {
            "feature": "chat.input",
            "quantity": "10",
            "dimensions": {},
            "cost": "0.0123",
            "currency": "USD",
        }
        assert shop.all.get(f"/denials/{denial}").json["request"]["items"] == [item]


class TestReplay:
    @pytest.mark.parametrize("cost", ["5", 5, 5.0, "5.0", "0.5e1"])
    def test_is_the_first_answer_however_the_cost_is_spelt(self, shop: Shop, cost: object) -> None:
        account = shop.account()
        first = shop.all.post("/debits", costing(account, "5"), once="call-1")

        again = shop.all.post("/debits", costing(account, cost), once="call-1")

        assert (again.status, again.content) == (201, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert kept(account) == [(5, "USD")]

    @pytest.mark.parametrize(
        ("cost", "currency"), [("5.000000000001", "USD"), ("5", "EUR"), ("5", None), (None, None)]
    )
    def test_is_refused_with_another_cost_or_currency(
        self, shop: Shop, euro: Currency, cost: str | None, currency: str | None
    ) -> None:
        account = shop.account()
        shop.all.post("/debits", costing(account, "5"), once="call-1")

        other = shop.all.post("/debits", costing(account, cost, currency), once="call-1")

        assert (other.status, other.slug) == (422, "idempotency-key-reused")
        assert kept(account) == [(5, "USD")]

    def test_is_answered_before_the_currency_is_judged(self, shop: Shop, euro: Currency) -> None:
        account = shop.account()
        first = shop.all.post("/debits", costing(account, currency="EUR"), once="call-1")
        Currency.objects.filter(pk=euro.pk).update(code="EUX")

        again = shop.all.post("/debits", costing(account, currency="EUR"), once="call-1")

        assert (again.status, again.content) == (201, first.content)


class TestBatch:
    def test_takes_a_cost_with_each_item(self, shop: Shop) -> None:
        account = shop.account()
        rows = [
            costing(account),
            costing(account, currency="XXX"),
            costing(account, cost=None),
            debit_of(account),
        ]
        keyed = [{**row, "idempotency_key": f"row-{place}"} for place, row in enumerate(rows)]

        results = shop.all.post("/debits/batch", {"debits": keyed}, once=None).json["results"]

        assert [each["status"] for each in results] == [201, 422, 400, 201]
        assert results[0]["body"]["items"][0]["cost"] == "0.0123"
        assert results[1]["type"].endswith("/unknown-reference")
        assert results[2]["errors"][0]["pointer"] == "/items/0/currency"
        assert "cost" not in results[3]["body"]["items"][0]
        assert kept(account) == [(Decimal("0.0123"), "USD"), (None, None)]


class TestQuote:
    @pytest.mark.parametrize("currency", ["USD", "XXX", None])
    def test_is_the_same_with_a_cost_and_without(self, shop: Shop, currency: str | None) -> None:
        account = shop.account()

        plain = shop.all.post("/quotes", debit_of(account), once=None).json
        quoted = shop.all.post("/quotes", costing(account, currency=currency), once=None)

        assert quoted.status == 200
        assert quoted.json["items"] == plain["items"]
        assert "cost" not in quoted.json["items"][0]

    def test_refuses_a_cost_that_is_none(self, shop: Shop) -> None:
        refused = shop.all.post("/quotes", costing(shop.account(), "-1"), once=None)

        assert (refused.status, refused.pointers) == (400, ["/items/0/cost"])
