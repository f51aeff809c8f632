"""Rehearsals where the account decides: prices of its own, versions it stays on; and what its models cost us."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pricing.models import CostRate, Feature
from pricing.services import publishing
from usage.models import RehearsalLine
from usage.rules.orders import OwnCost
from usage.services import own_prices
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, named
from usage.tests.rehearsed import SPRING, a_draft, found, rehearsed, times, without
from wallets.models import Account, Currency

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def acme(shop: Shop) -> Account:
    account = shop.an_account(SPRING - 40 * DAY)
    a_grant(account, "1000", now=SPRING - 40 * DAY)
    return account


def pays(account: Account, feature: str, kind: str, **amounts: Decimal) -> None:
    order = own_prices.OwnPriceOrder(feature, kind, **amounts)
    own_prices.override(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)


class TestOwnPrices:
    def test_are_kept_to(self, shop: Shop, acme: Account) -> None:
        pays(acme, shop.chat, "multiplier", factor=Decimal("0.5"))
        pays(acme, shop.image, "free")
        shop.debit(acme, "10", "4", features=(shop.chat, shop.image), now=SPRING + DAY)

        done = rehearsed(a_draft(shop, times("3")))

        assert found(done) == {(acme.reference, shop.chat): (5, 15), (acme.reference, shop.image): (0, 0)}

    def test_that_are_fixed_ask_no_formula(self, shop: Shop, acme: Account) -> None:
        pays(acme, shop.chat, "fixed", tokens=Decimal(2), per=Decimal(1))
        shop.debit(acme, "10", now=SPRING + DAY)
        nowhere = {"tokens": Decimal(0), "formula": "quantity / (quantity - quantity)"}

        done = rehearsed(a_draft(shop, lambda row: replace(row, **nowhere)))

        assert found(done) == {(acme.reference, shop.chat): (20, 20)}


class TestKeptVersions:
    def test_leave_the_account_out_as_long_as_it_stays(self, shop: Shop, acme: Account) -> None:
        live, until = shop.table.versions.get(), SPRING + 2 * DAY
        own_prices.keep_version(account_id=acme.pk, version=live, until=until, author=AUTHOR, now=SPRING)
        shop.debit(acme, "10", now=until - HOUR)
        shop.debit(acme, "1", now=until)

        assert found(rehearsed(a_draft(shop, times("2")))) == {(acme.reference, shop.chat): (1, 2)}


class TestCosts:
    def test_are_what_the_model_costs_where_no_rate_says(self, shop: Shop, acme: Account) -> None:
        Feature.objects.filter(code=shop.chat).update(cost_component="input")
        model = a_model_that_costs("0.5")
        shop.debit(acme, "10", dimensions={"model": model}, now=SPRING + DAY)
        dearer = {"cost": Decimal("0.75"), "cost_currency": "USD"}

        unsaid = rehearsed(a_draft(shop, times("2"))).lines.get()
        said = rehearsed(a_draft(shop, lambda row: replace(row, **dearer))).lines.get()

        assert costs(unsaid) == (5, 10, 5, 20)
        assert costs(said) == (5, 10, Decimal("7.5"), 10)

    def test_leave_out_lines_without_a_price_before_as_well_as_after(self, shop: Shop, acme: Account) -> None:
        Feature.objects.filter(code__in=(shop.chat, shop.image)).update(cost_component="input")
        model, quantities = a_model_that_costs("0.5"), ("10", "4")
        shop.debit(
            acme,
            *quantities,
            features=(shop.chat, shop.image),
            dimensions={"model": model},
            now=SPRING + DAY,
        )

        done = rehearsed(a_draft(shop, without(shop.image)))

        assert costs(done.lines.get(feature__code=shop.chat)) == (5, 10, 5, 10)
        assert costs(done.lines.get(feature__code=shop.image)) == (0, 0, 0, 0)

    def test_are_unknown_where_nobody_says(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "10", dimensions={"model": named("gpt")}, now=SPRING + DAY)

        assert costs(rehearsed(a_draft(shop, times("2"))).lines.get()) == (0, 0, 0, 0)


class TestOwnCosts:
    def test_win_over_the_rates_cost_before_and_after(self, shop: Shop, acme: Account) -> None:
        said = {"cost": Decimal("0.25"), "cost_currency": "USD"}
        publishing.publish(version=a_draft(shop, lambda row: replace(row, **said)), moment=SPRING)
        shop.debit(acme, "10", "4", now=SPRING + DAY, costs=(OwnCost(Decimal("0.7")), None))
        dearer = {"cost": Decimal("0.5"), "cost_currency": "USD", "tokens": Decimal(2)}

        done = rehearsed(a_draft(shop, lambda row: replace(row, **dearer)))

        assert costs(done.lines.get()) == (Decimal("1.7"), 14, Decimal("2.7"), 28)

    def test_win_over_what_the_model_costs(self, shop: Shop, acme: Account) -> None:
        Feature.objects.filter(code=shop.chat).update(cost_component="input")
        model = {"model": a_model_that_costs("0.5")}
        shop.debit(acme, "10", "4", dimensions=model, now=SPRING + DAY, costs=(None, OwnCost(Decimal(1))))

        assert costs(rehearsed(a_draft(shop, times("2"))).lines.get()) == (6, 14, 6, 28)

    def test_are_known_where_nobody_else_says(self, shop: Shop, acme: Account) -> None:
        shop.debit(acme, "10", "4", now=SPRING + DAY, costs=(OwnCost(Decimal(0)), None))

        assert costs(rehearsed(a_draft(shop, times("2"))).lines.get()) == (0, 10, 0, 20)

    def test_are_of_the_whole_line_in_the_reporting_currency(self, shop: Shop, acme: Account) -> None:
        Currency.objects.create(code="EUR", reporting_rate=Decimal("1.25"))
        euros, dollars = OwnCost(Decimal("0.123456789012"), "EUR"), OwnCost(Decimal("0.5"), "USD")
        shop.debit(acme, "10", "4", now=SPRING + DAY, costs=(euros, dollars))

        found = costs(rehearsed(a_draft(shop, times("2"))).lines.get())

        assert found == (Decimal("0.654320986265"), 14, Decimal("0.654320986265"), 28)

    def test_of_lines_without_a_price_are_left_out(self, shop: Shop, acme: Account) -> None:
        cost = OwnCost(Decimal("0.5"))
        shop.debit(acme, "10", "4", features=(shop.chat, shop.image), now=SPRING + DAY, costs=(cost, cost))

        done = rehearsed(a_draft(shop, without(shop.image)))

        assert costs(done.lines.get(feature__code=shop.chat)) == (Decimal("0.5"), 10, Decimal("0.5"), 10)
        assert costs(done.lines.get(feature__code=shop.image)) == (0, 0, 0, 0)


def costs(line: RehearsalLine) -> tuple[Decimal, ...]:
    """Cost and the tokens of the lines whose cost is known, before and after."""
    return line.cost_before, line.costed_before, line.cost_after, line.costed_after


def a_model_that_costs(amount: str) -> str:
    told = {"provider": "openai", "component": "input", "cost": Decimal(amount), "currency": "USD"}
    by_hand = {"source": "manual", "reason": "Agreed.", "effective_from": SPRING, "recorded_at": SPRING}
    return CostRate.objects.create(model=named("gpt"), **told, **by_hand).model
