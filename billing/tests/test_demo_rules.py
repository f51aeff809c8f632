"""The demo's price list, customers and traffic: real numbers, the same on every machine."""

import csv
import gzip
import io
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from billing.rules import demo_accounts, demo_catalogue, demo_traffic

SHIPPED = Path(__file__).parents[1] / "data"

Prices = tuple[demo_catalogue.ModelPrice, ...]
Calls = list[demo_traffic.Call]


@pytest.fixture(scope="module")
def prices() -> Prices:
    return demo_catalogue.read_prices((SHIPPED / "model_prices.csv").read_text())


@pytest.fixture(scope="module")
def calls() -> Calls:
    return list(
        demo_traffic.read_calls(gzip.decompress((SHIPPED / "llm_calls.csv.gz").read_bytes()).decode())
    )


@pytest.fixture(scope="module")
def shares() -> tuple[int, ...]:
    return demo_traffic.read_shares(
        gzip.decompress((SHIPPED / "client_hours.csv.gz").read_bytes()).decode(), len(demo_accounts.ACCOUNTS)
    )


class TestShippedFiles:
    def test_stay_under_one_megabyte_with_their_licences_beside_them(self) -> None:
        assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 1_000_000
        assert all(word in (SHIPPED / "README.md").read_text() for word in ("MIT", "CC-BY 4.0", "Apache-2.0"))

    def test_hold_the_whole_hour(self, calls: Calls) -> None:
        assert len(calls) == 28_185
        assert Counter(call.service for call in calls) == {"conv": 19_366, "code": 8_819}
        assert sum(call.context_tokens for call in calls) == 40_421_844
        assert sum(call.generated_tokens for call in calls) == 4_334_561
        assert [call.offset for call in calls] == sorted(call.offset for call in calls)
        assert calls[-1].offset < timedelta(hours=1)

    def test_price_each_model_once_without_float_noise(self, prices: Prices) -> None:
        assert len({price.model for price in prices}) == len(prices) == 62
        assert all(-cost.as_tuple().exponent <= 12 for price in prices for cost in price.costs.values())


class TestTokensAPrice:
    def test_is_cost_with_markup_in_tokens_at_list_price(self) -> None:
        assert demo_catalogue.tokens_a_price(Decimal("0.0000025")) == Decimal("312.5")

    def test_refuses_a_price_that_does_not_come_out_even(self) -> None:
        with pytest.raises(ArithmeticError):
            demo_catalogue.tokens_a_price(Decimal("1.000000000000000000000000001"))


class TestRateTableCsv:
    def test_prices_every_model_under_both_products(self, prices: Prices) -> None:
        rows = list(csv.DictReader(io.StringIO(demo_catalogue.rate_table_csv(prices))))

        gpt = {row["feature"]: row["tokens"] for row in rows if row["dimension.model"] == "gpt-4o"}

        assert gpt == {
            "conversation.input": "312.5",
            "conversation.output": "1250",
            "conversation.cached_input": "156.25",
            "code.input": "312.5",
            "code.output": "1250",
            "code.cached_input": "156.25",
        }
        assert len(rows) == 2 * sum(len(price.costs) for price in prices)

    def test_renames_products_and_features_where_the_names_are_taken(self, prices: Prices) -> None:
        row = next(csv.DictReader(io.StringIO(demo_catalogue.rate_table_csv(prices, "demo-"))))

        assert (row["product"], row["feature"]) == ("demo-conversation", "demo-conversation.input")


class TestCostComponents:
    def test_are_those_of_the_features_that_have_a_price(self) -> None:
        nova = demo_catalogue.ModelPrice("amazon_nova", "nova-lite-v1", {"input": Decimal("0.00000006")})

        assert demo_catalogue.cost_components([nova], "demo-") == {
            "demo-conversation.input": "input",
            "demo-code.input": "input",
        }


class TestAssign:
    def test_gives_the_accounts_the_skew_of_the_real_clients(
        self, prices: Prices, calls: Calls, shares: tuple[int, ...]
    ) -> None:
        assigned = list(demo_traffic.assign(iter(calls), shares, [price.model for price in prices]))

        by_account = Counter(each.account for each in assigned)

        assert len(by_account) == 30
        assert by_account[0] == 8_357
        assert sum(by_account[account] for account in range(10)) == 26_203
        assert all(
            len({each.model for each in assigned if each.account == account}) <= 3 for account in range(30)
        )

    def test_draws_the_same_each_time(self, shares: tuple[int, ...]) -> None:
        models = ["quartz", "basalt", "flint", "slate"]

        assert demo_traffic.favourite_models(0, models) == demo_traffic.favourite_models(0, models)
        assert demo_traffic.pick("account 1", shares) == demo_traffic.pick("account 1", shares)


class TestAccounts:
    def test_are_thirty_with_every_kind_of_grant_and_policy(self) -> None:
        accounts = demo_accounts.ACCOUNTS
        limits = {account.overage_limit for account in accounts}
        grants = [grant for account in accounts for grant in account.grants]

        assert len({account.reference for account in accounts}) == len(accounts) == 30
        assert {0, None} < limits
        assert len(limits) > 2
        assert {grant.kind for grant in grants} == {"trial", "purchase", "promo", "included"}
        assert any(grant.products for grant in grants)
        assert any(grant.ends == demo_accounts.MID_HOUR for grant in grants)
        assert all(timedelta(days=-35) < grant.starts <= timedelta(0) for grant in grants)
