"""The recorded hour: loaded once, beside whatever is there, and each recorded call charged once."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client

from billing.rules import demo_traffic
from billing.rules.demo_accounts import ACCOUNTS
from billing.rules.demo_catalogue import ModelPrice, read_prices
from billing.rules.demo_tally import Tally, percentile
from billing.services import replay
from pricing.models import Feature, Product, RateTable
from pricing.queries.costs import unit_costs
from pricing.queries.versions import rows_of
from pricing.services import catalogue
from pricing.tests.costs import a_list, imported
from usage.models import ApiKey, Debit
from wallets.models import Account, Grant

SHIPPED = Path(__file__).parents[1] / "data"
Prices = tuple[ModelPrice, ...]


@pytest.fixture(scope="module")
def prices() -> Prices:
    return read_prices((SHIPPED / "model_prices.csv").read_text())[:3]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.django_db
class TestLoad:
    def test_publishes_prices_and_enrols_thirty_customers_as_of_an_hour_ago(
        self, prices: Prices, now: datetime
    ) -> None:
        loaded = replay.load(prices, now=now)

        first = RateTable.objects.get(code=loaded.table).versions.get()
        assert first.effective_from == loaded.hour_begins_at == now - timedelta(hours=1)
        assert Account.objects.filter(reference__in=[each.reference for each in ACCOUNTS]).count() == 30
        assert Grant.objects.count() == sum(len(each.grants) for each in ACCOUNTS)

    def test_says_which_cost_of_a_model_each_feature_is(self, prices: Prices, now: datetime) -> None:
        replay.load(prices, now=now)

        told = dict(Feature.objects.values_list("code", "cost_component"))
        assert told == {
            f"{product}.{component}": component
            for product in ("conversation", "code")
            for component in ("input", "output")
        }

    def test_lets_a_list_that_is_read_later_weigh_its_rates(self, prices: Prices, now: datetime) -> None:
        loaded = replay.load(prices, now=now)
        imported(a_list(**{prices[0].model: {"input_cost_per_token": "9e-06"}}))

        version = RateTable.objects.get(code=loaded.table).versions.get()
        listed = [cost.listed for cost in unit_costs(rows_of(version), datetime.now(UTC)) if cost.listed]

        assert [line.cost for line in listed] == [Decimal("0.000009")] * 2

    def test_leaves_what_an_earlier_demo_loaded(self, prices: Prices, now: datetime) -> None:
        before = replay.load(prices, now=now)
        written = Feature.history.count()
        Feature.objects.filter(code="conversation.input").update(cost_component="")

        again = replay.load(prices, now=now + timedelta(days=1))

        assert Feature.history.count() == written
        assert Feature.objects.get(code="conversation.input").cost_component == ""
        assert (before.is_new, again.is_new) == (True, False)
        assert again.hour_begins_at == before.hour_begins_at
        assert Grant.objects.count() == sum(len(each.grants) for each in ACCOUNTS)

    def test_takes_other_names_where_somebody_has_these(self, prices: Prices, now: datetime) -> None:
        catalogue.create_product(code="conversation")

        loaded = replay.load(prices, now=now)

        assert (loaded.prefix, loaded.table) == ("demo-", "demo-standard")
        assert Account.objects.filter(reference="demo-aldgate-analytics").exists()
        assert not Product.objects.get(code="conversation").features.exists()


@pytest.mark.django_db
class TestKeys:
    def test_open_nothing_after_the_replay(self, prices: Prices, now: datetime) -> None:
        with replay.keys(replay.load(prices, now=now)) as keys:
            assert set(keys) == {"conv", "code"}
            assert ApiKey.objects.valid().count() == 2

        assert not ApiKey.objects.valid().exists()


@pytest.mark.django_db
class TestReplay:
    def test_charges_a_call_once_however_often_it_is_sent(self, prices: Prices, now: datetime) -> None:
        call = demo_traffic.Call(7, timedelta(minutes=2), "conv", context_tokens=374, generated_tokens=44)
        assigned = demo_traffic.AssignedCall(call, account=0, model=prices[0].model)
        loaded = replay.load(prices, now=now)
        tally = Tally(loaded.costs)

        with replay.keys(loaded) as keys:
            for _ in range(2):
                answer = send(assigned, loaded, keys["conv"])
                assert answer.status_code == 201, answer.content
                is_replayed = answer.headers.get("Idempotency-Replayed") == "true"
                tally.count(
                    assigned.model,
                    answer.status_code,
                    json.loads(answer.content),
                    is_replayed=is_replayed,
                    nanoseconds=2_000_000,
                )

        debit = Debit.objects.get()
        assert debit.occurred_at == loaded.hour_begins_at + timedelta(minutes=2)
        assert (tally.charged, tally.repeated, tally.answered) == (1, 1, 2)
        assert tally.total.tokens == 2 * debit.tokens
        assert percentile(tally.nanoseconds, 99) == Decimal("2.0")


def send(assigned: demo_traffic.AssignedCall, loaded: replay.LoadedDemo, key: str) -> HttpResponse:
    body = demo_traffic.debit_body(
        assigned,
        account=loaded.reference(ACCOUNTS[assigned.account]),
        prefix=loaded.prefix,
        hour_begins_at=loaded.hour_begins_at,
    )
    return Client().post(
        "/api/v1/debits",
        json.dumps(body),
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {key}",
            "Idempotency-Key": demo_traffic.idempotency_key(assigned.call),
        },
    )


class TestTally:
    def test_tells_refusals_by_policy_from_failures(self) -> None:
        tally = Tally({})

        refused = {"type": "/problems/insufficient-tokens", "denial": "01a2"}
        tally.count("quartz", 402, refused, is_replayed=False, nanoseconds=1)
        tally.count("quartz", 403, {"type": "/problems/forbidden"}, is_replayed=False, nanoseconds=1)

        assert tally.refused == {"insufficient-tokens": 1}
        assert tally.failed == {"forbidden": 1}
