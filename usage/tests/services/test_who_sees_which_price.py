"""One order of resolution: table by terms, segment or default; version kept or in force; the account's own price."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from usage.queries.pricelists import price_list
from usage.rules.orders import Item, QuoteOrder
from usage.services import metering, own_prices
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import AUTHOR, DAY
from usage.tests.town import SPRING, TABLE_OF, a_customer, a_town, ways

OWN = {
    "none": None,
    "fixed": OwnPriceOrder("*", "fixed", tokens=Decimal("0.5")),
    "multiplier": OwnPriceOrder("*", "multiplier", factor=Decimal("0.1")),
    "free": OwnPriceOrder("*", "free"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "is_kept", "own"),
    tuple(product(TABLE_OF, (False, True), OWN)),
)
def test_debit_quote_and_price_list_agree_on_what_an_account_pays(who: str, is_kept: bool, own: str) -> None:
    town = a_town()
    customer = a_customer(**ways(town)[who])
    name = TABLE_OF[who]
    if is_kept:
        own_prices.keep_version(
            account_id=customer.pk,
            version=town.first[name],
            until=SPRING + 90 * DAY,
            author=AUTHOR,
            now=SPRING,
        )
    if (order := OWN[own]) is not None:
        own_prices.override(account_id=customer.pk, order=order, author=AUTHOR, now=SPRING)

    price = {"own": 1, "segment": 3, "default": 5}[name] + (not is_kept)
    expected = {"none": 10 * price, "fixed": 5, "multiplier": price, "free": 0}[own]
    asked = QuoteOrder(
        customer.reference,
        town.shop.product.pk,
        (Item(town.shop.chat, Decimal(10), {}),),
        received_at=SPRING + DAY,
        now=SPRING + DAY,
    )
    assert metering.quote(asked).tokens == expected
    assert town.shop.debit(customer, "10", now=SPRING + DAY).tokens == expected
    listed = price_list(customer.reference, SPRING + DAY)
    assert listed.head["table"] == town.tables[name].code
    row = next(each for each in listed.rows if each["feature"] == town.shop.chat)
    assert Decimal(row["unit_tokens"]) * 10 == expected
