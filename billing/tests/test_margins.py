"""What a token was sold for, and what a rate leaves of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from billing.queries.margins import worth_of
from billing.rules.margins import Margin, Worth, average_price, losses, margin
from pricing.rules.costs import unit_cost
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.tests.costs import a_cost
from usage.services import granting
from usage.tests.made import Shop, a_call, a_grant, named
from wallets.models import Currency, Grant, TokenUnit

CENT = Worth(
    Decimal("0.01"), Decimal(1000), "USD", {"USD": Decimal(1), "EUR": Decimal("1.25")}, "Never sold."
)
CHAT = RateRow("chat.input", Decimal("2.5"), per=Decimal(1000), cost=Decimal("0.00001"), cost_currency="USD")


class TestMargin:
    @pytest.mark.parametrize(
        ("changed", "share"),
        [
            ({}, "0.600"),
            ({"tokens": Decimal(5)}, "0.800"),
            ({"per": Decimal(2000)}, "0.200"),
            ({"cost": Decimal(0)}, "1.000"),
            ({"cost": Decimal("0.000025")}, "0.000"),
            ({"cost": Decimal("0.000025001")}, "0.000"),
            ({"cost": Decimal("0.00003")}, "-0.200"),
            ({"cost_currency": "EUR"}, "0.500"),
            ({"cost_currency": ""}, "0.600"),
            ({"minimum": Decimal(9)}, "0.600"),
            ({"tokens": Decimal(1), "per": Decimal(3), "cost": Decimal("0.001")}, "0.700"),
        ],
    )
    def test_is_what_our_cost_leaves_of_the_price_of_a_unit(
        self, changed: dict[str, Decimal | str], share: str
    ) -> None:
        found = margin(replace(CHAT, **changed), CENT)  # type: ignore[arg-type]

        assert (str(found.share), found.is_loss) == (share, share.startswith("-"))

    def test_says_what_it_was_reckoned_from(self) -> None:
        found = margin(replace(CHAT, cost=Decimal("0.00000012345678")), CENT)

        assert found.why == "A unit brings 0.000025 and costs 0.000000123457 USD."

    @pytest.mark.parametrize(
        ("row", "worth", "why"),
        [
            (replace(CHAT, cost=None), CENT, "No cost is written."),
            (CHAT, replace(CENT, token=None), "Never sold."),
            (replace(CHAT, cost_currency="CHF"), CENT, "There is no rate of CHF to USD."),
        ],
    )
    def test_is_none_where_a_part_of_it_is_not_known(self, row: RateRow, worth: Worth, why: str) -> None:
        assert margin(row, worth) == Margin(None, why)

    def test_is_at_what_the_model_costs_where_the_row_says_no_cost(self) -> None:
        row = replace(CHAT, cost=None, cost_currency="")

        found = margin(row, CENT, unit_cost(row, a_cost("gpt", "0.00002", currency="EUR")))

        assert found == Margin(
            Decimal(0), "A unit brings 0.000025 and costs 0.000025 USD, the cost of gpt input at openai."
        )
        assert margin(CHAT, CENT, unit_cost(CHAT, a_cost("gpt", "9"))).share == Decimal("0.6")

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({}, "A unit brings 0.000025 and costs 0.00005 USD, the cost of gpt input at openai."),
            ({"formula": "quantity * 2"}, "A formula has no price of one unit."),
            (
                {
                    "tier_mode": "volume",
                    "tiers": (Tier(Decimal(9), Decimal("1.25"), Decimal(1000)),),
                },
                "A unit brings 0.0000125 and costs 0.00005 USD, the cost of gpt input at openai.",
            ),
        ],
    )
    def test_treats_tiers_and_formulas_as_with_a_cost_of_their_own(
        self, changed: dict[str, Any], why: str
    ) -> None:
        row = replace(CHAT, cost=None, cost_currency="", **changed)
        own = replace(row, cost=Decimal("0.00005"), cost_currency="USD")

        found = margin(row, CENT, unit_cost(row, a_cost("gpt", "0.00005")))

        assert found.why == why
        assert (found.share, found.is_loss) == (margin(own, CENT).share, margin(own, CENT).is_loss)

    def test_says_that_no_model_has_a_cost_where_that_was_asked(self) -> None:
        row = replace(CHAT, cost=None)

        assert margin(row, CENT, unit_cost(row)).why == "No cost is written, and no model's cost applies."

    def test_of_what_is_given_away_is_a_loss_without_a_share(self) -> None:
        gift = replace(CHAT, tokens=Decimal(0))

        assert margin(gift, CENT) == Margin(None, "A unit brings 0 and costs 0.00001 USD.", is_loss=True)
        assert not margin(replace(gift, cost=Decimal(0)), CENT).is_loss


class TestLosses:
    def test_are_the_rates_that_cost_more_than_they_bring_the_worst_first(self) -> None:
        bad = replace(CHAT, feature="bad", cost=Decimal("0.00003"))
        worse = replace(CHAT, feature="worse", cost=Decimal("0.00005"))
        gift = replace(CHAT, feature="gift", tokens=Decimal(0))
        unknown = replace(CHAT, feature="unknown", cost=None)

        rows = [CHAT, bad, gift, worse, unknown]

        found = losses(rows, CENT, list(map(unit_cost, rows)))

        assert [(row.feature, str(each.share)) for row, each in found] == [
            ("worse", "-1.000"),
            ("bad", "-0.200"),
        ]


class TestAveragePrice:
    def test_is_to_twelve_decimals(self) -> None:
        assert average_price(Decimal(2), Decimal(3)) == Decimal("0.666666666667")

    def test_is_none_where_nothing_was_sold(self) -> None:
        assert average_price(Decimal(0), Decimal(0)) is None


@pytest.mark.django_db
class TestWorth:
    @pytest.fixture
    def unit(self) -> TokenUnit:
        return TokenUnit.objects.create(code=named("T")[:16], name="Tests")

    def bought(self, unit: TokenUnit, tokens: str, price: str | None, currency: str = "USD") -> Grant:
        account = Shop().an_account()
        return a_grant(
            account,
            tokens,
            kind="purchase",
            token=unit.code,
            unit_cost=None if price is None else Decimal(price),
            currency=None if price is None else currency,
        )

    def test_averages_what_was_paid_over_the_tokens_bought(self, unit: TokenUnit) -> None:
        Currency.objects.create(code="EUR", reporting_rate=Decimal("1.5"))
        self.bought(unit, "100", "0.01")
        self.bought(unit, "300", "0.02", "EUR")

        worth = worth_of(unit.code)

        assert (worth.token, worth.sold, worth.currency) == (Decimal("0.025"), 400, "USD")
        assert worth.rates["EUR"] == Decimal("1.5")

    def test_leaves_out_gifts_other_units_and_purchases_without_a_price(self, unit: TokenUnit) -> None:
        bought = self.bought(unit, "100", "0.01")
        self.bought(unit, "900", None)
        a_grant(bought.account, "900", token=unit.code)
        a_grant(bought.account, "900", kind="purchase", unit_cost=Decimal(9), currency="USD")

        worth = worth_of(unit.code)

        assert (worth.token, worth.sold) == (Decimal("0.01"), 100)

    def test_leaves_out_what_was_taken_back(self, unit: TokenUnit) -> None:
        self.bought(unit, "100", "0.01")
        dear = self.bought(unit, "100", "5")
        granting.void(grant_id=dear.pk, reason="Refunded", call=a_call())

        assert worth_of(unit.code).token == Decimal("0.01")

    def test_says_so_where_none_was_sold(self, unit: TokenUnit) -> None:
        worth = worth_of(unit.code)

        assert (worth.token, worth.unknown) == (None, f"No {unit.code} was ever sold at a known price.")
