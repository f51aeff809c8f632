"""Rehearsals where the account decides: prices of its own, versions it stays on; and what its models cost us."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pricing.models import CostRate, Feature
from usage.models import RehearsalLine
from usage.services import own_prices
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, named
from usage.tests.rehearsed import SPRING, a_draft, found, rehearsed, times, without
from wallets.models import Account

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


def costs(line: RehearsalLine) -> tuple[Decimal, ...]:
    """Cost and the tokens of the lines whose cost is known, before and after."""
    return line.cost_before, line.costed_before, line.cost_after, line.costed_after


def a_model_that_costs(amount: str) -> str:
    told = {"provider": "openai", "component": "input", "cost": Decimal(amount), "currency": "USD"}
    by_hand = {"source": "manual", "reason": "Agreed.", "effective_from": SPRING, "recorded_at": SPRING}
    return CostRate.objects.create(model=named("gpt"), **told, **by_hand).model
