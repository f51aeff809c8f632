"""The demo's traffic, prices and purchases: real shapes on each customer's calendar, the same on every machine."""

import csv
import gzip
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing.rules import demo_clients
from billing.rules.demo_catalogue import TOKEN_LIST_PRICE, read_prices
from billing.rules.demo_clients import CLIENTS, Client, Deal
from billing.rules.demo_deals import packs_for, purchases
from billing.rules.demo_prices import EDITIONS, REVIEW, VOICE, edition_csv
from billing.rules.demo_shape import HOUR, bundles
from billing.rules.demo_traffic import read_calls, read_hours
from billing.rules.demo_usage import Sampler, Usage

SHIPPED = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PRICES = read_prices((SHIPPED / "model_prices.csv").read_text())

Hours = list[tuple[Decimal, ...]]


@pytest.fixture(scope="module")
def hours() -> Hours:
    return read_hours(gzip.decompress((SHIPPED / "client_hours.csv.gz").read_bytes()).decode())


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    calls = read_calls(gzip.decompress((SHIPPED / "llm_calls.csv.gz").read_bytes()).decode())
    return Sampler(list(calls), PRICES, NOW)


def client(reference: str) -> Client:
    return next(each for each in CLIENTS if each.reference == reference)


class TestClients:
    def test_are_one_for_each_recorded_organisation(self, hours: Hours) -> None:
        assert len({each.reference for each in CLIENTS}) == len(CLIENTS) == len(hours) == 43
        assert all(ZoneInfo(each.zone) for each in CLIENTS)
        assert {each.deal for each in CLIENTS} == set(Deal)

    def test_have_the_skew_of_the_recording(self, hours: Hours) -> None:
        totals = [sum(each) for each in hours]

        assert totals == sorted(totals, reverse=True)
        assert Decimal("0.29") < totals[0] / sum(totals) < Decimal("0.31")
        assert sum(totals[:10]) / sum(totals) > Decimal("0.92")


class TestBundles:
    def test_are_the_same_each_time_and_in_order_before_now(self, hours: Hours) -> None:
        told = [list(bundles(CLIENTS[1], hours[1], NOW)) for _ in range(2)]

        assert told[0] == told[1]
        moments = [each.at for each in told[0]]
        assert moments == sorted(moments)
        assert NOW - timedelta(days=91) < moments[0] < moments[-1] < NOW

    def test_fall_in_the_hours_of_the_customers_own_calendar(self) -> None:
        nine_on_mondays = tuple(Decimal(3_000_000 if hour % 168 == 9 else 0) for hour in range(336))
        sydney = replace(CLIENTS[0], zone="Australia/Sydney")

        moments = [
            each.at.astimezone(ZoneInfo(sydney.zone)) for each in bundles(sydney, nine_on_mondays, NOW)
        ]

        assert {f"{moment:%a %H}" for moment in moments} == {"Mon 09"}

    def test_rest_at_weekends_where_the_customer_does(self, hours: Hours) -> None:
        worker = client("juniper-labs")
        place = CLIENTS.index(worker)

        days = Counter(
            f"{each.at.astimezone(ZoneInfo(worker.zone)):%a}" for each in bundles(worker, hours[place], NOW)
        )

        assert days["Sun"] * 3 < days["Wed"]

    def test_peak_many_times_beyond_the_base(self, hours: Hours) -> None:
        bursting = client(demo_clients.PEAK)
        by_day = Counter(each.at.date() for each in bundles(bursting, hours[CLIENTS.index(bursting)], NOW))

        assert max(by_day.values()) > 8 * sum(by_day.values()) / 90

    def test_begin_and_end_with_the_customer(self, hours: Hours) -> None:
        left = client("elm-electric")
        moments = [each.at for each in bundles(left, hours[CLIENTS.index(left)], NOW)]

        assert moments[0] > NOW - timedelta(days=70) - HOUR
        assert moments[-1] < NOW - timedelta(days=40)


class TestEditions:
    def rows(self, number: int) -> dict[tuple[str, str], dict[str, str]]:
        text = edition_csv(EDITIONS[number], PRICES)
        return {(row["feature"], row["dimension.model"]): row for row in csv.DictReader(io.StringIO(text))}

    def test_launch_a_feature_and_pass_vendors_prices_on(self) -> None:
        first, launched, passed_on = (self.rows(number) for number in range(3))

        assert (REVIEW, "") not in first
        assert launched.keys() - first.keys() == {(REVIEW, "")}
        gpt = "conversation.input", "gpt-4o"
        assert [Decimal(rows[gpt]["tokens"]) for rows in (launched, passed_on)] == [
            Decimal("312.5"),
            Decimal(250),
        ]

    def test_price_voice_under_its_cost_until_the_announced_one(self) -> None:
        costs = [
            (Decimal(row["tokens"]) * TOKEN_LIST_PRICE, Decimal(row["cost"]))
            for row in (self.rows(2)[VOICE, ""], self.rows(3)[VOICE, ""])
        ]

        assert [price < cost for price, cost in costs] == [True, False]
        assert [bool(edition.begins) for edition in EDITIONS] == [False, False, False, True]


class TestUsage:
    def test_uses_the_new_feature_once_it_is_taken_up(self, hours: Hours, sampler: Sampler) -> None:
        adopter = client("juniper-labs")
        used = usages(adopter, hours, sampler)

        reviewed = [each.at for each in used if any(item.feature == REVIEW for item in each.items)]

        assert reviewed[0] >= NOW - timedelta(days=adopter.reviews)
        assert len({(each.subject["user"], each.subject["team"]) for each in used}) == len(adopter.users())

    def test_expects_what_the_price_list_says(self, hours: Hours, sampler: Sampler) -> None:
        one = usages(client("ironbridge-legal"), hours, sampler)[0]
        price = next(each for each in PRICES if each.model == one.items[0].dimensions["model"])

        worth = sum(item.quantity * price.costs[item.feature.split(".")[1]] for item in one.items)

        assert one.expected == worth * Decimal("1.25") / TOKEN_LIST_PRICE


class TestPurchases:
    def test_fit_what_the_traffic_comes_to(self, hours: Hours, sampler: Sampler) -> None:
        unused = client(demo_clients.UNUSED)
        used = usages(unused, hours, sampler)

        (plan,) = purchases(unused, used, NOW - timedelta(days=90), NOW)

        tokens = {"scale-monthly": 25_000, "growth-monthly": 2_500}[plan.sku] * plan.quantity
        assert Decimal("2.4") < tokens / (sum(each.expected for each in used) / 3) < Decimal("2.9")

    def test_are_none_where_a_trial_did_not_convince(self, hours: Hours, sampler: Sampler) -> None:
        left = client("elm-electric")

        assert not list(purchases(left, usages(left, hours, sampler), NOW - timedelta(days=70), NOW))

    def test_are_of_small_packs_where_little_is_wanting(self) -> None:
        bought = packs_for(Decimal(501), NOW)

        assert (bought.sku, bought.quantity) == ("pack-100", 6)


def usages(which: Client, hours: Hours, sampler: Sampler) -> list[Usage]:
    place = CLIENTS.index(which)
    models = sampler.models(which, place)
    return [sampler.usage(which, models, each) for each in bundles(which, hours[place], NOW)]
