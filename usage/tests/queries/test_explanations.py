"""Explanations: each step follows from what is stored, and agrees with what was booked."""

from decimal import Decimal
from typing import Any

import pytest

from usage.errors import DebitMissing
from usage.queries.explanations import explain
from usage.rules.policies import PolicyChoice
from usage.rules.receipts import Receipt
from usage.services.reversing import reverse
from usage.tests.held import a_hold
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_product, a_reversal, an_account, clock, up_to
from usage.tests.reported import an_event, debit_of, rate, report
from wallets.services import ledger

pytestmark = pytest.mark.django_db


def steps(receipt: Receipt, name: str) -> list[dict[str, Any]]:
    return [step for step in explain(receipt.id)["steps"] if step["step"] == name]


class TestExplain:
    def test_shows_price_list_rate_draws_policy_and_result_in_that_order(self) -> None:
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "10")

        told = explain(shop.debit(account, "4", "2").id, shop.product.pk)

        names = [step["step"] for step in told["steps"]]
        assert names == ["price_list", "entitlement", "price", "price", "limits", "draw", "policy", "result"]
        assert told["steps"][0]["table"] == shop.table.code
        assert all(step.get("agrees", True) for step in told["steps"])

    def test_shows_how_a_line_was_rounded(self) -> None:
        shop = Shop()
        table = shop.a_table(tokens="2", per=Decimal(3), rounding="down")
        account = an_account(rate_table=table.code)
        a_grant(account, "10")

        (step,) = steps(shop.debit(account, "1"), "price")

        assert step["text"] == f"{shop.chat}: 1 × 2 tokens per 3 = 2 / 3, rounded down to 0.666666."
        assert step["rate"] == {
            "feature": shop.chat,
            "dimensions": {},
            "tokens": "2",
            "per": "3",
            "unit_tokens": "0.666666666666666667",
            "minimum": "0.000000",
            "rounding": "down",
        }
        assert (step["tokens"], step["agrees"], step["minimum_applied"]) == ("0.666666", True, False)

    def test_shows_that_the_minimum_applied(self) -> None:
        shop = Shop()
        table = shop.a_table(tokens="0.001", minimum=Decimal(1))
        account = an_account(rate_table=table.code)
        a_grant(account, "10")

        (step,) = steps(shop.debit(account, "5"), "price")

        assert (step["minimum_applied"], step["tokens"], step["agrees"]) == (True, "1.000000", True)
        assert "0.005, at least 1, rounded" in step["text"]

    def test_gives_the_reason_for_the_place_of_each_grant(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account()
        never = a_grant(account, "10")
        first = a_grant(account, "1", priority=10)
        scoped = a_grant(account, "1", features=(shop.chat,))
        soon = a_grant(account, "1", expires_at=now + DAY)

        draws = steps(shop.debit(account, "5"), "draw")

        assert [step["grant"] for step in draws] == [str(each.pk) for each in (first, scoped, soon, never)]
        assert [step["reason"].split(";")[0] for step in draws] == [
            "Nothing comes before it.",
            "Priority 50 comes after 10.",
            "It pays for every feature",
            "It never expires",
        ]
        assert [step["left_before"] for step in draws] == ["1.000000"] * 3 + ["10.000000"]
        assert all(step["agrees"] for step in draws)

    def test_agrees_for_items_that_draw_from_different_grants(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=UNLIMITED)
        a_grant(account, "3", features=(shop.image,))
        a_grant(account, "5")

        receipt = shop.debit(account, "4", "6", features=(shop.chat, shop.image))

        assert [step["agrees"] for step in steps(receipt, "draw")] == [True, True]
        assert steps(receipt, "policy")[0]["overage"] == "2.000000"

    def test_agrees_for_late_draws_and_after_all_that_came_later(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account(now - 9 * DAY, policy=UNLIMITED)
        a_grant(account, "10", now=now - 8 * DAY, expires_at=now - 3 * DAY)
        ledger.expire(account_id=account.pk, now=now - 2 * DAY)
        receipt = shop.debit(account, "4", at=now - 5 * DAY)
        reverse(a_reversal(receipt, "1"))
        a_grant(account, "5")

        (draw,) = steps(receipt, "draw")

        assert (draw["late"], draw["tokens"], draw["agrees"]) == (True, "4.000000", True)
        assert "It has expired since" in draw["text"]

    def test_shows_the_policy_by_which_overage_was_allowed(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=up_to("20"))
        a_grant(account, "3")

        (step,) = steps(shop.debit(account, "10"), "policy")

        assert (step["mode"], step["limit"], step["overage"]) == ("overage", "20.000000", "7.000000")
        assert step["text"] == "7.000000 AIT became overage; 7.000000 of 20.000000 were owed then."

    @pytest.mark.parametrize("policy", [up_to("10"), PolicyChoice("overage", Decimal(10), notify=(50,))])
    def test_counts_what_lies_beyond_the_policy_with_the_room_that_holds_keep(
        self, policy: PolicyChoice
    ) -> None:
        shop = Shop()
        account = shop.an_account(policy=policy)
        a_hold(shop, account, "4")
        sent = an_event(shop, account, "9")
        report(shop, sent)
        rate()

        debit = debit_of(sent)

        assert debit is not None
        told = explain(debit.pk)["steps"]
        (step,) = [each for each in told if each["step"] == "policy"]
        assert (step["beyond_policy"], step["agrees"]) == ("3.000000", True)

    def test_explains_a_debit_of_nothing(self) -> None:
        shop = Shop()
        table = shop.a_table(tokens="0")
        account = an_account(rate_table=table.code)

        told = explain(shop.debit(account, "1000").id)

        assert [step["step"] for step in told["steps"]][-2:] == ["policy", "result"]
        assert told["steps"][-1]["tokens"] == "0.000000"

    def test_keeps_to_the_product_that_asks(self) -> None:
        shop = Shop()
        account = shop.an_account()
        a_grant(account, "10")
        receipt = shop.debit(account, "4")

        with pytest.raises(DebitMissing):
            explain(receipt.id, a_product().pk)
