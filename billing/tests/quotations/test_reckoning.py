"""What a quotation comes to, by hand."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from billing.rules.money import rounded
from billing.rules.offers import Snapshot
from billing.rules.promotions import PromotionTerms
from billing.rules.quotations import Discount, LineTerms, reckon, share_of
from config.kernel.errors import InvalidRequest

D = Decimal


def terms(price: str, quantity: str = "1", promotion: PromotionTerms | None = None, **off: str) -> LineTerms:
    offer = Snapshot("sku", "Sold", "pack", D(price), "EUR", "", "", None, "")
    discount = Discount(**{name: D(value) for name, value in off.items()})  # type: ignore[arg-type]
    return LineTerms(offer, D(quantity), promotion, discount)


def promotion(kind: str, value: str) -> PromotionTerms:
    return PromotionTerms("P", "P", kind, D(value), "EUR" if kind == "amount" else "")


class TestReckon:
    def test_rounds_each_step_half_up_to_the_smallest_unit(self) -> None:
        (line,) = reckon([terms("0.335", "3", promotion("share", "10"), share="5")], Discount(), "EUR")

        # 1.005 -> 1.01; 10 % of it 0.101 -> 0.10; 5 % of 0.91 = 0.0455 -> 0.05
        assert (line.listed, line.promoted, line.discounted, line.amount) == (
            D("1.01"),
            D("0.10"),
            D("0.05"),
            D("0.86"),
        )

    @pytest.mark.parametrize(("currency", "amount"), [("JPY", "334"), ("EUR", "333.67"), ("KWD", "333.667")])
    def test_knows_the_smallest_unit_of_the_currency(self, currency: str, amount: str) -> None:
        (line,) = reckon([terms("333.6666")], Discount(), currency)

        assert line.amount == D(amount)

    def test_spreads_what_comes_off_the_whole_so_that_nothing_is_lost(self) -> None:
        lines = reckon([terms("10"), terms("10"), terms("10")], Discount(amount=D("10")), "EUR")

        assert [line.spread for line in lines] == [D("3.34"), D("3.33"), D("3.33")]
        assert [line.amount for line in lines] == [D("6.66"), D("6.67"), D("6.67")]

    def test_takes_a_share_off_the_whole_once_and_not_line_by_line(self) -> None:
        lines = reckon([terms("0.05"), terms("0.05"), terms("0.05")], Discount(share=D(10)), "EUR")

        # 10 % of 0.15 is 0.015 -> 0.02, where 0.005 of each line would have been 0.03
        assert sum(line.spread for line in lines) == D("0.02")

    def test_takes_an_amount_off_each_one_and_never_more_than_all(self) -> None:
        some, all_of_it = reckon(
            [terms("10", "3", promotion("amount", "2.5")), terms("2", "3", promotion("amount", "2.5"))],
            Discount(),
            "EUR",
        )

        assert (some.promoted, some.amount) == (D("7.50"), D("22.50"))
        assert (all_of_it.promoted, all_of_it.amount) == (D("6.00"), D("0.00"))

    def test_tells_the_share_that_a_person_takes_off_beside_the_promotion(self) -> None:
        first, second = reckon(
            [terms("100", "1", promotion("share", "50"), share="10"), terms("50")],
            Discount(amount=D("19")),
            "EUR",
        )

        # 50 less 5 and 9 of 19 is 28 % of 50; the other line 10 of 50
        assert (first.spread, second.spread) == (D("9"), D("10"))
        assert (first.widest("EUR"), second.widest("EUR")) == (D("28"), D("20"))

    @pytest.mark.parametrize(
        "off",
        [
            {"share": "101"},
            {"share": "-1"},
            {"amount": "10.01"},
            {"amount": "0.001"},
            {"share": "1", "amount": "1"},
        ],
    )
    def test_refuses_what_no_discount_can_be(self, off: dict[str, str]) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            reckon([terms("5"), terms("10", **off)], Discount(), "EUR")

        assert refusal.value.errors[0].pointer == "/lines/1/discount"

    def test_adds_up_whatever_is_quoted(self) -> None:
        chance = Random(7)
        for _ in range(200):
            lines = [
                terms(
                    str(D(chance.randrange(1, 10**7)).scaleb(-3)),
                    str(chance.randrange(1, 9)),
                    share=str(chance.randrange(0, 60)),
                )
                for _ in range(chance.randrange(1, 9))
            ]
            off, currency = D(chance.randrange(0, 10000)) / 100, chance.choice(["EUR", "JPY", "CLF"])
            found = reckon(lines, Discount(share=off), currency)

            left = sum(line.listed - line.discounted for line in found)
            assert sum(line.spread for line in found) == rounded(left * off / 100, currency)
            assert all(line.amount >= 0 for line in found)


@pytest.mark.parametrize(
    ("off", "price", "currency", "share"),
    [
        ("5.00", "49.99", "USD", "10"),  # 4.999, rounded
        ("31.59", "90.25", "USD", "35"),  # 31.5875, rounded
        ("31.60", "90.25", "USD", "35.01"),
        ("5.01", "49.99", "USD", "10.02"),
        ("1", "3", "USD", "33.3"),
        ("333", "1000", "JPY", "33.3"),
        ("0", "7", "USD", "0"),
        ("3", "0", "USD", "0"),
    ],
)
def test_a_share_is_the_plainest_that_comes_to_as_much(
    off: str, price: str, currency: str, share: str
) -> None:
    assert share_of(D(off), D(price), currency) == D(share)
